"""Which column of a user's own CSV is which field of an order line."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping

from crmlab.errors import UsageError, did_you_mean

FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer": (
        *("customer id", "customer number", "customer no", "customer code"),
        *("client", "client id", "client number", "client no", "client code"),
        *("user", "user id", "buyer", "buyer id"),
    ),
    "timestamp": (
        *("date", "datetime", "date time", "order date", "ordered at"),
        *("invoice date", "purchase date", "transaction date", "created at"),
    ),
    "amount": ("total", "total amount", "total price", "line total", "order total", "revenue", "sales"),
    "quantity": ("qty", "units", "pieces"),
    "unit_price": ("price", "item price", "price per unit"),
    "order_id": ("order", "order number", "order no", "invoice", "invoice no", "invoice number"),
    "product": ("product id", "product code", "sku", "stock code", "item", "item id", "article"),
    "description": ("product name", "item name"),
    "channel": ("sales channel",),
    "country": ("country code",),
}
"""Fields of an order line, each with other names under which it is recognised.

Case, blanks, underscores and other punctuation do not count.
"""


def recognise(names: list[str], given: Mapping[str, str], file: str) -> dict[str, str]:
    """Return {field: column name}: as given, else by the field's name or a synonym of it.

    Raises UsageError for an unknown field or column, two columns for one field, a missing field.
    """
    for field, column in given.items():
        if field not in FIELDS:
            raise UsageError(
                f"--column: '{field}' is not a field of an order line." + did_you_mean(field, FIELDS)
            )
        if column not in names:
            raise UsageError(f"{file} has no column '{column}' (for {field})." + did_you_mean(column, names))
    chosen = dict(given)
    for field, synonyms in FIELDS.items():
        known = {_plain(word) for word in (field, *synonyms)}
        found = [n for n in names if _plain(n) in known and n not in given.values()]
        if field not in chosen and len(found) > 1:
            both = " and ".join(f"'{n}'" for n in found)
            raise UsageError(
                f"{file}: {both} could both be the {field}: say which, {_option(field, found[0])}"
            )
        if field not in chosen and found:
            chosen[field] = found[0]
    missing = [f for f in ("customer", "timestamp") if f not in chosen]
    if "amount" not in chosen and not {"quantity", "unit_price"} <= chosen.keys():
        missing.append("amount")
    if missing:
        left = [n for n in names if n not in chosen.values()]
        says = "".join(f"\n  - no column for '{f}'." + did_you_mean(f, left) for f in missing)
        near = difflib.get_close_matches(missing[0], left, n=1, cutoff=0.5)
        hint = f"Name it: {_option(missing[0], *near)}"
        hint += " (quantity and unit_price do too)" if missing[0] == "amount" else ""
        raise UsageError(f"{file}:{says}\n  {hint}")
    return chosen


def _option(field: str, column: str = "YOURS") -> str:
    """Return the option that says which column a field is."""
    return f"--column {shlex.quote(f'{field}={column}')}"


def _plain(word: str) -> str:
    """Return a column name without case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", word.lower())
