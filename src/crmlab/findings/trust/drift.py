"""Drift: how far the customers of each test window lie from those that its models were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.explain import shifts
from crmlab.vocabulary import CHANCE

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

SAID: Final = 3
"""So many columns are named; the table has them all."""

SHOWN: Final = 10


@dataclass(frozen=True)
class Drift:
    """What moved between training and each test window.

    table: one row per window and column, the largest shift of a window first (see
    `explain.shifts.feature_shifts`). rates: one row per window (see `base_rates`). scores: one row per
    method and window (see `score_shifts`), without chance. champion: its label and method, None where no
    method leads.
    """

    table: pd.DataFrame
    rates: pd.DataFrame
    scores: pd.DataFrame
    champion: tuple[str, str] | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say of the last window how base rate, columns and the champion's scores moved."""
        return (self._of_the_rate(), self._of_columns(), *self._of_scores())

    def head(self) -> pd.DataFrame:
        """Return the table for readers: the columns of the last window that moved most."""
        rows = list(self._last(self.table).head(SHOWN).itertuples())
        shown = {
            "Shift": [f"{r.shift:.3f}" for r in rows],
            "Chance stays below": [f"{r.noise:.3f}" for r in rows],
            "Missing, train": [f"{r.train_missing:.1%}" for r in rows],
            "Missing, test": [f"{r.test_missing:.1%}" for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.column for r in rows], name="Column"))

    def _last(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the last window."""
        return frame[frame["window"] == frame["window"].max()]

    def _of_the_rate(self) -> str:
        """Say how the base rate moved."""
        last = self.rates.loc[self.rates["window"].idxmax()]
        said = f"From training to the last test window the base rate went from {_share(last.train_rate)} to "
        said += _share(last.test_rate)
        if pd.isna(last.lower):
            return f"{said}."
        established = "" if last.lower > 0 or last.upper < 0 else "; a change is not established"
        ends = " to ".join(f"{100 * end:+.1f}" for end in (last.lower, last.upper))
        return (
            f"{said}, {100 * last.change:+.1f} percentage points ({shifts.LEVEL:.0%} interval {ends})"
            f"{established}."
        )

    def _of_columns(self) -> str:
        """Say how many columns moved beyond chance, and which the most."""
        last = self._last(self.table)
        moved = last[last["shift"] > last["noise"]]
        if moved.empty:
            return f"None of {len(last)} columns moved by more than chance alone would."
        most = ", ".join(f"{r.column} ({r.shift:.2f})" for r in moved.head(SAID).itertuples())
        return (
            f"{len(moved)} of {len(last)} columns moved by more than chance alone would, most of all {most}; "
            "1 is a column that shares no value with before."
        )

    def _of_scores(self) -> tuple[str, ...]:
        """Say how the champion's scores moved, where it kept an inner hold-out to compare with."""
        own = self.scores[self.scores["method"] == self.champion[1]] if self.champion else self.scores[:0]
        if own.empty:
            return ()
        last: Any = own.loc[own["window"].idxmax()]
        more = "more" if last["shift"] > last["noise"] else "not more"
        return (
            f"The scores of {self.champion[0]} moved by {last['shift']:.3f} on average, from a mean of "
            f"{last['inner_mean']:.3f} on the inner hold-out to {last['test_mean']:.3f}: {more} than chance "
            "alone would.",
        )


def find(comparison: Comparison) -> Drift:
    """Return what moved between training and each test window of a comparison.

    Raises NotApplicable where the split is random or there are no train rows.
    """
    problem = comparison.problem
    if not problem.protocol.in_time:
        raise NotApplicable("the split is random: train and test rows differ by chance alone")
    columns = shifts.feature_shifts(problem)
    if columns.empty:
        raise NotApplicable("no window has train rows to differ from")
    chance = [run.method for run in comparison.runs if run.control == CHANCE]
    scores = shifts.score_shifts(comparison)
    champion = comparison.verdict.champion
    return Drift(
        table=columns,
        rates=shifts.base_rates(problem),
        scores=scores[~scores["method"].isin(chance)].reset_index(drop=True),
        champion=(comparison.run_of(champion).label, champion) if champion else None,
    )


def _share(rate: float) -> str:
    """Return a rate as text."""
    return "an unknown rate" if pd.isna(rate) else f"{rate:.1%}"
