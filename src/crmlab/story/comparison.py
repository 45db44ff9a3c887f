"""The comparison: who took part, how they did, how far the best is ahead, and the verdict."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.comparison import leads as leading
from crmlab.errors import NotApplicable, UsageError
from crmlab.story import caveats
from crmlab.story.prose import Folded, Prose, Table, with_interval
from crmlab.vocabulary import CHANCE, OK

LONGEST: Final = 120
"""Characters of a note in a table."""


def field(comparison: Any) -> Table:
    """Return the methods that entered, in the roster's order: kind, role, parameters, source, notes."""
    rows = []
    for run in comparison.runs:
        parameters = ", ".join(f"{k} = {v}" for k, v in run.parameters.items())
        cite = _cited(run.method)
        role = (run.control or "method").replace("_", " ")
        state, note = run.status.replace("_", " "), run.note if run.status == OK else run.reason
        note = textwrap.shorten(note or "", LONGEST, placeholder=" …")
        rows.append((run.label, run.kind, role, parameters, cite, state, note))
    columns = ["Method", "Kind", "Role", "Parameters", "Source", "State", "Note"]
    table = pd.DataFrame(rows, columns=columns).set_index("Method")
    return Table(table if table["Note"].any() else table.drop(columns="Note"))


def _cited(method: str) -> str:
    """Return where a method comes from; '–' where its file does not say, or cannot be imported."""
    if method not in registry.names("methods"):
        return "the data set's truth"
    try:
        return registry.find("methods", method).cite or "–"
    except UsageError:  # its row says why
        return "–"


def ranking(comparison: Any) -> Table:
    """Return the board for readers: the primary metric with its interval, the others, why one is missing.

    The best methods and the first metrics stand open, the others are folded. A metric that no method has a
    value of, such as one of purchases where nobody counted them, is left out.
    """
    board = comparison.ranking()
    primary = registry.metric(comparison.primary).label
    values = [with_interval(*row) for row in board[[primary, "lower", "upper"]].itertuples(index=False)]
    labels = [registry.metric(m).label for m in comparison.metrics if m != comparison.primary]
    others = [label for label in labels if board[label].notna().any()]
    shown = board.assign(**{primary: values})[["Method", "Control", primary, *others, "Note"]]
    shown[others] = shown[others].map(lambda v: "" if pd.isna(v) else f"{v:z.3f}")
    missing = board[primary].isna()
    why = board.loc[missing, "Note"].map(lambda note: textwrap.shorten(note, LONGEST, placeholder=" …"))
    shown["Note"] = why.reindex(board.index, fill_value="")
    return Folded(shown.set_index("Method").drop(columns=[] if missing.any() else "Note"))


def leads(comparison: Any) -> pd.DataFrame:
    """Return the champion's lead over every other method, with the interval of each pair and over all."""
    try:
        found = leading.leads(comparison)
    except NotApplicable:
        return pd.DataFrame()
    best = comparison.run_of(comparison.verdict.champion).label
    return pd.DataFrame(
        {
            f"{best} over": [comparison.run_of(m).label for m in found["method"]],
            "Lead": found["lead"].round(4),
            "This pair": [
                _ends(*ends) for ends in zip(found["pair_lower"], found["pair_upper"], strict=True)
            ],
            "p": found["p"].round(4),
            "All pairs": [_ends(*ends) for ends in zip(found["lower"], found["upper"], strict=True)],
            "p (adjusted)": found["p_adjusted"].round(4),
            "Answer": found["answer"],
        }
    ).set_index(f"{best} over")


def over_chance(comparison: Any, metric: str) -> Table | Prose:
    """Return what each method has by a metric beyond the mark of chance, with simultaneous intervals.

    The mark is the control that answers the same for everyone: where treating all customers alike
    already earns much, a value alone says little of a ranking.
    """
    control = next((r for r in comparison.runs if r.control == CHANCE and r.status == OK), None)
    pairs = comparison.scores.pairs[metric]
    mine = pairs[(pairs["a"] == control.method) | (pairs["b"] == control.method)] if control else pairs[:0]
    if mine.empty:
        return Prose("*No method stands beside the mark of chance by this measure.*")
    declared, values = (
        registry.metric(metric),
        comparison.of_metric(metric).set_index("method")["value"],
    )
    sign = np.where(mine["b"] == control.method, 1, -1)
    ends = np.sort([sign * mine["lower"], sign * mine["upper"]], axis=0)
    methods = np.where(sign > 0, mine["a"], mine["b"])
    labels = {r.method: r.label for r in comparison.runs}
    found = pd.DataFrame(
        {
            "Method": [labels[m] for m in methods],
            declared.label: [f"{values[m]:,.3f}" for m in methods],
            f"Beyond {control.label}": [
                f"{gain:+.3f} [{low:+.3f}, {high:+.3f}]"
                for gain, low, high in zip(sign * mine["difference"], *ends, strict=True)
            ],
            "gain": sign * mine["difference"],
        }
    )
    best = found.sort_values("gain", ascending=not declared.higher_is_better, kind="stable")
    return Table(best.drop(columns="gain").set_index("Method"))


def _ends(lower: float, upper: float) -> str:
    """Return an interval in four decimals."""
    return f"{lower:z.4f} to {upper:z.4f}"


def verdict(comparison: Any) -> Prose:
    """Return the verdict's sentences, the first one in bold."""
    first, *rest = comparison.verdict.sentences
    return Prose("\n\n".join([f"**{first}**", *rest]))


def limits(comparison: Any) -> Prose:
    """Return what limits the answer, computed from the facts of the problem."""
    return Prose("\n".join(f"- {sentence}" for sentence in caveats.of(comparison)))
