"""NBD: customers buy at a rate of their own and never leave; what dropout is worth is seen beside it."""

from crmlab.declare.method import method
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie


class NBD(BuyTillYouDie):
    """NBD at the door of days: parameters_ r, alpha (weeks)."""

    model = btyd.NBD


@method(label="NBD", cite="Ehrenberg 1959")
def nbd():
    """Return an unfitted model."""
    return NBD()
