"""Service episodes: what customers went through, and the spells of their memberships, known at a cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.history import windows

SLOW, QUICK = "slow answer", "quick answer that satisfied"
OTHER, RETURNED = "quick answer that did not satisfy", "return"
SLOW_HOURS: Final = 24.0
MEMORY_DAYS: Final = 84.0
SATISFIED: Final = 4
"""Of 5 points."""

KEYS: Final = {"tickets": "ticket_id", "memberships": "membership_id", "transactions": "line_id"}
"""The tables that are read, each by the column that orders it."""

DAY: Final = pd.Timedelta(days=1)


def known_service(dataset: str, cutoff: Any) -> dict[str, pd.DataFrame]:
    """Return tickets, transactions and memberships as known at a cutoff.

    Raises NotApplicable where one of them is missing.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    for name in KEYS:
        if name not in tables:
            raise NotApplicable(f"{dataset} has no {name}: which service came before who left is not known")
    known = windows.before({name: tables[name] for name in KEYS}, cutoff)
    return {n: connection.to_pyarrow(t.order_by(KEYS[n])).to_pandas() for n, t in known.items()}


def episodes(tables: Mapping[str, pd.DataFrame], *, slow_hours: float, memory_days: float) -> pd.DataFrame:
    """Return what service customers went through: `customer, at, until, kind`.

    An episode begins when the customer could know: a slow answer when the time was up, a quick one when
    the ticket was solved, a return when it was sent back. tables: frames of tickets and transactions.
    """
    tickets, lines = tables["tickets"].dropna(subset="customer"), tables["transactions"]
    waited = (tickets["first_response_at"] - tickets["timestamp"]) / pd.Timedelta(hours=1)
    # who still waits for the first answer has waited too long, or not yet
    slow = tickets.assign(at=tickets["timestamp"] + pd.Timedelta(hours=slow_hours))[~(waited <= slow_hours)]
    quick = tickets.assign(at=tickets["resolved_at"])[waited <= slow_hours].dropna(subset="at")
    pleased = (quick["satisfaction"] >= SATISFIED).fillna(False).to_numpy(dtype=bool)
    back = lines[lines["is_cancellation"] & lines["customer"].notna()].assign(at=lambda t: t["timestamp"])
    parts = {SLOW: slow, QUICK: quick[pleased], OTHER: quick[~pleased], RETURNED: back}
    found = [part[["customer", "at"]].drop_duplicates().assign(kind=kind) for kind, part in parts.items()]
    every = pd.concat(found, ignore_index=True)
    return every.assign(until=every["at"] + memory_days * DAY)


def spells_of(memberships: pd.DataFrame, cutoff: Any) -> pd.DataFrame:
    """Return memberships as `customer, begin, end, event`; one that runs on is censored at the cutoff."""
    return pd.DataFrame(
        {
            "customer": memberships["customer"],
            "begin": memberships["started"],
            "end": memberships["ended"].fillna(pd.Timestamp(cutoff)),
            "event": memberships["ended"].notna(),
        }
    )


def spans(spells: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """Return the spells cut where an episode begins or ends: `start, stop` (days), `event`, and the kinds.

    spells: `customer, begin, end, event`. happened: as from `episodes`. Each kind is a column of 0 and 1:
    whether such an episode runs in the span.
    """
    spells = spells[spells["end"] > spells["begin"]].reset_index(drop=True)
    pairs = spells.rename_axis("spell").reset_index().merge(happened, on="customer")
    marks = pd.concat([pairs[["spell", "begin", "end"]].assign(at=pairs[c]) for c in ("at", "until")])
    inside = marks[(marks["at"] > marks["begin"]) & (marks["at"] < marks["end"])]
    begins = pd.DataFrame({"spell": spells.index, "at": spells["begin"]})
    cut = pd.concat([begins, inside[["spell", "at"]]]).drop_duplicates().sort_values(["spell", "at"])
    cut = cut.reset_index(drop=True)
    ends = cut["spell"].map(spells["end"])
    stop = cut.groupby("spell")["at"].shift(-1).fillna(ends)
    zero = cut["spell"].map(spells["begin"])
    found = pd.DataFrame(
        {
            "start": (cut["at"] - zero) / DAY,
            "stop": (stop - zero) / DAY,
            "event": (stop == ends) & cut["spell"].map(spells["event"]),
        }
    )
    running = cut.reset_index(names="row").merge(
        pairs[["spell", "kind", "at", "until"]], on="spell", suffixes=("", "_of")
    )
    running = running[(running["at_of"] <= running["at"]) & (running["at"] < running["until"])]
    for kind in happened["kind"].unique():
        found[kind] = found.index.isin(running.loc[running["kind"] == kind, "row"]).astype(float)
    return found
