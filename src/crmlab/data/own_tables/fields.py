"""The columns of each further table, the names under which they are recognised, and what stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

NUMBERED: Final = object()
"""A key that a file does not have is the number of its row."""

NEEDED: Final = object()
"""There is nothing that could stand in for the column."""


@dataclass(frozen=True)
class Field:
    """One column of a table: other names for it, and what stands in where a file has none.

    stands_in: a value for every row, NUMBERED, NEEDED, or None where the column may be left out or null.
    """

    names: tuple[str, ...] = ()
    stands_in: Any = None


def named(*names: str, or_: Any = None) -> Field:
    """Return a field with its other names."""
    return Field(names, or_)


CUSTOMER: Final = (
    *("customer id", "customer number", "customer no", "client", "client id", "user", "user id"),
    *("buyer", "buyer id", "member", "member id", "contact", "subscriber"),
)
TIME: Final = ("date", "datetime", "time", "created at", "created", "at", "event time")
PRODUCT: Final = ("product id", "product code", "sku", "stock code", "item", "item id", "article")
ORDER: Final = ("order", "order number", "order no", "invoice", "invoice no")
SOURCE: Final = ("utm source", "traffic source", "referrer")

who = named(*CUSTOMER, or_=NEEDED)
order = named(*ORDER)
product = named(*PRODUCT)

TABLES: Final[Mapping[str, Mapping[str, Field]]] = {
    "customers": {
        "customer": named(*CUSTOMER, "id", or_=NEEDED),
        "source": named(*SOURCE, "acquisition source"),
        "region": named("state", "province", "country"),
        "channel": named("sales channel"),
        "birthday": named("date of birth", "birth date", "birthdate", "dob"),
        "consent": named("accepts marketing", "newsletter", "opt in", "marketing consent"),
        "community": named(
            "community member",
        ),
        "referred_by": named("referrer id", "referral", "referred by customer"),
    },
    "products": {
        "product": named(*PRODUCT, "id", or_=NEEDED),
        "category": named("product type", "type", "product category", or_=""),
        "description": named("name", "title", "product name"),
        "unit_cost": named("cost", "cost price", "purchase price", "cost per item"),
        "unit_price": named("price", "list price", "sales price"),
    },
    "assortment": {
        "product": named(*PRODUCT, "id", or_=NEEDED),
        "category": named("category path", "product type", "type", or_=""),
        "description": named("name", "title", "product name"),
        "available_from": named("from", "published at", "listed at", "launch date"),
        "available_until": named("until", "to", "delisted at", "discontinued at"),
        "stock": named("inventory", "stock quantity", "quantity", "inventory quantity"),
        "stock_at": named("stock date", "counted at", "stock as of"),
        "sensitive": named("is sensitive"),
        "age_limited": named("age restricted", "adults only", "age limit"),
    },
    "sessions": {
        "session_id": named("session", "visit", "visit id", "id", or_=NUMBERED),
        "customer": who,
        "timestamp": named(*TIME, "session end", "ended at", "started at", or_=NEEDED),
        "pages": named("page views", "pageviews", "pages viewed", or_=1),
        "duration_seconds": named("duration", "seconds", "session duration", or_=0.0),
        "carted": named("cart", "added to cart", "has cart", or_=False),
        "order_id": order,
        "source": named(*SOURCE),
        "device": named("device type", "device category"),
        "channel": named("sales channel"),
    },
    "events": {
        "event_id": named("id", or_=NUMBERED),
        "visitor": named("visitor id", "cookie", "client id", "anonymous id", "device id"),
        "customer": named(*(n for n in CUSTOMER if not n.startswith("client"))),
        "timestamp": named(*TIME, or_=NEEDED),
        "kind": named("event", "event name", "event type", "type", "action", or_=NEEDED),
        "product": product,
        "query": named("search term", "search query", "term", "keyword"),
        "campaign": named("utm campaign", "campaign name"),
    },
    "contacts": {
        "contact_id": named("id", "message id", "send id", or_=NUMBERED),
        "customer": named(*(n for n in CUSTOMER if n != "contact"), or_=NEEDED),
        "timestamp": named(*TIME, "sent at", "sent", or_=NEEDED),
        "campaign": named("campaign name", "mailing", "campaign id", or_=NEEDED),
        "channel": named("medium", or_="email"),
        "treatment": named("treated", "group", or_=1),
        "unit_cost": named("cost", "contact cost", or_=0.0),
        "replied_at": named("clicked at", "reply", "responded at", "response date"),
    },
    "tickets": {
        "ticket_id": named("id", "ticket", "case", "case id", "case number", or_=NUMBERED),
        "customer": named(*CUSTOMER, "requester", "requester id", or_=NEEDED),
        "timestamp": named(*TIME, "opened at", "opened", or_=NEEDED),
        "topic": named("subject", "category", "reason", "type", or_="any"),
        "first_response_at": named("first response", "first reply at", "answered at"),
        "resolved_at": named("resolved", "solved at", "closed at"),
        "satisfaction": named("csat", "satisfaction score", "rating"),
    },
    "memberships": {
        "membership_id": named("id", "subscription", "subscription id", "contract", or_=NUMBERED),
        "customer": named(*(n for n in CUSTOMER if n != "member"), or_=NEEDED),
        "started": named("start", "start date", "started at", "created at", "begin", or_=NEEDED),
        "ended": named("end", "end date", "ended at", "cancelled at", "canceled at"),
        "monthly_fee": named("fee", "price", "monthly price", "plan price", or_=0.0),
    },
    "fulfilment": {
        "order_id": named(*ORDER, "id", or_=NEEDED),
        "timestamp": named("ordered at", "order date", "purchase date"),
        "promised": named("promised at", "estimated delivery", "estimated delivery date", "due", "due date"),
        "shipped": named("shipped at", "ship date", "shipping date", "dispatched at", "fulfilled at"),
        "delivered": named("delivered at", "delivery date", "received at"),
        "returned": named("returned at", "return date", "sent back at"),
    },
    "reviews": {
        "review_id": named("id", "review", or_=NUMBERED),
        "customer": named(*CUSTOMER, "author", "reviewer", "reviewer id"),
        "order_id": order,
        "product": product,
        "score": named("rating", "stars", "review score", or_=NEEDED),
        "text": named("comment", "review", "body", "message", "review text"),
        "created": named(*TIME, "review date", "answered at", or_=NEEDED),
    },
    "consents": {
        "consent_id": named("id", or_=NUMBERED),
        "customer": who,
        "channel": named("medium", or_=NEEDED),
        "purpose": named("use", "processing purpose", or_="marketing"),
        "state": named("status", "consent", "consent state", "opt in", or_=NEEDED),
        "basis": named("legal basis", "source", "proof"),
        "since": named(*TIME, "changed at", "valid from", "consented at", or_=NEEDED),
    },
}
"""{table: {column: field}} of every table that a shop can bring beside its orders."""
