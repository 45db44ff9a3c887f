"""Tracking: cumulative repeat purchases week by week, and what each lifetime model expected of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import numpy as np
import pandas as pd

from crmlab import store, windows
from crmlab.errors import NotApplicable
from crmlab.features._sales import day_number, purchase_days, purchase_lines
from crmlab.plots import _style
from crmlab.plots._answers import first_fits
from crmlab.run import load_model
from crmlab.vocabulary import OK

WEEK = 7
QUARTER = 13
"""Weeks."""


def draw(comparison: Any) -> _style.Picture:
    """Show the repeat purchases of the last window's customers, cumulative and per week, beside the models.

    Left: cumulative; right: per week. The models were fitted on what lies left of the dashed line (the
    cutoff) and know nothing of what lies right of it: where they leave the black line there, they are
    wrong. After Fader, Hardie and Lee 2005 (their figures 4 and 5). Raises NotApplicable where no lifetime
    model takes part, or the data are no transactions.
    """
    runs = [r for r in comparison.runs if r.status == OK and r.kind == "lifetime"]
    models = {r.method: load_model(r.key) for r in runs}
    if not models:
        raise NotApplicable("no lifetime model takes part")
    last = max(first_fits(comparison), key=lambda f: f["window"])
    cutoff = windows.midnight(last["cutoff"])
    horizon = comparison.problem.facts["horizon_days"]
    rows = comparison.problem.fold(last["fold"]).test_rows
    if "left_censored" in rows:
        rows = rows[~rows["left_censored"].astype(bool)]
    days = repeat_days(comparison.problem.facts["dataset"], cutoff=cutoff, horizon_days=horizon)
    days = days[days["customer"].isin(rows["customer"])]
    today = day_number(cutoff)
    births = today - 1 - rows["T_days"].to_numpy(dtype=int)
    ends = np.arange(births.min() + WEEK, today + horizon + 1, WEEK)
    actual = np.searchsorted(np.sort(days["day"].to_numpy()), ends)
    with _style.look():
        figure, (total, weekly) = _style.canvas(
            _style.named(comparison, "repeat purchases, tracked"),
            f"{len(rows):,} customers known on {last['cutoff']} (dashed); one purchase a day counts",
            columns=2,
            height=4.2,
        )
        weeks = (ends - births.min()) / WEEK
        _lines(total, weekly, weeks, actual, color="black", label="what happened", linewidth=2.2)
        for run in runs:
            expected = expected_repeats(models[run.method], births, ends)
            _lines(total, weekly, weeks, expected, **_style.line(comparison, run.method))
        for axes in (total, weekly):
            axes.axvline((today - births.min()) / WEEK, color=_style.QUIET, linestyle="--", linewidth=1)
            axes.set(xlabel="Week", xlim=(0, weeks[-1]), ylim=(0, None))
            axes.set_xticks(np.arange(0, weeks[-1], QUARTER if weeks[-1] < 80 else 2 * QUARTER))
        total.set(title="Cumulative", ylabel="Repeat purchases")
        weekly.set(title="Per week")
        _style.legend_below(figure, total)
    return figure


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


def _lines(total: Any, weekly: Any, weeks: np.ndarray, cumulative: np.ndarray, **look: Any) -> None:
    """Draw one course, cumulative and by week."""
    total.plot(weeks, cumulative, **look)
    weekly.plot(weeks[1:], np.diff(cumulative), **look)
