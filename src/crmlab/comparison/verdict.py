"""The verdict: which method is best, whether its lead is one, and what that is worth, in sentences.

The champion is *better* when it beats every other method pair by pair at the level of the intervals, not
adjusted for their number: for the winner against all others that is valid, as the runner-up is the hardest
to beat (Gutmann and Maymin 1987; Hung and Fithian 2019), and clones of a bad method change nothing. Every
sentence is computed from the numbers and can come out the other way: "equivalent", "undecided" and "the
heuristic wins" are legal answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from crmlab.comparison import saying
from crmlab.comparison.run import Run
from crmlab.comparison.saying import pair_of
from crmlab.declare.metric import Metric
from crmlab.maths import leads
from crmlab.maths.between_windows import AnotherWindow
from crmlab.maths.convergence import STATUS as DID_NOT_CONVERGE
from crmlab.vocabulary import (
    BETTER,
    BORDERLINE,
    CHANCE,
    CRASHED,
    EQUIVALENT,
    FAILED,
    ORACLE,
    SMALL,
    STATUS_QUO,
    TIMED_OUT,
    UNDECIDED,
)

ALONE: Final = "no rival"
NONE: Final = "no champion"
DECIDES: Final = (UNDECIDED, BORDERLINE, EQUIVALENT, SMALL, BETTER)
"""Of the answers against single rivals, the first that occurs is the answer as a whole."""

ABSENT: Final = (TIMED_OUT, CRASHED, FAILED, DID_NOT_CONVERGE)
"""How a run ends whose method could have answered: a rival that is missing."""


@dataclass(frozen=True)
class Verdict:
    """The answer of a comparison by one metric.

    champion: the best method that is not a mere end of the scale (the status quo may win), or None. word:
    one of the answers above. against: {rival: the answer against it}. could_be_best: the methods that none
    is ahead of by the simultaneous intervals. gain: its lead over the best status quo with the simultaneous
    interval, None where there is no such pair. picked: the interval of its value that accounts for its
    having been picked among its rivals, None where there is none.
    """

    champion: str | None
    word: str
    against: Mapping[str, str] = field(default_factory=dict)
    could_be_best: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    gain: tuple[float, float, float] | None = None
    picked: tuple[float, float] | None = None

    @property
    def lead_is_real(self) -> bool:
        """Whether the champion is better than every rival."""
        return self.word == BETTER

    @property
    def contenders(self) -> tuple[str, ...]:
        """The rivals that the champion is not shown to be better than, or is by less than matters."""
        return tuple(m for m, answer in self.against.items() if answer != BETTER)


def judge(
    runs: list[Run],
    values: pd.DataFrame,
    pairs: pd.DataFrame,
    metric: Metric,
    *,
    chance: float,
    level: float,
    margin: float = 0.0,
    picked: tuple[float, float] | None = None,
    another: Callable[[str], AnotherWindow | None] = lambda method: None,
) -> Verdict:
    """Judge a comparison by one metric (`values` and `pairs` hold that metric alone).

    margin: below which a difference does not matter, in the metric's unit. picked: the interval of the best
    that accounts for its having been picked. another: what a method's value
    would be in another window.
    """
    by_method = values.set_index("method")
    known = {r.method: r for r in runs}
    ranked = _ranked(by_method, metric)
    field_ = [m for m in ranked if known[m].control in (None, STATUS_QUO)]
    missing = saying.no_answer(runs)
    if not field_:
        return Verdict(None, NONE, sentences=("No method has a value: there is nothing to rank.", *missing))
    best, rivals = field_[0], field_[1:]
    against = {m: answer(best, m, pairs, level=level, margin=margin) for m in rivals}
    absent = tuple(r.method for r in runs if r.status in ABSENT)
    said = saying.Saying({m: r.label for m, r in known.items()}, metric, level, margin)
    word = _word(against, absent)
    usual = next((m for m in ranked if known[m].control == STATUS_QUO and m != best), None)
    floor = next((m for m in ranked if known[m].control == CHANCE), None)
    oracle = next((m for m in ranked if known[m].control == ORACLE), None)
    sentences = [said.best(best, by_method.loc[best], picked, len(field_))]
    sentences += said.lead(best, against, pairs, word, absent)
    sentences += said.window(best, another(best))
    if usual is not None:
        sentences.append(said.against("the status quo", best, usual, lead(best, usual, pairs, metric)))
    if known[best].control == STATUS_QUO:
        sentences.append("The status quo wins: no learned method is ahead of it here.")
    if floor is not None:
        sentences.append(said.against("chance", best, floor, lead(best, floor, pairs, metric)))
    else:
        sentences.append(said.against_chance(best, by_method.loc[best], chance))
    if oracle and np.isfinite(chance) and by_method.loc[oracle, "value"] != chance:
        sentences.append(said.oracle(best, *by_method.loc[[best, oracle], "value"], chance))
    gain = lead(best, best if usual is None else usual, pairs, metric)
    could = _could_be_best(field_, pairs, metric)
    return Verdict(best, word, against, could, absent, (*sentences, *missing), gain, picked)


def answer(best: str, rival: str, pairs: pd.DataFrame, *, level: float, margin: float) -> str:
    """Return what is known of the best method against one rival: BETTER, EQUIVALENT, SMALL or open."""
    row = pair_of(best, rival, pairs)
    if row is None:
        return UNDECIDED
    alpha = 1 - level
    within = row["difference"] == 0 == row["error"] or leads.is_equivalent(
        row["difference"], row["error"], row["df"], margin
    )
    if within:
        return SMALL if row["p"] < alpha else EQUIVALENT
    if row["p_from"] <= alpha <= row["p_to"] and row["p_from"] < row["p_to"]:
        return BORDERLINE
    return BETTER if row["p"] < alpha else UNDECIDED


def _word(against: Mapping[str, str], absent: tuple[str, ...]) -> str:
    """Return the answer as a whole: a lead over rivals of whom some are absent is no lead."""
    if absent:
        return UNDECIDED
    return next((word for word in DECIDES if word in against.values()), ALONE)


def _could_be_best(field_: list[str], pairs: pd.DataFrame, metric: Metric) -> tuple[str, ...]:
    """Return the methods that no other is ahead of by the simultaneous intervals, best first."""

    def is_beaten(method: str) -> bool:
        found = (lead(other, method, pairs, metric) for other in field_ if other != method)
        return any(f is not None and f[1] > 0 for f in found)

    return tuple(m for m in field_ if not is_beaten(m))


def _ranked(by_method: pd.DataFrame, metric: Metric) -> list[str]:
    """Return the methods that have a value, best first; equal values in the order of names."""
    present = by_method[by_method["value"].notna()].sort_index()
    order = present["value"].sort_values(ascending=not metric.higher_is_better, kind="stable")
    return list(order.index)


def lead(ahead: str, other: str, pairs: pd.DataFrame, metric: Metric) -> tuple[float, float, float] | None:
    """Return how far one method is ahead of another, with the interval; None where they were not compared.

    In the metric's direction: above 0 it is better. The interval is simultaneous over all pairs. pairs:
    differences a - b by that metric alone.
    """
    row = pair_of(ahead, other, pairs)
    if row is None:
        return None
    found = (row["difference"], row["lower"], row["upper"])
    return found if (row["a"] == ahead) == metric.higher_is_better else turned(found)


def turned(difference: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return a difference with its interval, seen from the other side."""
    value, lower, upper = difference
    return -value, -upper, -lower


def rank_order(values: pd.DataFrame, metric: Metric) -> list[str]:
    """Return the methods of a comparison, best first, those without a value last."""
    by_method = values.set_index("method")
    ranked = _ranked(by_method, metric)
    return ranked + sorted(set(by_method.index) - set(ranked))
