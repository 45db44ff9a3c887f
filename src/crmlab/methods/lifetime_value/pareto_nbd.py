"""Pareto/NBD with gamma-gamma spend: customers may drop out at any time."""

from crmlab.maths import btyd
from crmlab.methods.lifetime_value._spending import BuyAndSpend
from crmlab.registry import method


class ValueParetoNBD(BuyAndSpend):
    """Purchases by Pareto/NBD."""

    model = btyd.ParetoNBD


@method(
    label="Pareto/NBD × gamma-gamma", cite="Schmittlein, Morrison and Colombo 1987; Fader and Hardie 2013"
)
def pareto_nbd(draws: int = 1000, seed: int = 0):
    """draws: of the predictive distribution of each customer."""
    return ValueParetoNBD(draws, seed)
