"""Repeat purchases: how many came week by week, and how many each lifetime model expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import ibis
import numpy as np
import pandas as pd

from crmlab import store
from crmlab.comparison.run import load_model
from crmlab.errors import NotApplicable
from crmlab.history import windows
from crmlab.history.purchase_lines import day_number, purchase_days, purchase_lines
from crmlab.vocabulary import OK

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

WEEK: Final = 7


@dataclass(frozen=True)
class RepeatPurchases:
    """The repeat purchases of the last window's customers, and what the models expected of them.

    table: one row per week: `week` (its end, in weeks after the first customer's first purchase), `actual`
    (cumulative repeat purchases; of a customer one a day counts), and per method a column with what its model
    expected, cumulative. labels: of the methods. at: the cutoff, in the same weeks: what lies before it the
    models were fitted on. customers: whose purchases these are.
    """

    cutoff: str
    at: float
    customers: int
    labels: dict[str, str]
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many came after the cutoff, and how far each model was off."""
        came, expected = self._after("actual"), {m: self._after(m) for m in self.labels}
        first = (
            f"{self.customers:,} customers known on {self.cutoff} made {came:,.0f} repeat "
            f"{'purchase' if came == 1 else 'purchases'} in the weeks after it; one a day counts."
        )
        if not came:
            return (first,)
        off = (f"{self.labels[m]} {value:,.0f} ({value / came - 1:+.1%})" for m, value in expected.items())
        return (first, f"Expected of them were, by {', '.join(off)}.")

    def head(self) -> pd.DataFrame:
        """Return the table for readers: repeat purchases up to the cutoff and after it."""
        names = {"actual": "What happened", **self.labels}
        shown = {
            "Up to the cutoff": [f"{self._until(c):,.0f}" for c in names],
            "After it": [f"{self._after(c):,.0f}" for c in names],
        }
        return pd.DataFrame(shown, index=pd.Index(names.values(), name="Method"))

    def _until(self, column: str) -> float:
        """Return the repeat purchases up to the last whole week before the cutoff."""
        return float(self.table.loc[self.table["week"] <= self.at, column].max() or 0.0)

    def _after(self, column: str) -> float:
        """Return the repeat purchases after the last whole week before the cutoff."""
        return float(self.table[column].iloc[-1]) - self._until(column)


def find(comparison: Comparison) -> RepeatPurchases:
    """Return the repeat purchases of a comparison's last window, up to the horizon's end, beside the models.

    After Fader, Hardie and Lee 2005 (their figures 4 and 5). Raises NotApplicable where no lifetime model
    takes part, or the data are no transactions.
    """
    runs = [r for r in comparison.runs if r.status == OK and r.kind == "lifetime"]
    if not runs:
        raise NotApplicable("no lifetime model takes part")
    problem, last = comparison.problem, comparison.problem.last_fold()
    cutoff, horizon = windows.midnight(last.cutoff), problem.facts["horizon_days"]
    rows = _known(last.test_rows)
    days = repeat_days(problem.facts["dataset"], cutoff=cutoff, horizon_days=horizon)
    days = days[days["customer"].isin(rows["customer"])]
    today = day_number(cutoff)
    births = today - 1 - rows["T_days"].to_numpy(dtype=int)
    ends = np.arange(births.min() + WEEK, today + horizon + 1, WEEK)
    courses = {
        "week": (ends - births.min()) / WEEK,
        "actual": np.searchsorted(np.sort(days["day"].to_numpy()), ends),
        **dict(_expected(runs, births, ends)),
    }
    labels = {r.method: r.label for r in runs}
    return RepeatPurchases(
        last.cutoff, (today - births.min()) / WEEK, len(rows), labels, pd.DataFrame(courses)
    )


def _known(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the customers whose first purchase is known."""
    return rows[~rows["left_censored"].astype(bool)] if "left_censored" in rows else rows


def _expected(runs: list[Any], births: np.ndarray, ends: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each method with what its model expects before each day of `ends` (w,)."""
    for run in runs:
        yield run.method, expected_repeats(load_model(run.key), births, ends)


def repeat_days(dataset: str, *, cutoff: dt.datetime, horizon_days: int) -> pd.DataFrame:
    """Return `customer, day` (since 1970-01-01) of each repeat purchase day before the horizon's end.

    Raises NotApplicable for a data set without transactions.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    if "transactions" not in tables:
        raise NotApplicable(f"'{dataset}' has no transactions to track")
    known = windows.before(tables, windows.Window(cutoff, horizon_days).end)
    days = purchase_days(purchase_lines(known))
    first = days.day.min().over(ibis.window(group_by="customer"))
    repeats = days.mutate(first=first).filter(lambda t: t.day > t.first)
    return connection.to_pyarrow(repeats.select("customer", "day")).to_pandas()


def expected_repeats(model: Any, births: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the repeat purchases that a model expects before each day of `ends` (w,), over all customers.

    births: (n,) first purchase days. Whoever is t days old by then is expected to have made E[X(t)]
    repeat purchases: the sum over customers of their equation 9.
    """
    # a purchase on the first day of life is no repeat: a customer's time begins with it
    born, count = np.unique(births, return_counts=True)
    ages = (ends[:, None] - 1 - born[None, :]).clip(min=0)
    new = pd.DataFrame({"frequency": [0.0], "recency_days": [0.0], "T_days": [0.0]})
    # the curve bends so little within a week that a straight line between its weeks is as good
    weeks = np.arange(0.0, ages.max() + WEEK, WEEK)
    expected = [0.0, *(float(model.expected_purchases(new, week)[0]) for week in weeks[1:])]
    return np.interp(ages, weeks, expected) @ count
