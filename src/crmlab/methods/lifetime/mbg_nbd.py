"""MBG/NBD: customers may drop out after any purchase, the first one too."""

from crmlab.declare.method import method
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie


class MBGNBD(BuyTillYouDie):
    """MBG/NBD at the door of days: parameters_ r, alpha (weeks), a, b."""

    model = btyd.MBGNBD


@method(label="MBG/NBD", cite="Batislam, Denizel and Filiztekin 2007; Hoppe and Wagner 2007")
def mbg_nbd():
    """Return an unfitted model."""
    return MBGNBD()
