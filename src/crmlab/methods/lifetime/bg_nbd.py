"""BG/NBD: customers may drop out after a purchase; the buy-till-you-die model that is easy to fit."""

from crmlab.declare.method import method
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie


class BGNBD(BuyTillYouDie):
    """BG/NBD at the door of days: parameters_ r, alpha (weeks), a, b."""

    model = btyd.BGNBD


@method(label="BG/NBD", cite="Fader, Hardie and Lee 2005")
def bg_nbd():
    """Return an unfitted model."""
    return BGNBD()
