"""Visitors as people: whom a shop wins, where visits were cut from events and most visitors have no name yet.

A visitor keeps one name before and after the first sign-in, so that what was seen of somebody and what this
somebody bought come together, and nothing that is known of a customer reaches a visitor who is none yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ibis
import pyarrow as pa

from crmlab.data.own_tables.identity import NOBODY

PEOPLE: Final = "people"
VISITORS: Final = "visitors"
"""`people: visitors` in a spec says that visitors are who is asked about."""

RENAMED: Final = ("sessions", "transactions")


def are_cut(tables: Mapping[str, Any], connection: Any) -> bool:
    """Tell whether the sessions were cut from events, so that some are of visitors without a name."""
    if not {"events", "sessions"} <= tables.keys():
        return False
    unnamed = tables["sessions"].customer.startswith(NOBODY)
    return bool(connection.to_pyarrow(unnamed.any()).as_py())


def asked(tables: Mapping[str, Any], spec: Mapping[str, Any], connection: Any) -> Mapping[str, Any]:
    """Return the tables with visitors as people, where a spec asks for them; else as they are."""
    return by_visitor(tables, connection) if spec.get(PEOPLE) == VISITORS else tables


def by_visitor(tables: Mapping[str, Any], connection: Any) -> dict[str, Any]:
    """Return sessions and order lines under the name of the visitor by whom each customer became known.

    That is the visitor of the first event that names the customer. Who had an order on a day before that
    event was a customer already and keeps the name: no visitor was won. All orders under a visitor's name
    are of the day of the sign-in or later, so at a midnight nobody is known by a sign-in that comes after it.
    The table of customers is left out: it knows only of those who signed in.
    """
    names = ibis.memtable(_names(tables, connection))
    renamed = {name: _renamed(tables[name], names) for name in RENAMED}
    return {n: t for n, t in tables.items() if n not in (*RENAMED, "customers")} | renamed


def _names(tables: Mapping[str, Any], connection: Any) -> pa.Table:
    """Return `known_as, person`: each customer that has another name, and that name."""
    named = tables["events"].filter(
        lambda t: t.customer.notnull() & t.visitor.notnull() & (t.signed_in_at == t.timestamp)
    )
    signs = connection.to_pyarrow(
        named.select("customer", "visitor", "timestamp", "event_id").order_by("timestamp", "event_id")
    ).to_pandas()
    first = signs.groupby("customer")[["visitor", "timestamp"]].first()
    lines = tables["transactions"].filter(lambda t: t.customer.notnull())
    bought = lines.group_by("customer").agg(first=lines.timestamp.min())
    known = connection.to_pyarrow(bought).to_pandas().set_index("customer")["first"].reindex(first.index)
    was_one = known.dt.floor("D") < first["timestamp"].dt.floor("D")
    new = first[~was_one]
    # of two customers who signed in on one visitor, the visitor is the first of them
    new = new.sort_values("timestamp", kind="stable").drop_duplicates("visitor")
    texts = {"known_as": new.index.tolist(), "person": (NOBODY + new["visitor"]).tolist()}
    return pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})


def _renamed(table: Any, names: Any) -> Any:
    """Return a table whose customers have the names of their visitors."""
    joined = table.left_join(names, table.customer == names.known_as)
    return joined.mutate(customer=ibis.coalesce(joined.person, joined.customer)).drop("known_as", "person")
