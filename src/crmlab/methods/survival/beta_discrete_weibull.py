"""Beta-discrete-Weibull: members differ, and each one's own chance to cancel changes with time."""

from crmlab.declare.method import method
from crmlab.maths.retention_curves import BETA_DISCRETE_WEIBULL
from crmlab.methods.survival._renewals import RetentionCurve


@method(label="Beta-discrete-Weibull", cite="Fader, Hardie, Liu, Davin and Steenburgh 2018")
def beta_discrete_weibull(age: str = "member_days"):
    """age: the column of the days since the contract began."""
    return RetentionCurve(BETA_DISCRETE_WEIBULL, age)
