"""What further tables leave out and the orders say: whose an order was, when a product was first sold."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crmlab.canonical.assortment import LEVELS
from crmlab.canonical.events import KINDS
from crmlab.data.own_tables import identity
from crmlab.data.own_tables.words import EVENTS, SIGN_INS, STATES, meant, plain

SIGN_IN = "sign in"


@dataclass(frozen=True)
class Orders:
    """What the order lines say: `lines` (order_id, customer, timestamp, product), in order of time."""

    lines: pd.DataFrame

    def by_order(self) -> pd.DataFrame:
        """Return `customer, timestamp` by order_id, of its first line."""
        return self.lines.groupby("order_id")[["customer", "timestamp"]].first()

    def first_sale(self) -> pd.Series:
        """Return when each product was first sold, by product."""
        return self.lines.groupby("product")["timestamp"].min()

    def first_day(self) -> pd.Timestamp:
        """Return the midnight at which the data begin."""
        return self.lines["timestamp"].min().floor("D")


def completed(table: str, frame: pd.DataFrame, orders: Orders) -> tuple[pd.DataFrame, list[str]]:
    """Return a table with what its file leaves out, and sentences about what was put aside or filled in."""
    rule = RULES.get(table)
    return rule(frame, orders) if rule else (frame, [])


def _fulfilment(frame: pd.DataFrame, orders: Orders) -> tuple[pd.DataFrame, list[str]]:
    """Return the deliveries of orders that are there, with the time at which each was placed."""
    known = orders.by_order()
    is_here = frame["order_id"].isin(known.index)
    frame, away = frame[is_here], int((~is_here).sum())
    placed = frame["order_id"].map(known["timestamp"])
    given = frame.get("timestamp", placed)
    said = [f"put aside: {away:,} deliveries of orders that are not among the orders"] if away else []
    begun = frame.get("shipped", placed)
    early = int((frame["delivered"] < begun).sum()) if "delivered" in frame else 0
    said += [f"{early:,} deliveries arrived before they were sent off: kept as they are"] if early else []
    promised, are_days = frame["promised"], _are_days(frame["promised"])
    if are_days:
        said.append("promised is a day without an hour: it holds until the end of that day")
        promised = promised + pd.Timedelta(days=1)
    return frame.assign(timestamp=given.fillna(placed), promised=promised), said


def _are_days(times: pd.Series) -> bool:
    """Tell whether all times of a column are midnights."""
    known = times.dropna()
    return bool(len(known) and (known == known.dt.floor("D")).all())


def _reviews(frame: pd.DataFrame, orders: Orders) -> tuple[pd.DataFrame, list[str]]:
    """Return the reviews with the customer of the order where the file names none."""
    own = frame["customer"] if "customer" in frame else pd.Series(None, index=frame.index, dtype="str")
    if "order_id" in frame:
        own = own.where(own.notna(), frame["order_id"].map(orders.by_order()["customer"]))
    unknown = int(own.isna().sum())
    said = [f"{unknown:,} reviews of nobody who is known: they count for products only"] if unknown else []
    return frame.assign(customer=own), said


def _assortment(frame: pd.DataFrame, orders: Orders) -> tuple[pd.DataFrame, list[str]]:
    """Return the assortment with the first day of each product: as given, else of its first sale."""
    first, said = orders.first_sale(), []
    sold = frame["product"].map(first)
    since = frame["available_from"] if "available_from" in frame else pd.Series(pd.NaT, index=frame.index)
    without = int(since.isna().sum())
    if without:
        said.append(f"{without:,} products without a first day: that of their first sale, else of the data")
    since = since.astype("datetime64[us]").fillna(sold).fillna(orders.first_day())
    if "stock" in frame and "stock_at" not in frame:
        frame = frame.assign(stock_at=orders.lines["timestamp"].max())
        said.append("stock has no date: taken as of the last order")
    until = frame["available_until"] if "available_until" in frame else pd.Series(pd.NaT, index=frame.index)
    path = frame["category"].str.replace(r"\s*>\s*", LEVELS, regex=True)
    return frame.assign(
        category=path, available_from=since, available_until=until.astype("datetime64[us]")
    ), said


def _events(frame: pd.DataFrame, orders: Orders) -> tuple[pd.DataFrame, list[str]]:
    """Return the events in our words, joined to customers from their sign-in on."""
    for column in ("visitor", "customer"):
        if column not in frame:
            frame = frame.assign(**{column: pd.Series(None, index=frame.index, dtype="str")})
    words = meant(EVENTS) | meant({SIGN_IN: SIGN_INS})
    kind = frame["kind"].map(lambda v: words.get(plain(v)))
    other = frame["kind"][kind.isna()].value_counts()
    said = [f"put aside: {n:,} events of another kind, '{word}'" for word, n in other.items()]
    joined = identity.signed_in(frame.assign(kind=kind)[kind.notna()])
    joined = joined[joined["kind"].isin(KINDS)]
    before = int((joined["signed_in_at"] > joined["timestamp"]).sum())
    never = int(joined["customer"].isna().sum())
    said.append(f"{before:,} events before a first sign-in, known from it on; {never:,} of nobody known")
    return joined, said


def _consents(frame: pd.DataFrame, orders: Orders) -> tuple[pd.DataFrame, list[str]]:
    """Return the consents in our words."""
    words = meant(STATES)
    return frame.assign(state=frame["state"].map(lambda v: words.get(plain(v)))), []


def visits(events: pd.DataFrame, orders: Orders) -> pd.DataFrame:
    """Return the sessions that events come to; one with a purchase has the order of that customer and day."""
    found = identity.sessions(events)
    lines = orders.lines.dropna(subset="customer")
    first = lines.groupby(["customer", lines["timestamp"].dt.floor("D")])["order_id"].first()
    asked = pd.MultiIndex.from_arrays([found["customer"], found["timestamp"].dt.floor("D")])
    order = pd.Series(first.reindex(asked).to_numpy(dtype=object), index=found.index)
    # a purchase that no order shows (an id that differs, a cancelled one) is no abandoned cart either
    order = order.where(order.notna(), "of " + found["session_id"]).where(found["bought"])
    return found.drop(columns="bought").assign(order_id=order.astype("str"))


RULES = {
    "fulfilment": _fulfilment,
    "reviews": _reviews,
    "assortment": _assortment,
    "events": _events,
    "consents": _consents,
}
