"""Default windows: how a question is posed of a data set that params.yaml does not pose."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from crmlab import registry, store
from crmlab.data.fingerprints import fingerprint
from crmlab.errors import UsageError
from crmlab.history.silences import gap_quantile, silences
from crmlab.problems import visitors
from crmlab.problems.consenting import CONSENTS
from crmlab.problems.grouped import GROUPS

WEEK: Final = 7
USUAL: Final = 90
"""Days of a horizon where nobody ever came back, so that there is no gap to take it from."""

SHORTEST: Final = 28
"""Days that a horizon has at least, if they are no more than a fifth of the span."""

SHARE: Final = 0.75
"""Of the gaps between purchase days, so many are no longer than the horizon."""

ACQUISITION: Final = "acquisition"
"""The question that asks for people who are no customers yet."""


def auto_spec(dataset: str, task: str, *, asked_horizon: int | None = None) -> dict[str, Any]:
    """Return a spec of a task for a data set that params.yaml does not pose.

    Labelled table: 5-fold cross-validation, twice, dividing no customer where the rows name theirs; where
    they have an order in time and no customers, the last fifth tests. Events over D days: the horizon is that
    of `usual_horizon`, or the one asked for; the last cutoff tests and its label window ends with the data;
    the train cutoffs lie one horizon apart before it, each with at least one horizon of history (none for a
    task all of whose kinds learn from no outcome). A task on baskets looks for the first one within 30 days,
    or within D // 5. Raises UsageError below 35 days.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    if "labelled" in tables:
        return _labelled(dataset, tables["labelled"], connection)
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
    horizon = asked_horizon or min(30, days // 5)
    if asked_horizon is None and not on_baskets:
        midnight = dt.datetime.combine(end, dt.time())
        horizon = usual_horizon(gap_quantile(silences(tables, connection, end=midnight), SHARE), days)
    test = end - dt.timedelta(days=horizon)
    known = fingerprint(dataset)["tables"]
    # a table of consents is read as of each cutoff, and wins over `customers.consent`
    dated = {CONSENTS: known["consents"]["digest"]} if "consents" in known else {}
    if on_baskets:
        asked = dated | {"horizon_days": horizon, "test_cutoffs": [test.isoformat()]}
        return {"dataset": dataset, "protocol": "next_basket", "by": "product", **asked}
    spec = {
        "dataset": dataset,
        "protocol": "rolling",
        "horizon_days": horizon,
        "gap_days": 0,
        "features": registry.names("features"),
        **dated,
    }
    if task == ACQUISITION and visitors.are_cut(tables, connection):
        # nobody is a customer yet: what is known of customers is no column of a visitor
        digest = known["events"]["digest"]
        spec |= {"features": ["browsing"], visitors.PEOPLE: visitors.VISITORS, "events": digest}
    back = range(1, (test - first).days // horizon)
    taught = any(kind.TARGET for kind in kinds)
    cutoffs = sorted(test - dt.timedelta(days=horizon * k) for k in back) if taught else []
    return spec | {
        "train_cutoffs": [c.isoformat() for c in cutoffs],
        "test_cutoffs": [test.isoformat()],
    }


def _labelled(dataset: str, table: Any, connection: Any) -> dict[str, Any]:
    """Return a spec of a labelled table: by customers, in time, or at random."""
    dealt = {"dataset": dataset, "protocol": "cross_validation", "folds": 5, "repeats": 2}
    if "cluster" in table.columns:
        return dealt | {GROUPS: "cluster"}
    periods, missing = (
        connection.to_pyarrow(asked).as_py()
        for asked in (table.period.nunique(), table.period.isnull().sum())
    )
    if missing == 0 and periods >= 5:
        return {"dataset": dataset, "protocol": "chronological", "train_share": 0.8}
    return dealt


def usual_horizon(gap: float | None, days: int) -> int:
    """Return the horizon, in days, for data of so many days whose 75th percentile of gaps is `gap`.

    The gap in whole weeks, at least SHORTEST and at most a fifth of the days: who is silent for longer than
    three of four gaps that ended is worth a question, and five such windows leave something to learn from.
    """
    most = days // 5
    weeks = round((USUAL if gap is None else gap) / WEEK) * WEEK
    wanted = min(max(weeks, SHORTEST), most)
    return wanted // WEEK * WEEK if wanted >= SHORTEST else wanted
