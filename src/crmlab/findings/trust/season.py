"""Season: does a label window hold a peak of the year that training lacks, and who was won in a peak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab import store
from crmlab.findings.trust._known import known_tables
from crmlab.history.peaks import peaks_within, same_season, weekly_buyers
from crmlab.history.purchase_lines import purchase_days, purchase_lines

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

SHOWN: Final = 10


@dataclass(frozen=True)
class Season:
    """The peaks of a data set's year, and what they mean for a comparison.

    table: one row per week: `week` (its Monday), `buyers`, `usual` (of the weeks around), `is_peak`. lacking:
    per test window, by its cutoff, the days of peaks in its label window that no label window of its training
    has. cohorts: one row for customers won in a peak and one for the others: `customers` and `again`, those
    who bought again within the horizon, of those whom the data reach so long.
    """

    table: pd.DataFrame
    lacking: dict[str, tuple[pd.Timestamp, ...]]
    cohorts: pd.DataFrame
    horizon_days: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say which windows hold a peak that training lacks, and how customers won in peaks come back."""
        weeks = self.table.loc[self.table["is_peak"], "week"]
        if weeks.empty:
            return ("No week stands out of the weeks around it: the data show no peak of the year.",)
        named = ", ".join(w.date().isoformat() for w in weeks.iloc[-SHOWN:])
        first = f"{len(weeks):,} weeks stand out (from the Mondays {named})."
        if len(weeks) == 1:
            first = f"One week stands out (from Monday {named})."
        return (*self._warnings(), first, *self._of_cohorts())

    def _warnings(self) -> list[str]:
        """Say of each window with such a peak that the answers may be off there."""
        return [
            f"The label window from {cutoff} holds a peak of the year (about {days[0].date()}) that no label "
            "window of training has: expect fewer to be silent than the probabilities say."
            for cutoff, days in self.lacking.items()
            if days
        ]

    def _of_cohorts(self) -> tuple[str, ...]:
        """Say how many of those who were won in a peak bought again."""
        peak, other = (self.cohorts.loc[name] for name in ("won in a peak", "won otherwise"))
        if not peak["customers"] or not other["customers"]:
            return ()
        shares = [c["again"] / c["customers"] for c in (peak, other)]
        return (
            f"Of {peak['customers']:,} customers won in a peak {shares[0]:.1%} bought again within "
            f"{self.horizon_days} days, of {other['customers']:,} won otherwise {shares[1]:.1%}.",
        )

    def head(self) -> pd.DataFrame:
        """Return the peaks for readers."""
        rows = self.table[self.table["is_peak"]].tail(SHOWN)
        shown = {
            "Buyers": rows["buyers"].map("{:,}".format),
            "Usual": rows["usual"].map("{:,.0f}".format),
            "Times": (rows["buyers"] / rows["usual"]).map("{:.1f}".format),
        }
        return pd.DataFrame(shown).set_axis(rows["week"].dt.strftime("%Y-%m-%d").rename("Week from"))


def find(comparison: Comparison) -> Season:
    """Return the peaks of the year in a comparison's data set; as of a day, in what is known by then.

    Raises NotApplicable where the comparison is not of purchases in time.
    """
    problem, connection = comparison.problem, store.engine()
    tables = known_tables(comparison, connection, of_time="peaks of the year are those of purchases in time")
    weeks, horizon = weekly_buyers(tables, connection), problem.facts["horizon_days"]
    peaks = weeks.loc[weeks["is_peak"].astype(bool), "week"]
    days = purchase_days(purchase_lines(tables)).select("customer", "day")
    bought = connection.to_pyarrow(days).to_pandas()
    return Season(weeks, _lacking(comparison, peaks), _cohorts(bought, peaks, horizon), horizon)


def _lacking(comparison: Comparison, peaks: pd.Series) -> dict[str, tuple[pd.Timestamp, ...]]:
    """Return per test window the peaks of its label window that no label window of its training has."""
    problem = comparison.problem
    gap, horizon = (pd.Timedelta(days=problem.facts.get(d) or 0) for d in ("gap_days", "horizon_days"))
    found = {}
    for fact in problem.facts["folds"]:
        fold, cutoff = problem.fold(fact["fold"]), pd.Timestamp(fact["cutoff"])
        origins = pd.to_datetime(pd.unique(fold.train_rows["origin"]))
        if not len(origins):
            continue
        taught = [d for o in origins for d in peaks_within(peaks, o + gap, o + gap + horizon)]
        asked = peaks_within(peaks, cutoff + gap, cutoff + gap + horizon)
        found[fact["cutoff"]] = tuple(d for d in asked if not same_season(d, taught))
    return found


def _cohorts(bought: pd.DataFrame, peaks: pd.Series, horizon: int) -> pd.DataFrame:
    """Return `customers, again` of those won in a peak and of the others. bought: `customer, day`."""
    ordered = bought.sort_values(["customer", "day"])
    first = ordered.groupby("customer")["day"].first()
    second = ordered[ordered.groupby("customer").cumcount() == 1].set_index("customer")["day"]
    reached = first + horizon <= ordered["day"].max()
    again = (second.reindex(first.index) - first <= horizon)[reached]
    # a week has its Monday's number
    mondays = ((peaks - pd.Timestamp("1970-01-01")).dt.days + 3) // 7
    in_peak = ((first + 3) // 7).isin(set(mondays))[reached]
    names = np.where(in_peak, "won in a peak", "won otherwise")
    table = again.groupby(names).agg(["size", "sum"]).set_axis(["customers", "again"], axis=1)
    return table.reindex(["won in a peak", "won otherwise"], fill_value=0).astype(int)
