"""Which canonical tables a problem of baskets reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

READ: Final = ("customers", "products", "transactions")


def baskets_read(there: Collection[str]) -> list[str]:
    """Return the tables that a problem of baskets reads, of those that are there, sorted."""
    return [table for table in READ if table in there]
