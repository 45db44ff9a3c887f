"""Saying: the sentences of a verdict, each computed from its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crmlab.comparison.run import Run
from crmlab.declare.metric import Metric
from crmlab.maths import leads
from crmlab.maths.between_windows import AnotherWindow
from crmlab.vocabulary import BETTER, BORDERLINE, EQUIVALENT, OK, SMALL, UNDECIDED

NAMED: Final = 6
"""Methods that a sentence names; of more it says how many."""


@dataclass(frozen=True)
class Saying:
    """What is said of a verdict by one metric; `name` holds the methods' labels."""

    name: Mapping[str, str]
    metric: Metric
    level: float
    margin: float

    def best(self, best: str, row: pd.Series, picked: tuple[float, float] | None, methods: int) -> str:
        """Say who is best, with its own interval, and with that of the best picked of so many methods."""
        value = f"{self.name[best]} has the best {self.metric.label}: {self.number(row['value'])}"
        if np.isnan(row["lower"]):
            return f"{value} ({row['reason'] or 'no interval'})."
        ends = f"{self.number(row['lower'])} to {self.number(row['upper'])}"
        told = f"{self.level:.0%} interval {ends}"
        if picked is not None and methods > 1:
            told += f", {' to '.join(map(self.number, picked))} as the best picked of {methods}"
        return f"{value} ({told})."

    def lead(
        self, best: str, against: Mapping[str, str], pairs: pd.DataFrame, word: str, absent: Sequence[str]
    ) -> list[str]:
        """Say what its lead over the others is, in the verdict's words."""
        if not against:
            return [
                "It is the only method with a value, so there is no lead to judge.",
                *self._of_absent(absent),
            ]
        groups: dict[str, list[str]] = {}
        for rival, answer in against.items():
            groups.setdefault(answer, []).append(rival)
        said = []
        if set(groups) == {BETTER}:
            second = next(iter(against))
            told = self._pair(best, second, pairs)
            said.append(f"It is better than every other method, also than {self.name[second]} ({told}).")
        within = [m for m, answer in against.items() if answer in (EQUIVALENT, SMALL)]
        for answer, words in self._words().items():
            rivals = within if answer == EQUIVALENT else groups.get(answer, [])
            if rivals:
                said.append(
                    f"{words} {self._listed(rivals)} ({self._pair(best, rivals[0], pairs, first=rivals)})."
                )
        if UNDECIDED in groups:
            said += self._enough(best, groups[UNDECIDED][0], pairs)
        if BETTER in groups and len(groups) > 1:
            n = len(groups[BETTER])
            said.append(f"It is better than the {'other one' if n == 1 else f'other {n}'}.")
        return [*said, *self._of_absent(absent)]

    def _of_absent(self, absent: Sequence[str]) -> list[str]:
        """Say who could have answered and did not."""
        if not absent:
            return []
        return [
            f"No lead is claimed: {', '.join(map(self.name.get, absent))} could have answered and did not."
        ]

    def _words(self) -> dict[str, str]:
        """Return how a sentence about each answer but BETTER begins."""
        size = self.number(self.margin)
        return {
            EQUIVALENT: f"Equivalent to it (within {size}, which is less than matters):",
            SMALL: "Of these, really behind, though by less than matters:",
            BORDERLINE: "On the border of the threshold, whatever number of weightings is taken:",
            UNDECIDED: "Undecided, so perhaps as good:",
        }

    def _listed(self, methods: Sequence[str]) -> str:
        """Return the methods' labels, at most NAMED of them."""
        names = [self.name[m] for m in methods]
        if len(names) > NAMED + 1:
            names[NAMED:] = [f"{len(names) - NAMED} more"]
        return ", ".join(names)

    def _pair(self, best: str, rival: str, pairs: pd.DataFrame, *, first: Sequence[str] = ()) -> str:
        """Return the difference to one rival with the interval of this pair alone, and p."""
        row = pair_of(best, rival, pairs)
        if row is None:
            return "not compared"
        if row["difference"] == 0 == row["error"]:
            return "identical answers: the difference is 0 [0, 0]"
        half = student.ppf((1 + self.level) / 2, row["df"]) * row["error"]
        ahead = abs(row["difference"])
        value, lower, upper = (self.number(v, sign=True) for v in (ahead, ahead - half, ahead + half))
        which = f"{self.name[rival]}: " if len(first) > 1 else ""
        return f"{which}{value}, {self.level:.0%} interval of this pair {lower} to {upper}, p {row['p']:.2g}"

    def _enough(self, best: str, rival: str, pairs: pd.DataFrame) -> list[str]:
        """Say how many customers more would decide between the best and its nearest open rival."""
        row = pair_of(best, rival, pairs)
        if row is None:
            return []
        times = leads.times_as_many(
            row["difference"], row["error"], row["df"], self.margin, alpha=1 - self.level
        )
        if times > 100:
            return [f"Against {self.name[rival]} not even a hundred times as many customers would decide."]
        return [f"Against {self.name[rival]} about {times:.1f} times as many customers would decide."]

    def window(self, best: str, another: AnotherWindow | None) -> list[str]:
        """Say what another window may bring, where there are enough to tell."""
        if another is None:
            return []
        worth = ""
        if another.effective < another.windows - 0.05:
            worth = f", which share days and are worth about {another.effective:.1f} apart"
        # beyond the ends of the scale nothing can be expected
        lowest, highest = self.metric.range
        ends = (self.number(float(np.clip(end, lowest, highest))) for end in (another.lower, another.upper))
        said = (
            f"Its {another.windows} windows{worth} have a standard deviation of {self.number(another.spread)}"
        )
        said += f": in another window of this kind {' to '.join(ends)} is to be expected ({self.level:.0%})."
        if another.within_a_year:
            said += " All of them lie within one year: another season was not seen."
        return [said]

    def against(self, what: str, best: str, other: str, found: tuple[float, float, float] | None) -> str:
        """Say how the champion stands against a control, by the interval over all pairs."""
        if found is None:
            return f"It was not compared with {what} ({self.name[other]})."
        difference, lower, upper = (self.number(v, sign=True) for v in found)
        gains = "gains" if found[1] > 0 else "shows no established gain:"
        return (
            f"Against {what} ({self.name[other]}) it {gains} {difference} ({self.level:.0%} simultaneous "
            f"interval {lower} to {upper})."
        )

    def against_chance(self, best: str, row: pd.Series, chance: float) -> str:
        """Say whether the champion's own interval lies beyond chance."""
        if not np.isfinite(chance):
            return f"{self.metric.label} has no value at chance to compare with."
        if np.isnan(row["lower"]):
            return f"Whether {self.name[best]} is better than chance ({self.number(chance)}) is not known."
        beyond = row["lower"] > chance if self.metric.higher_is_better else row["upper"] < chance
        if beyond:
            return f"{self.name[best]} is better than chance ({self.number(chance)})."
        return f"{self.name[best]} is not distinguishable from chance ({self.number(chance)})."

    def oracle(self, best: str, value: float, top: float, chance: float) -> str:
        """Say how much of what can be known the champion reaches."""
        share = (value - chance) / (top - chance)
        return (
            f"The oracle, which knows the truth, reaches {self.number(top)}: "
            f"{self.name[best]} covers {share:.0%} of the way from chance to there."
        )

    def number(self, value: float, *, sign: bool = False) -> str:
        """Return a number for a sentence, with the metric's unit."""
        return number(value, self.metric, sign=sign)


