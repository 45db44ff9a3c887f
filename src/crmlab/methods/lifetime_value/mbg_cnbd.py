"""MBG/CNBD-k with gamma-gamma spend: customers buy at regular times and may drop out after any purchase."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import btyd
from crmlab.methods.lifetime_value._spending import BuyAndSpend


class ValueMBGCNBD(BuyAndSpend):
    """Purchases by MBG/CNBD-k."""

    model = btyd.MBGCNBD


@method(label="MBG/CNBD-k × gamma-gamma", cite="Platzer and Reutterer 2016; Fader and Hardie 2013")
def mbg_cnbd(draws: Annotated[int, Range(100)] = 1000, seed: int = 0):
    """draws: of the predictive distribution of each customer."""
    return ValueMBGCNBD(draws, seed)
