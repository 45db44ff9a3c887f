"""Two protocols: do the methods keep their values and their order when another one divides the rows?

A random split answers for customers like these, a split in time for later ones. Both comparisons
are read from their records, so nothing is fitted or scored here: what is said rests on the
intervals that each comparison gives for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry, store
from crmlab.comparison.committed import read
from crmlab.declare.metric import Metric
from crmlab.errors import DataError, NotApplicable
from crmlab.params.protocols import protocol
from crmlab.vocabulary import CHANCE, ORACLE

KEPT, TURNED, UNSETTLED = "kept", "turned round", "not settled"


@dataclass(frozen=True)
class TwoProtocols:
    """One roster judged under two protocols, `first` and `second` in words, by their primary metric.

    methods: method, label, control, and per side (first, first_lower, first_upper, second, ...) the
    value with its interval; gap = how much better the method looks under the second, with its
    interval (gap, gap_lower, gap_upper). Best under the first on top.
    pairs: a (ahead under the second protocol), b, the lead of a over b on each side with its
    simultaneous interval, change (the lead's: second - first) with its interval, and state.
    tau: Kendall's rank correlation of the two orders, with a confidence set (see `_concordance`).
    """

    task: str
    problems: tuple[str, str]
    first: str
    second: str
    metric: Metric
    level: float
    methods: pd.DataFrame
    pairs: pd.DataFrame
    tau: tuple[float, float, float]

    @property
    def table(self) -> pd.DataFrame:
        """The methods."""
        return self.methods

    def head(self) -> pd.DataFrame:
        """Return the methods with their values under both and the gap, as text with intervals."""
        sides = {self.first: "first", self.second: "second"}
        shown = {side[:1].upper() + side[1:]: self._valued(name) for side, name in sides.items()}
        gaps = [_interval(_side(row, "gap")) for _, row in self.methods.iterrows()]
        table = pd.DataFrame(
            {"Method": self.methods["label"], **shown, f"Better under {self.second} by": gaps}
        )
        return table.set_index("Method")

    def _valued(self, side: str) -> list[str]:
        """Return the methods' values on one side with their intervals."""
        columns = [side, f"{side}_lower", f"{side}_upper"]
        rows = self.methods[columns].itertuples(index=False)
        return [f"{v:.3f} [{lower:.3f}, {upper:.3f}]" for v, lower, upper in rows]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what holds under both, what does not, and what is not settled."""
        return (self._of_order(), self._of_best(), self._of_gaps(), self._of_leads())

    def _of_order(self) -> str:
        """Say whether the methods keep their order."""
        states = self.pairs["state"].value_counts()
        turned, kept = states.get(TURNED, 0), states.get(KEPT, 0)
        if turned:
            said = f"The order of the methods under {self.second} does not hold under {self.first}"
        elif self.tau[1] > 0:
            said = f"As far as the intervals tell, the order under {self.second} holds under {self.first}"
        else:
            said = f"Whether the methods keep their order under {self.second} and under {self.first} is open"
        tau, lower, upper = self.tau
        return (
            f"{said}: of {len(self.pairs)} pairs {kept} are established as the same, {turned} as turned "
            f"round. Kendall's tau is {tau:.2f} (set of at least {2 * self.level - 1:.0%} confidence: "
            f"{lower:.2f} to {upper:.2f})."
        )

    def _of_best(self) -> str:
        """Say whether the best method is the same one, and what choosing by the second would cost."""
        best, chosen = (self._ranked(side)[0] for side in ("first", "second"))
        if chosen == best:
            return f"{self._label(best)} is the best under both."
        cost = _turned(self._lead(chosen, best, "first"))
        judged = "a real loss" if cost[1] > 0 else "a loss that is not established"
        return (
            f"{self._label(chosen)} is the best under {self.second}, {self._label(best)} under {self.first}: "
            f"who chooses by {self.second} is behind by {_interval(cost)} under {self.first}, {judged}."
        )

    def _of_gaps(self) -> str:
        """Say how much better the methods look under the second protocol."""
        gaps = self.methods.set_index("label")
        better, worse = (gaps["gap_lower"] > 0).sum(), (gaps["gap_upper"] < 0).sum()
        most, least = gaps.loc[gaps["gap"].idxmax()], gaps.loc[gaps["gap"].idxmin()]
        return (
            f"By {self.metric.label}, {better} of {len(gaps)} methods look better under {self.second} than "
            f"under {self.first} by more than their interval, {worse} look worse; the most "
            f"{most.name} ({_interval(_side(most, 'gap'))}), the least {least.name} "
            f"({_interval(_side(least, 'gap'))})."
        )

    def _of_leads(self) -> str:
        """Say whether some methods look better by more than others: whether leads change."""
        changed = self.pairs[(self.pairs["change_lower"] > 0) | (self.pairs["change_upper"] < 0)]
        if changed.empty:
            return "No method's lead over another changes between the two by more than its interval."
        surest = changed.loc[changed[["change_lower", "change_upper"]].abs().min(axis=1).idxmax()]
        here, there, change = (_interval(_side(surest, s)) for s in ("first", "second", "change"))
        return (
            f"In {len(changed)} of {len(self.pairs)} pairs the lead changes by more than its interval, most "
            f"surely that of {self._label(surest['a'])} over {self._label(surest['b'])}: {there} under "
            f"{self.second}, {here} under {self.first}, a change of {change} (simultaneous intervals)."
        )

    def _ranked(self, side: str) -> list[str]:
        """Return the methods by their value on one side, best first."""
        upward = self.metric.higher_is_better
        return list(self.methods.sort_values(side, ascending=not upward, kind="stable")["method"])

    def _lead(self, method: str, other: str, side: str) -> tuple[float, float, float]:
        """Return one method's lead over another on one side, with its interval."""
        pair = self.pairs[self.pairs["a"].isin((method, other)) & self.pairs["b"].isin((method, other))]
        lead = _side(pair.iloc[0], side)
        return lead if pair.iloc[0]["a"] == method else _turned(lead)

    def _label(self, method: str) -> str:
        """Return a method's label."""
        return self.methods.set_index("method").loc[method, "label"]


def find(task: str, first: str, second: str | None) -> TwoProtocols:
    """Return what the committed scores of two problems of a task say together.

    Raises NotApplicable where no second is named and as `contrast` does, DataError where a problem has no
    scores yet, or scores of an earlier state of it.
    """
    if not second:
        raise NotApplicable(f"no second problem is named to stand beside {task}/{first}")
    return contrast(_record(task, first), _record(task, second))


def _record(task: str, problem: str) -> dict[str, Any]:
    """Return the committed scores of a problem. Raises DataError where they are missing or stale."""
    made_by = store.remade_by(task, problem)
    record = read(task, problem)
    facts = store.read_json(store.facts_file(task, problem), made_by=f"crmlab problem {task} {problem}")
    if record["problem_digest"] != facts["digest"]:
        raise DataError(f"the scores of {task}/{problem} are of an earlier state of it: run `{made_by}`")
    return record


def contrast(first: Mapping[str, Any], second: Mapping[str, Any]) -> TwoProtocols:
    """Return what two records of comparisons say together; both are judged by the first's metric.

    Chance and the oracle, whose places are known, are left out. Raises NotApplicable where the
    primary metrics differ, where fewer than two methods have a value on both sides, and where they
    were not compared pair by pair.
    """
    if first["primary"] != second["primary"]:
        judged = (f"{side['problem']} by {side['primary']}" for side in (first, second))
        raise NotApplicable(f"{' and '.join(judged)}: two metrics cannot be set side by side")
    metric = registry.metric(first["primary"])
    methods = _methods(first, second, metric)
    if len(methods) < 2:
        raise NotApplicable(
            f"fewer than two methods have a value on both {first['problem']} and {second['problem']}"
        )
    pairs = _pairs(methods, first, second, metric)
    return TwoProtocols(
        task=first["task"],
        problems=(first["problem"], second["problem"]),
        first=_words(first, second),
        second=_words(second, first),
        metric=metric,
        level=min(first["level"], second["level"]),
        methods=methods,
        pairs=pairs,
        tau=_concordance(pairs),
    )


def _words(side: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return what to call a side: by its protocol, or by its problem where that is the same."""
    return (
        f"`{side['problem']}`" if side["protocol"] == other["protocol"] else protocol(side["protocol"]).words
    )


# --- values -------------------------------------------------------------------------------------
def _methods(first: Mapping[str, Any], second: Mapping[str, Any], metric: Metric) -> pd.DataFrame:
    """Return the methods with a value on both sides, best under the first on top."""
    rows = []
    for name, known in first["methods"].items():
        sides = [
            side["methods"].get(name, {}).get("scores", {}).get(side["primary"]) for side in (first, second)
        ]
        if known["control"] in (CHANCE, ORACLE) or any(
            s is None or np.isnan(_number(s["value"])) for s in sides
        ):
            continue
        here, there = ([_number(side[k]) for k in ("value", "lower", "upper")] for side in sides)
        gap = _difference(there, here) if metric.higher_is_better else _difference(here, there)
        rows.append((name, known["label"], known["control"] or "", *here, *there, *gap))
    values = [f"{side}{end}" for side in ("first", "second", "gap") for end in ("", "_lower", "_upper")]
    found = pd.DataFrame(rows, columns=["method", "label", "control", *values])
    return found.sort_values("first", ascending=not metric.higher_is_better, ignore_index=True)


def _pairs(
    methods: pd.DataFrame, first: Mapping[str, Any], second: Mapping[str, Any], metric: Metric
) -> pd.DataFrame:
    """Return each pair's lead on both sides, the method that is ahead under the second as `a`."""
    leads = [_leads(side["differences"], metric) for side in (first, second)]
    for known, side in zip(leads, (first, second), strict=True):
        if not known:
            raise NotApplicable(f"the methods were not compared pair by pair on {side['problem']}")
    rows = []
    for pair in combinations(methods["method"], 2):
        here, there = (known[pair] for known in leads)
        if there[0] < 0:
            pair, here, there = pair[::-1], _turned(here), _turned(there)
        rows.append((*pair, *here, *there, *_difference(there, here), _state(here, there)))
    values = [f"{side}{end}" for side in ("first", "second", "change") for end in ("", "_lower", "_upper")]
    return pd.DataFrame(rows, columns=["a", "b", *values, "state"])


def _leads(differences: list[dict[str, Any]], metric: Metric) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return how far the first of each ordered pair is ahead: (lead, lower, upper), above 0 is better."""
    found = {}
    for pair in differences:
        lead = tuple(_number(pair[k]) for k in ("difference", "lower", "upper"))
        lead = lead if metric.higher_is_better else _turned(lead)
        found |= {(pair["a"], pair["b"]): lead, (pair["b"], pair["a"]): _turned(lead)}
    return found


def _difference(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, float, float]:
    """Return one - other with its interval, from the interval of each (Zou and Donner 2008, MOVER).

    They are taken as independent. Estimates that rest partly on the same customers move together,
    which makes the interval rather too wide than too narrow.
    """
    (x, x_low, x_high), (y, y_low, y_high) = one, other
    return x - y, x - y - np.hypot(x - x_low, y_high - y), x - y + np.hypot(x_high - x, y - y_low)


def _turned(lead: tuple[float, ...]) -> tuple[float, float, float]:
    """Return the same difference seen from the other method."""
    value, lower, upper = lead
    return -value, -upper, -lower


def _state(here: tuple[float, ...], there: tuple[float, ...]) -> str:
    """Tell whether a pair's order is established on both sides, and is the same."""
    signs = [1 if lower > 0 else -1 if upper < 0 else 0 for _, lower, upper in (here, there)]
    return {1: KEPT, -1: TURNED, 0: UNSETTLED}[signs[0] * signs[1]]


def _concordance(pairs: pd.DataFrame) -> tuple[float, float, float]:
    """Return Kendall's tau of the two orders (Kendall 1938, tau-a) and a confidence set of it.

    Every pair whose order both simultaneous intervals settle counts as it stands, every other may
    stand either way. With intervals of level 1 - a on each side the set holds the tau of the true
    orders with at least 1 - 2a (Bonferroni).
    """
    tau = float(np.mean(np.sign(pairs["first"]) * np.sign(pairs["second"])))
    settled = pairs["state"].map({KEPT: 1, TURNED: -1, UNSETTLED: 0})
    free = float((settled == 0).mean())
    return tau, float(settled.mean()) - free, float(settled.mean()) + free


def _number(value: float | None) -> float:
    """Return a number of a record, in which a missing one may be null."""
    return np.nan if value is None else float(value)


def _side(row: pd.Series, side: str) -> tuple[float, float, float]:
    """Return the value of one side of a row, with its interval."""
    return row[side], row[f"{side}_lower"], row[f"{side}_upper"]


def _interval(found: tuple[float, ...]) -> str:
    """Return a difference with its interval, for a sentence."""
    value, lower, upper = found
    return f"{value:+.3f} [{lower:+.3f}, {upper:+.3f}]"
