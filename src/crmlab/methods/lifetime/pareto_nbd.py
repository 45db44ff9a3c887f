"""Pareto/NBD: customers may drop out at any time; the buy-till-you-die model that started it."""

from crmlab.declare.method import method
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie


class ParetoNBD(BuyTillYouDie):
    """Pareto/NBD at the door of days: parameters_ r, alpha (weeks), s, beta (weeks)."""

    model = btyd.ParetoNBD


@method(label="Pareto/NBD", cite="Schmittlein, Morrison and Colombo 1987")
def pareto_nbd():
    """Return an unfitted model."""
    return ParetoNBD()
