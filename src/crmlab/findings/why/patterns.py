"""Patterns of a good prospect: sentences from importance, curves and rules that the test rows bear out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab.explain.conditions import Condition, holding, text_of
from crmlab.explain.evidence import FEWEST, evidence
from crmlab.explain.shapes import Curve, curves
from crmlab.explain.tree import SHARE, grown
from crmlab.explain.window import LastWindow, boosting, explained, last_window, stand_in
from crmlab.findings.why import importance
from crmlab.findings.why.importance import Importance
from crmlab.vocabulary import NUMERIC

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

MOST: Final = 5
CURVES: Final = 10
"""Of so many columns, the most important in training, the curve gives a candidate."""

SAME: Final = 0.5
"""Two groups with a larger Jaccard overlap of their test rows are one pattern."""

COLUMNS = ("pattern", "n", "support", "rate", "rate_lower", "rate_upper", "lift", "lift_lower", "lift_upper")


@dataclass(frozen=True)
class Patterns:
    """The patterns found: `table` with one row each, `sentences`, and of how many candidates."""

    table: pd.DataFrame
    sentences: tuple[str, ...]
    candidates: int

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = list(self.table.itertuples())
        shown = {
            "Customers": [f"{r.n:,.0f}" for r in rows],
            "Support": [f"{r.support:.1%}" for r in rows],
            "Rate": [f"{r.rate:.1%} [{r.rate_lower:.1%}, {r.rate_upper:.1%}]" for r in rows],
            "Lift": [f"{r.lift:.2f} [{r.lift_lower:.2f}, {r.lift_upper:.2f}]" for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.pattern for r in rows], name="Pattern"))


def find(comparison: Comparison, found: Importance | None = None) -> Patterns:
    """Return at most five patterns of a comparison's last window.

    found: its importance, computed where None. The model that is explained is the explainable
    boosting machine where it takes part, else the champion, or the best classifier where the champion is
    none; the last sentence names it. Raises NotApplicable where there is no classifier to explain.
    """
    machine = boosting(comparison)
    run = machine or explained(comparison)[0]
    found = found or importance.find(comparison)
    shown = curves(machine.details[max(machine.details)]) if machine else []
    made = patterns(last_window(comparison), found.carrying(run.method), shown)
    why = stand_in(comparison)
    said = f"Which columns matter is told by {run.label}{f': {why}' if why else ''}."
    return replace(made, sentences=(*made.sentences, said))


def patterns(window: LastWindow, carrying: dict[str, str], shown: list[Curve]) -> Patterns:
    """Return at most five patterns among candidates that are chosen on train rows alone.

    carrying: what shuffling a column costs, for those that matter (`Importance.carrying`). Candidates
    are where a curve is high and the rules of the tree, those with a rate above the base rate in
    training and at least FEWEST test rows. A candidate is a pattern where one of its columns matters,
    and its rate and its lift lie above the base rate with intervals that hold for all candidates at
    once (Bonferroni): the best of many look good by chance. Highest lower end of the lift first; of
    two that are mostly the same customers, the first.
    """
    pairs = [(c, holding(c, window.test)) for c in _candidates(window, shown)]
    pairs = [(c, mask) for c, mask in pairs if mask.sum() >= FEWEST]
    candidates, masks = [c for c, _ in pairs], [mask for _, mask in pairs]
    table = evidence(window, masks, level=1 - (1 - window.level) / max(1, len(masks)))
    table["pattern"] = [text_of(c) for c in candidates]
    matters = np.array([any(part.column in carrying for part in c) for c in candidates], dtype=bool)
    real = table[matters & (table["rate_lower"] > window.base_rate) & (table["lift_lower"] > 1)]
    chosen = _different(real.sort_values("lift_lower", ascending=False, kind="stable").index, masks)[:MOST]
    courses = {curve.column: curve.course for curve in shown}
    sentences = [_said(table.loc[i], candidates[i], window, courses, carrying) for i in chosen]
    sentences.append(_summary(window, len(chosen), len(candidates)))
    return Patterns(
        table.loc[chosen, list(COLUMNS)].reset_index(drop=True), tuple(sentences), len(candidates)
    )


def _candidates(window: LastWindow, shown: list[Curve]) -> list[tuple[Condition, ...]]:
    """Return what may be a pattern, by the train rows: higher rates than the base rate, each once."""
    fewest = int(np.ceil(SHARE * len(window.train)))
    high = [curve.high(window.train[curve.column], fewest=fewest) for curve in shown[:CURVES]]
    every = [(c,) for c in high if c] + [tuple(path.values()) for path in grown(window)]
    base = window.train_outcome.mean()
    met = {conditions: holding(conditions, window.train) for conditions in every}
    return [c for c, mask in met.items() if mask.any() and window.train_outcome[mask].mean() > base]


def _different(ordered: pd.Index, masks: list[np.ndarray]) -> list[int]:
    """Return the groups in order, without those that are mostly one that came before."""
    kept: list[int] = []
    for place in ordered:
        shared = (((masks[place] & masks[k]).sum() / (masks[place] | masks[k]).sum()) for k in kept)
        if all(share <= SAME for share in shared):
            kept.append(place)
    return kept


def _said(
    row: pd.Series,
    conditions: tuple[Condition, ...],
    window: LastWindow,
    courses: dict[str, str],
    carrying: dict[str, str],
) -> str:
    """Say one pattern."""
    text = (
        f"{window.people.capitalize()} with {row.pattern}: {row.rate:.1%} {window.positive}, "
        f"{row.lift:.1f} times the base rate of {window.base_rate:.1%} ({window.level:.0%} interval "
        f"{row.rate_lower:.1%} to {row.rate_upper:.1%}, lift {row.lift_lower:.1f} to {row.lift_upper:.1f}, "
        f"n = {row.n:,.0f} of {window.rows})"
    )
    if len(conditions) > 1:
        return text + "."
    column = conditions[0].column
    course = courses.get(column, "") if column in window.columns(NUMERIC) else ""
    return "; ".join([text, *([course] if course else []), carrying[column]]) + "."


def _summary(window: LastWindow, patterns: int, candidates: int) -> str:
    """Say how many of how many candidates are patterns, and what the intervals hold for."""
    if not candidates:
        return (
            "There is no candidate for a pattern: no curve and no rule lies above the base rate in training."
        )
    at_once = f"the intervals hold for all {candidates} at once" if candidates > 1 else "there was no other"
    one = "candidate is a pattern" if candidates == 1 else "candidates are patterns"
    few = "" if patterns >= MOST else f", fewer than {MOST}"
    return f"{patterns} of {candidates} {one} on {window.rows}{few} ({at_once})."
