"""BG/BB: customers may buy, and drop out, at discrete opportunities: here every day is one.

`frequency` counts days with a purchase, so with an opportunity a day the summary is exactly what
the model speaks of: a customer buys on it or not. Longer opportunities would need the purchase
days themselves, as two of them may fall into one week.
"""

from crmlab.declare.method import method
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie


class BGBB(BuyTillYouDie):
    """BG/BB at the door of days: parameters_ alpha, beta (buying), gamma, delta (leaving), per day."""

    model = btyd.BGBB
    days_per_unit = 1.0


@method(label="BG/BB", cite="Fader, Hardie and Shang 2010")
def bg_bb():
    """Return an unfitted model."""
    return BGBB()
