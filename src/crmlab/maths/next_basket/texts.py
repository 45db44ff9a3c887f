"""Baskets and lists as texts, one a row, and what an item of a basket was to its customer."""

from __future__ import annotations

from typing import Final

BETWEEN: Final = "\x1f"
"""Between the items of a text: the unit separator, which no name of an item holds."""

REPEAT, EXPLORE, NEW_CATEGORY = "r", "e", "n"
"""Bought before; new; new and of a category that is new to the customer, too."""


def items_of(text: str) -> list[str]:
    """Return the items of a text in their order, none of an empty one."""
    return text.split(BETWEEN) if text else []
