"""The prices of a list: those of its task, and before them what the shop says of its own money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmlab.declare.prices import Prices
from crmlab.params import prices

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


def prices_of(comparison: Comparison) -> Prices:
    """Return the prices of a comparison's lists. Raises DataError where the shop's file is damaged."""
    return Prices({**comparison.economics, **prices.of(comparison.problem.facts["dataset"])})
