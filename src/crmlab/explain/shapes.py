"""Shapes: the curves and pairs of a fitted explainable boosting machine, read and evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from crmlab.explain.conditions import Condition, between, missing_only
from crmlab.maths.encoding import levels_of

RARE_LEVELS: Final = "(rare)"
MOST_LEVELS: Final = 4
"""At most so many levels stand in a condition."""

ALONG: Final = 0.8
"""A curve whose steps follow the column by this rank correlation rises or falls."""


@dataclass(frozen=True)
class Curve:
    """What one column adds to the log odds: a step per interval of a number, or per level of a text.

    log_odds: (len(cuts) + 1,) for numbers, where step i holds for cuts[i - 1] <= x < cuts[i], or
    (len(levels),). missing: of a missing number. importance: mean absolute log odds over train rows.
    """

    column: str
    importance: float
    log_odds: np.ndarray
    missing: float
    cuts: np.ndarray | None = None
    levels: tuple[str, ...] | None = None

    @property
    def course(self) -> str:
        """Say how the odds go with a number; nothing for a text."""
        if self.cuts is None or np.ptp(self.log_odds) == 0:
            return ""
        along = spearmanr(np.arange(len(self.log_odds)), self.log_odds).statistic
        if abs(along) >= ALONG:
            return f"the odds {'rise' if along > 0 else 'fall'} with {self.column}"
        return f"the odds neither rise nor fall steadily with {self.column}"

    def high(self, values: pd.Series, *, fewest: int) -> Condition | None:
        """Return where the curve is high: the values with at least half of its largest log odds.

        For a number, the interval around the largest step that train rows lie on; for a text, the
        levels. Where fewer than `fewest` of the train rows' values (n,) lie there, the values with
        any positive log odds; None where that is too few too, or everyone.
        """
        return self._high_number(values, fewest) if self.levels is None else self._high_levels(values, fewest)

    def _high_number(self, values: pd.Series, fewest: int) -> Condition | None:
        """Return the interval of a number."""
        numbers = values.to_numpy(dtype=float)
        known = numbers[~np.isnan(numbers)]
        counts = np.bincount(np.searchsorted(self.cuts, known, side="right"), minlength=len(self.log_odds))
        reached = np.where(counts > 0, self.log_odds, -np.inf)
        top, unknown = reached.max(), len(numbers) - len(known)
        if self.missing > max(top, 0) and fewest <= unknown < len(numbers):
            return missing_only(self.column)
        if top <= 0:
            return None
        for least in (top / 2, np.nextafter(0, 1)):
            first = last = int(np.argmax(reached))
            while first > 0 and self.log_odds[first - 1] >= least:
                first -= 1
            while last + 1 < len(reached) and self.log_odds[last + 1] >= least:
                last += 1
            if fewest <= counts[first : last + 1].sum() < len(numbers):
                ends = np.concatenate([[-np.inf], self.cuts, [np.inf]])[[first, last + 1]]
                return between(values, *ends)
        return None

    def _high_levels(self, values: pd.Series, fewest: int) -> Condition | None:
        """Return the levels of a text."""
        present = levels_of(values.to_frame()).iloc[:, 0]
        counts = present.value_counts()
        known = {
            name: odds
            for name, odds in zip(self.levels, self.log_odds, strict=True)
            if name in counts and name != RARE_LEVELS and odds > 0
        }
        best = sorted(known, key=lambda name: -known[name])[:MOST_LEVELS]
        for least in (known[best[0]] / 2, 0.0) if best else ():
            chosen = tuple(name for name in best if known[name] >= least)
            if fewest <= counts[list(chosen)].sum() < len(values):
                return Condition(self.column, levels=chosen)
        return None


def curves(details: Mapping[str, Any]) -> list[Curve]:
    """Return the curves that a machine told in its `details_`, the most important first."""
    found = [
        Curve(
            column=told["column"],
            importance=told["importance"],
            log_odds=np.array(told["log_odds"]),
            missing=told["missing_log_odds"],
            cuts=np.array(told["cuts"], dtype=float) if "cuts" in told else None,
            levels=tuple(told["levels"]) if "levels" in told else None,
        )
        for told in details["shapes"]
    ]
    return sorted(found, key=lambda curve: -curve.importance)


@dataclass(frozen=True)
class Pair:
    """What two columns add together: log odds (a, b) by the steps or levels of each.

    sides: of each column, the edges of a number's steps, or the levels of a text.
    """

    columns: tuple[str, str]
    importance: float
    sides: tuple[Sequence[float] | Sequence[str], Sequence[float] | Sequence[str]]
    log_odds: np.ndarray


def pairs(model: Any) -> list[Pair]:
    """Return the pairs of a fitted explainable boosting machine, the most important first."""
    names, levels = _columns(model)
    told = iter(model.details_["interactions"])
    found = []
    for term, table in zip(model.terms_, model.tables_, strict=True):
        if len(term) != 2:
            continue
        sides, places = [], []
        for c in term:
            bins = model.cuts_[c][:2][-1]
            number = levels[c] is None
            sides.append([float(x) for x in bins] if number else levels[c])
            # the first bin is a missing number, the last one was never seen
            places.append(np.arange(1, len(bins) + 2) if number else bins)
        columns = (names[term[0]], names[term[1]])
        found.append(Pair(columns, next(told)["importance"], tuple(sides), table[np.ix_(*places)]))
    return sorted(found, key=lambda pair: -pair.importance)


def contributions(model: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each column adds to a row's log odds, (m, p), of an explainable boosting machine.

    With the machine's intercept they sum to the log odds of its probability. A pair's part is
    halved between its columns, as Shapley values (1953) would.
    """
    names, levels = _columns(model)
    values, added = model.input_.transform(rows), np.zeros((len(rows), len(names)))
    for term, table in zip(model.terms_, model.tables_, strict=True):
        places = [_bins(values[:, c], model.cuts_[c][: len(term)][-1], levels[c] is None) for c in term]
        part = table[tuple(places)] / len(term)
        for c in term:
            added[:, c] += part
    return pd.DataFrame(added, columns=names, index=rows.index)


def _columns(model: Any) -> tuple[list[str], list[list[str] | None]]:
    """Return the machine's columns by their position, and the levels of each, None for a number."""
    single = [term[0] for term in model.terms_ if len(term) == 1]
    told = dict(zip(single, model.details_["shapes"], strict=True))
    places = sorted(told)
    return [told[c]["column"] for c in places], [told[c].get("levels") for c in places]


def _bins(values: np.ndarray, cuts: np.ndarray, number: bool) -> np.ndarray:
    """Return the bin of each value of a column, (m,): 0 for a missing one."""
    missing = np.isnan(values)
    if number:
        return np.where(missing, 0, 1 + np.searchsorted(cuts, values, side="right"))
    return np.where(missing, 0, cuts[np.where(missing, 0, values).astype(int)])
