"""MBG/CNBD-k with gamma-gamma spend: customers buy at regular times and may drop out after any purchase."""

from crmlab.maths import btyd
from crmlab.methods.lifetime_value._spending import BuyAndSpend
from crmlab.registry import method


class ValueMBGCNBD(BuyAndSpend):
    """Purchases by MBG/CNBD-k."""

    model = btyd.MBGCNBD


@method(label="MBG/CNBD-k × gamma-gamma", cite="Platzer and Reutterer 2016; Fader and Hardie 2013")
def mbg_cnbd(draws: int = 1000, seed: int = 0):
    """draws: of the predictive distribution of each customer."""
    return ValueMBGCNBD(draws, seed)
