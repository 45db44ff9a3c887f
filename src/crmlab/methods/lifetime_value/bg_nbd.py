"""BG/NBD with gamma-gamma spend: customers may drop out after a purchase."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import btyd
from crmlab.methods.lifetime_value._spending import BuyAndSpend


class ValueBGNBD(BuyAndSpend):
    """Purchases by BG/NBD."""

    model = btyd.BGNBD


@method(label="BG/NBD × gamma-gamma", cite="Fader, Hardie and Lee 2005; Fader and Hardie 2013")
def bg_nbd(draws: Annotated[int, Range(100)] = 1000, seed: int = 0):
    """draws: of the predictive distribution of each customer."""
    return ValueBGNBD(draws, seed)
