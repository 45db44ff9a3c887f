"""Which column of a user's own CSV is which field of an order line."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping

from crmlab.data.formats import usual_headers
from crmlab.data.formats.usual_headers import plain
from crmlab.errors import UsageError, did_you_mean

FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer": (
        *("customer id", "customer number", "customer no", "customer code"),
        *("client", "client id", "client number", "client no", "client code"),
        *("user", "user id", "buyer", "buyer id", "customer unique id"),
    ),
    "timestamp": (
        *("date", "datetime", "date time", "order date", "ordered at"),
        *("invoice date", "purchase date", "transaction date", "created at"),
        *("order timestamp", "purchase timestamp", "order purchase timestamp"),
    ),
    "amount": (
        "total",
        "total amount",
        "total price",
        "line total",
        "line amount",
        "revenue",
        "sales",
        "net sales",
    ),
    "quantity": ("qty", "units", "pieces"),
    "unit_price": ("price", "item price", "price per unit"),
    "order_id": ("order", "order number", "order no", "invoice", "invoice no", "invoice number"),
    "product": ("product id", "product code", "sku", "stock code", "item", "item id", "article"),
    "description": ("product name", "item name"),
    "channel": ("sales channel",),
    "country": ("country code",),
    "order_total": ("grand total", "order amount", "order value"),
    "line_number": (
        *("order item id", "order line", "order line id", "line no", "line id", "line", "line item id"),
        *("line item number", "position", "item number", "item no"),
    ),
    "discount": (
        *("discounts", "discount amount", "discount value", "total discount", "line discount", "rabatt"),
        *("discount percent", "discount percentage", "discount pct", "discount %"),
    ),
    "refund": ("refund amount", "refunded amount", "amount refunded", "total refunded", "refunded total"),
    "status": ("order status", "payment status", "financial status", "order state", "state of order"),
    "currency": ("currency code", "order currency", "iso currency"),
    "kind": ("type", "transaction type", "line type", "order type", "order item type", "event type"),
}
"""Fields of an order line, each with other names under which it is recognised.

Case, blanks, underscores and other punctuation do not count.
"""

FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "customer": ("email", "e-mail", "customer email", "email address", "billing email"),
    "amount": ("order total", *FIELDS["order_total"]),
}
"""Names that say a field where no other column does."""

FIRST_OF: Mapping[str, tuple[str, ...]] = usual_headers.SAYS_MORE | {
    "customer": ("customer unique id", *usual_headers.SAYS_MORE["customer"]),
    "status": ("order status", "status"),
}
"""Names that say a field better than others that are there, too: a person's rather than an order's."""

ANY_OF = ("currency", "kind", "line_number", "status")
"""Fields of which the first column is taken where there are several; the others are told as not used."""


def recognise(names: list[str], given: Mapping[str, str], file: str) -> dict[str, str]:
    """Return {field: column name}: as given, else by the field's name or a synonym of it.

    A field that is given no column (`amount=`) has none. Raises UsageError for an unknown field or column,
    two columns for one field, a missing field.
    """
    for field, column in given.items():
        if field not in FIELDS:
            raise UsageError(
                f"--column: '{field}' is not a field of an order line." + did_you_mean(field, FIELDS)
            )
        if column and column not in names:
            raise UsageError(f"{file} has no column '{column}' (for {field})." + did_you_mean(column, names))
    chosen = {field: column for field, column in given.items() if column}
    for field, synonyms in FIELDS.items():
        found = _among(names, (field, *synonyms, *usual_headers.ORDERS.get(field, ())), given)
        better = [n for word in FIRST_OF.get(field, ()) for n in _among(found, (word,), given)]
        found = (better or found)[: 1 if better or field in ANY_OF else None]
        if field not in given and len(found) > 1:
            both = " and ".join(f"'{n}'" for n in found)
            raise UsageError(
                f"{file}: {both} could both be the {field}: say which, {_option(field, found[0])}"
            )
        if field not in given and found:
            chosen[field] = found[0]
    _fall_back(chosen, names, given)
    missing = [f for f in ("customer", "timestamp") if f not in chosen]
    if "amount" not in chosen and not {"quantity", "unit_price"} <= chosen.keys():
        missing.append("amount")
    if missing:
        left = [n for n in names if n not in chosen.values()]
        says = "".join(f"\n  - no column for '{f}'." + did_you_mean(f, left) for f in missing)
        near = difflib.get_close_matches(missing[0], left, n=1, cutoff=0.5)
        hint = f"Name it: {_option(missing[0], *near)}"
        hint += " (for the amount, quantity and unit_price do too)" if "amount" in missing else ""
        raise UsageError(f"{file}:{says}\n  {hint}")
    return chosen


def _among(names: list[str], words: tuple[str, ...], given: Mapping[str, str]) -> list[str]:
    """Return the columns that are called one of some words and were not given to a field."""
    known = {plain(word) for word in words}
    return [n for n in names if plain(n) in known and n not in given.values()]


def _fall_back(chosen: dict[str, str], names: list[str], given: Mapping[str, str]) -> None:
    """Choose columns for fields that none was found for, by names that say them less clearly.

    The total of an order is no amount of a line where quantity and price make one.
    """
    for field, words in FALLBACKS.items():
        found = _among(names, words, given)
        priced = field == "amount" and {"quantity", "unit_price"} <= chosen.keys()
        if field not in chosen and field not in given and len(found) == 1 and not priced:
            chosen[field] = found[0]
    if chosen.get("amount") == chosen.get("order_total", ""):
        del chosen["order_total"]


def _option(field: str, column: str = "YOURS") -> str:
    """Return the option that says which column a field is."""
    return f"--column {shlex.quote(f'{field}={column}')}"
