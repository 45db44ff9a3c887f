"""EASE: a linear model of each item by all others, without hidden factors and in closed form."""

from __future__ import annotations

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Choices, Range
from crmlab.methods.recommendation._ease import Ease


@method(label="EASE", cite="Steck 2019")
def ease(
    ridge: Annotated[float, Range(above=0)] = 200.0,
    max_items: Annotated[int, Range(1)] = 3000,
    offers: Annotated[str, Choices("all", "new")] = "all",
):
    """Return an unfitted model.

    ridge: the penalty on weights. max_items: so many items, bought by most customers, have weights. offers:
    all items, or those that the customer never bought before.
    """
    return Ease(ridge, max_items, offers)
