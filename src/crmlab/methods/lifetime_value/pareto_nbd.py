"""Pareto/NBD with gamma-gamma spend: customers may drop out at any time."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import btyd
from crmlab.methods.lifetime_value._spending import BuyAndSpend


class ValueParetoNBD(BuyAndSpend):
    """Purchases by Pareto/NBD."""

    model = btyd.ParetoNBD


@method(
    label="Pareto/NBD × gamma-gamma", cite="Schmittlein, Morrison and Colombo 1987; Fader and Hardie 2013"
)
def pareto_nbd(draws: Annotated[int, Range(100)] = 1000, seed: int = 0):
    """draws: of the predictive distribution of each customer."""
    return ValueParetoNBD(draws, seed)
