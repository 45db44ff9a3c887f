"""What may be offered: not what is gone, sold out or sensitive, and not to everyone what has an age limit."""

from __future__ import annotations

from typing import Final

import pandas as pd

ADULT: Final = 18
"""Years from which what has an age limit may be offered."""

NOT_YET = "not on offer yet"
NO_LONGER = "no longer on offer"
OUT_OF_STOCK = "out of stock"
SENSITIVE = "sensitive"


def barred_items(assortment: pd.DataFrame | None, now: pd.Timestamp) -> dict[str, str]:
    """Return why items may not be offered to anybody, by item.

    assortment: `product` and, where known, `available_from`, `available_until`, `stock`, `sensitive`; None
    where the shop has no such table, and then nothing is barred. A product that the table does not have is on
    offer. now: the day of the offer.
    """
    if assortment is None:
        return {}
    barred: dict[str, str] = {}
    for column, is_out, reason in (
        ("available_from", lambda values: values > now, NOT_YET),
        ("available_until", lambda values: values <= now, NO_LONGER),
        ("stock", lambda values: values <= 0, OUT_OF_STOCK),
        ("sensitive", lambda values: values, SENSITIVE),
    ):
        if column in assortment:
            out = is_out(assortment[column]).astype("boolean").fillna(False).astype(bool)
            barred |= dict.fromkeys(assortment.loc[out, "product"].tolist(), reason)
    return barred


def marked(assortment: pd.DataFrame | None, column: str) -> frozenset[str]:
    """Return the products that an assortment marks as `sensitive` or `age_limited`."""
    if assortment is None or column not in assortment:
        return frozenset()
    yes = assortment[column].astype("boolean").fillna(False).astype(bool)
    return frozenset(assortment.loc[yes, "product"].tolist())


def adults(customers: pd.DataFrame | None, now: pd.Timestamp) -> frozenset[str]:
    """Return who is known to be ADULT on a day, by `birthday`; nobody where the data have none."""
    if customers is None or "birthday" not in customers:
        return frozenset()
    grown = customers["birthday"] + pd.DateOffset(years=ADULT) <= now
    return frozenset(customers.loc[grown.fillna(False), "customer"].tolist())


def refusing(customers: pd.DataFrame | None) -> frozenset[str] | None:
    """Return who gave no consent to be contacted; None where the data do not say."""
    if customers is None or "consent" not in customers:
        return None
    yes = customers["consent"].astype("boolean").fillna(False).astype(bool)
    return frozenset(customers.loc[~yes, "customer"].tolist())
