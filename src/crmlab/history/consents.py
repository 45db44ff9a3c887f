"""Who may be contacted at a cutoff: the latest consent by channel and purpose, else the customer's flag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.canonical.consents import ALLOWING
from crmlab.history.windows import before

if TYPE_CHECKING:
    import ibis


def latest(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return `customer, channel, purpose, state, since`: the row that holds at the cutoff.

    tables: whole canonical tables with `consents`. Of rows since the same instant the last id holds.
    """
    import ibis

    known = before({"consents": tables["consents"]}, cutoff)["consents"]
    place = ibis.row_number().over(
        group_by=("customer", "channel", "purpose"), order_by=[ibis.desc("since"), ibis.desc("consent_id")]
    )
    ranked = known.mutate(place=place)
    held = ranked.filter(ranked.place == 0)
    return held.select("customer", "channel", "purpose", "state", "since")


def allowed(
    tables: Mapping[str, ibis.Table],
    *,
    cutoff: dt.datetime,
    channel: str | None = None,
    purpose: str | None = None,
) -> ibis.Table:
    """Return `customer, consent` (boolean, null = nobody knows) at the cutoff.

    channel, purpose: of the contact; None = any, and then one objection is enough for a no. A row in
    `consents` wins over `customers.consent`; who has neither is left out.
    """
    import ibis

    found = None
    if "consents" in tables:
        held = latest(tables, cutoff=cutoff)
        for column, wanted in (("channel", channel), ("purpose", purpose)):
            held = held.filter(held[column] == wanted) if wanted is not None else held
        found = held.group_by("customer").agg(consent=held.state.isin(ALLOWING).all())
    customers = tables.get("customers")
    if customers is None or "consent" not in customers.columns:
        return found if found is not None else ibis.memtable({"customer": [], "consent": []}, schema=SCHEMA)
    own = customers.select("customer", "consent")
    if found is None:
        return own
    both = own.rename(of_customer="consent").outer_join(found, "customer")
    return both.select(
        customer=ibis.coalesce(both.customer, both.customer_right),
        consent=ibis.coalesce(both.consent, both.of_customer),
    )


SCHEMA = {"customer": "string", "consent": "boolean"}