def pair_of(one: str, other: str, pairs: pd.DataFrame) -> pd.Series | None:
    """Return the row in which two methods were compared, whichever comes first; None where they were not."""
    row = pairs[pairs["a"].isin((one, other)) & pairs["b"].isin((one, other))]
    return None if one == other or row.empty else row.iloc[0]


def number(value: float, metric: Metric, *, sign: bool = False) -> str:
    """Return a number for a sentence: three decimals, with the metric's unit."""
    text = f"{value:+.3f}" if sign else f"{value:.3f}"
    return f"{text} {metric.unit}".strip()


def no_answer(runs: Sequence[Run]) -> list[str]:
    """Say who has no answer, one sentence per reason."""
    why: dict[tuple[str, str], list[str]] = {}
    for r in runs:
        if r.status != OK:
            why.setdefault((r.status.replace("_", " "), r.reason), []).append(r.label)
    return [f"No answer ({status}) from {', '.join(who)}: {reason}." for (status, reason), who in why.items()]


def beside_money(primary: Any, money: Any, metric: Metric, by_money: Metric, label: Mapping[str, str]) -> str:
    """Say in one sentence what money says beside the primary metric."""
    if money.champion is None:
        return f"By {by_money.label} there is no champion."
    who = label[money.champion]
    if money.champion == primary.champion:
        first = f"By {by_money.label} {who} is first, too, and the answer is: {money.word}."
    else:
        first = f"By {by_money.label} {who} is first instead, and the answer is: {money.word}."
    if primary.lead_is_real and not money.lead_is_real:
        first += f" The lead in {metric.label} is real; in money it is not shown to be one."
    return first
