"""Which segmentation to use and why: every method against the same few questions, on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.comparison.verdict import lead
from crmlab.errors import NotApplicable
from crmlab.vocabulary import CHANCE, OK, ORACLE, STATUS_QUO

STABLE: Final = 0.75
"""Mean cluster-wise Jaccard from which segments are valid patterns (Hennig 2008)."""

SMALLEST: Final = 0.01
"""A segment with a smaller share of the customers is not worth a policy of its own."""

VALUE: Final = "value_explained"

YES, NO, OPEN = "yes", "no", "–"


@dataclass(frozen=True)
class Recommendation:
    """The answer: `method` to use (None: none passes), the `table` of questions, the `sentences` why."""

    method: str | None
    table: pd.DataFrame
    sentences: tuple[str, ...]


def chosen(comparison: Any) -> str | None:
    """Return the method to use: of segmentations the recommended one, else the champion."""
    is_segmented = any(r.status == OK and "segment" in r.answers for r in comparison.runs)
    return (recommend(comparison).method if is_segmented else None) or comparison.verdict.champion


def recommend(comparison: Any) -> Recommendation:
    """Return which segmentation to use, by rule and from the numbers.

    A segmentation passes when its segments are found again (cluster-wise Jaccard of at least .75, Hennig
    2008), say more about the next window than RFM does (the interval of the value explained lies above 0:
    the one over all pairs against one segment for all, as the segmentation is picked among many), and hold
    at least 1 % of the customers each. Of those that pass, the one with the highest value explained is
    recommended; where none passes, the status quo is, and the sentences say what the best of the others
    lacks. Raises NotApplicable without segments.
    """
    runs = [r for r in comparison.runs if r.status == OK and r.control not in (CHANCE, ORACLE)]
    runs = [r for r in runs if "segment" in r.answers]
    if not runs:
        raise NotApplicable("no method gave segments")
    wide = comparison.scores.values.pivot(index="method", columns="metric", values=["value", "lower"])
    beyond = _beyond_one_segment(comparison)
    rows = {r.method: _asked(r, _of(wide, r.method), beyond.get(r.method)) for r in runs}
    order = [m for m in comparison.order() if m in rows]
    passing = [m for m in order if rows[m]["passes"] and comparison.run_of(m).control is None]
    usual = next((m for m in order if comparison.run_of(m).control == STATUS_QUO), None)
    use = passing[0] if passing else usual
    label = {r.method: r.label for r in runs}
    table = pd.DataFrame(
        [{"Segmentation": label[m], **rows[m]["shown"], "Use": YES if m == use else ""} for m in order]
    ).set_index("Segmentation")
    return Recommendation(use, table, tuple(_sentences(comparison, rows, label, order, passing, use)))


def _of(wide: pd.DataFrame, method: str) -> Mapping[str, Any]:
    """Return {metric: (value, lower)} of a method; nan where it has none."""
    metrics = wide["value"].columns
    return {m: (wide.loc[method, ("value", m)], wide.loc[method, ("lower", m)]) for m in metrics}


def _beyond_one_segment(comparison: Any) -> dict[str, float]:
    """Return by method the lower end, over all pairs, of what it explains beyond one segment for all."""
    pairs, metric = comparison.scores.pairs.get(VALUE), registry.metric(VALUE)
    one = next((r.method for r in comparison.runs if r.control == CHANCE and r.status == OK), None)
    if pairs is None or one is None:
        return {}
    found = {r.method: lead(r.method, one, pairs, metric) for r in comparison.runs}
    return {method: ends[1] for method, ends in found.items() if ends is not None}


def _asked(run: Any, scores: Mapping[str, Any], least: float | None) -> dict[str, Any]:
    """Return how one segmentation answers the questions, and whether it passes.

    least: the lower end of what it explains beyond one segment for all; None where they were not compared.
    """
    nothing = (np.nan, np.nan)
    last = run.answers[run.answers["fold"] == max(run.details, default=run.answers["fold"].max())]
    share = last["segment"].value_counts(normalize=True)
    structure = _structure(run)
    stable, beyond = scores.get("stability_jaccard", nothing)[0], scores.get(VALUE, nothing)
    persistent, churn = scores.get("persistence_ari", nothing)[0], scores.get("churn_separation", nothing)[0]
    answers = {
        "found again": stable >= STABLE,
        "beyond RFM": (beyond[1] if least is None else least) > 0,
        "large enough": share.min() >= SMALLEST and len(share) > 1,
    }
    shown = {
        "Segments": len(share),
        "Structure": structure,
        "Found again (≥ .75)": _marked(stable, answers["found again"]),
        "Value beyond RFM (lower end over all pairs > 0)": _marked(
            beyond[0], answers["beyond RFM"], digits=4
        ),
        "Smallest (≥ 1 %)": f"{share.min():.1%} {YES if answers['large enough'] else NO}",
        "Kept to the next origin": _number(persistent),
        "Tells churn (AUC)": _number(churn),
    }
    return {"answers": answers, "passes": all(answers.values()), "shown": shown, "structure": structure}


def _structure(run: Any) -> str:
    """Return what the test of structure said of a method's data, or that it cuts without asking."""
    details = run.details.get(max(run.details), {}) if run.details else {}
    gate = (details.get("choice") or {}).get("gate")
    if not gate:
        return OPEN
    return YES if gate["rejects"] else NO


def _marked(value: float, passed: bool, *, digits: int = 2) -> str:
    """Return a number and whether it is enough."""
    return f"{_number(value, digits)} {YES if passed else NO}" if np.isfinite(value) else f"{OPEN} {NO}"


def _number(value: float, digits: int = 2) -> str:
    """Return a number for the table."""
    return f"{value:.{digits}f}" if np.isfinite(value) else OPEN


def _sentences(
    comparison: Any,
    rows: Mapping[str, Any],
    label: Mapping[str, str],
    order: list[str],
    passing: list[str],
    use: str | None,
) -> list[str]:
    """Say which segmentation to use, why, and what the others lack."""
    free = [m for m in order if comparison.run_of(m).control is None]
    if passing:
        shown = rows[use]["shown"]
        said = [
            f"Use {label[use]}: {shown['Segments']} segments that are found again on other samples of the "
            "customers, say more about the next window than RFM does, and are large enough to act on."
        ]
        rivals = [m for m in passing[1:] if m in comparison.verdict.contenders]
        if rivals and comparison.verdict.champion == use:
            named = ", ".join(label[m] for m in rivals)
            said.append(f"Equally good by the numbers: {named}; take the one that is easiest to explain.")
    elif use is None:
        said = ["No segmentation passes, and there is no status quo to stay with."]
    else:
        said = [f"Stay with {label[use]}, the status quo: no other segmentation passes every question."]
    asked = [m for m in free if rows[m]["structure"] in (YES, NO)]
    without = [m for m in asked if rows[m]["structure"] == NO]
    if without and len(without) == len(asked):
        said.append("The test of structure finds none: any segments here are cuts through one crowd.")
    elif without:
        said.append("No structure on the columns of: " + ", ".join(label[m] for m in without) + ".")
    for question, lacking in (
        ("found again", "are not found again on other samples"),
        ("beyond RFM", "say nothing about the next window that RFM does not"),
        ("large enough", "have a segment too small to act on, or one segment only"),
    ):
        who = [label[m] for m in free if not rows[m]["answers"][question]]
        if who:
            said.append(f"The segments {lacking}: {', '.join(who)}.")
    return said
