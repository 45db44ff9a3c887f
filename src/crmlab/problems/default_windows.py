"""Default windows: how a question is posed of a data set that params.yaml does not pose."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from crmlab import registry, store
from crmlab.errors import UsageError
from crmlab.history.silences import gap_quantile, silences

WEEK: Final = 7
USUAL: Final = 90
"""Days of a horizon where nobody ever came back, so that there is no gap to take it from."""

SHORTEST: Final = 28
"""Days that a horizon has at least, if they are no more than a fifth of the span."""

SHARE: Final = 0.75
"""Of the gaps between purchase days, so many are no longer than the horizon."""


def auto_spec(dataset: str, task: str) -> dict[str, Any]:
    """Return a spec of a task for a data set that params.yaml does not pose.

    Labelled table: 5-fold cross-validation, twice. Events over D days: the horizon is that of
    `usual_horizon`; the last cutoff tests and its label window ends with the data; the train cutoffs lie one
    horizon apart before it, each with at least one horizon of history (none for a task all of whose kinds
    learn from no outcome). A task on baskets looks for the first one within 30 days, or within D // 5. Raises
    UsageError below 35 days.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    if "labelled" in tables:
        return {"dataset": dataset, "protocol": "cross_validation", "folds": 5, "repeats": 2}
    if "transactions" not in tables:
        raise UsageError(f"'{dataset}' has neither transactions nor a labelled table: nothing to ask of it")
    times = tables["transactions"].timestamp
    first, last = (connection.to_pyarrow(t).as_py().date() for t in (times.min(), times.max()))
    end = last + dt.timedelta(days=1)
    days = (end - first).days
    if days < 35:
        raise UsageError(f"'{dataset}' covers {days} days: at least 35 are needed for history and a horizon")
    kinds = [registry.module("kinds", k) for k in registry.find("tasks", task).kinds]
    on_baskets = all(getattr(kind, "HISTORY", False) for kind in kinds)
    horizon = min(30, days // 5)
    if not on_baskets:
        midnight = dt.datetime.combine(end, dt.time())
        horizon = usual_horizon(gap_quantile(silences(tables, connection, end=midnight), SHARE), days)
    test = end - dt.timedelta(days=horizon)
    if on_baskets:
        asked = {"horizon_days": horizon, "test_cutoffs": [test.isoformat()]}
        return {"dataset": dataset, "protocol": "next_basket", "by": "product", **asked}
    back = range(1, (test - first).days // horizon)
    taught = any(kind.TARGET for kind in kinds)
    cutoffs = sorted(test - dt.timedelta(days=horizon * k) for k in back) if taught else []
    return {
        "dataset": dataset,
        "protocol": "rolling",
        "horizon_days": horizon,
        "gap_days": 0,
        "features": registry.names("features"),
        "train_cutoffs": [c.isoformat() for c in cutoffs],
        "test_cutoffs": [test.isoformat()],
    }


def usual_horizon(gap: float | None, days: int) -> int:
    """Return the horizon, in days, for data of so many days whose 75th percentile of gaps is `gap`.

    The gap in whole weeks, at least SHORTEST and at most a fifth of the days: who is silent for longer than
    three of four gaps that ended is worth a question, and five such windows leave something to learn from.
    """
    most = days // 5
    weeks = round((USUAL if gap is None else gap) / WEEK) * WEEK
    wanted = min(max(weeks, SHORTEST), most)
    return wanted // WEEK * WEEK if wanted >= SHORTEST else wanted
