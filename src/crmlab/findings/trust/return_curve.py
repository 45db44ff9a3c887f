"""Return curve: of those who were silent for so long, how many came back, and whether silence is leaving."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from crmlab import store
from crmlab.findings.trust._known import known_tables
from crmlab.history.silences import gap_quantile, return_curve, silences
from crmlab.problems.coming_back import RETURNING

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

DAYS: Final = (30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 365)
SHARE: Final = 0.75


@dataclass(frozen=True)
class ReturnCurve:
    """How many silences ended with a purchase, by how long they had lasted.

    table: one row per length: `days`, `silent` (silences that lasted so long), `returned` (of these, those
    that ended with a purchase within the data's reach), `share`. own: the same at the horizon. gap: days that
    three of four gaps between purchase days do not exceed, None without a gap. last: the last day of the
    data.
    """

    table: pd.DataFrame
    own: pd.Series
    gap: float | None
    horizon_days: int
    last: str

    @property
    def is_leaving(self) -> bool:
        """Whether silence of the horizon's length may be called leaving."""
        return not self.own["silent"] or bool(self.own["share"] <= RETURNING)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many of the silent come back, what to call them, and how long gaps are."""
        horizon = f"{self.horizon_days} days"
        if not self.own["silent"]:
            return (f"Nobody was silent for {horizon} up to {self.last}.", *self._of_gaps())
        word = "may be called churned" if self.is_leaving else "is silent, not churned"
        return (
            f"Of {self.own['silent']:,.0f} silences of {horizon} {self.own['share']:.1%} ended with a "
            f"purchase by {self.last}: who does not buy for {horizon} {word}.",
            *self._of_gaps(),
        )

    def _of_gaps(self) -> tuple[str, ...]:
        """Say how long gaps between purchases are."""
        if self.gap is None:
            return ("No customer has come back yet, so there is no gap between purchases to measure.",)
        return (
            f"Three of four gaps between purchase days last at most {self.gap:.0f} days; the horizon has "
            f"{self.horizon_days}.",
        )

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        known = self.table[self.table["silent"] > 0]
        shown = {
            "Silences": known["silent"].map("{:,}".format),
            "Came back": known["returned"].map("{:,}".format),
            "Share": known["share"].map("{:.1%}".format),
        }
        return pd.DataFrame(shown).set_axis(known["days"].rename("Silent for days"))


def find(comparison: Comparison) -> ReturnCurve:
    """Return how many of the silent came back, over all purchases of a comparison's data set.

    Of a comparison as of a day, over those known by then.

    Raises NotApplicable where the comparison is not of purchases in time.
    """
    problem, connection = comparison.problem, store.engine()
    tables = known_tables(
        comparison, connection, of_time="who is silent for how long is asked of purchases in time"
    )
    last = connection.to_pyarrow(tables["transactions"].timestamp.max()).as_py().date()
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time())
    found, horizon = silences(tables, connection, end=end), problem.facts["horizon_days"]
    return ReturnCurve(
        table=return_curve(found, DAYS),
        own=return_curve(found, (horizon,)).iloc[0],
        gap=gap_quantile(found, SHARE),
        horizon_days=horizon,
        last=last.isoformat(),
    )
