"""What a shop of one's own says of its money, by the names of the economics in params.yaml."""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.data import own_prices


def of(dataset: str) -> Mapping[str, float]:
    """Return the prices that `crmlab tables` wrote beside a data set's tables; empty where there are none.

    `margin_share` (of revenue) and `contact_cost` (currency of the shop) go before those of params.yaml;
    `budget` (currency) is that of a whole list and goes before `budget_per_1000`. Raises DataError, in one
    sentence, where the file is damaged.
    """
    return own_prices.read(dataset).numbers()


def in_words(dataset: str) -> str:
    """Return the prices of a data set for readers, '' where there are none. Raises as `of`."""
    return own_prices.read(dataset).in_words()
