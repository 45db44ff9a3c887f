"""Shifted-beta-geometric: members differ in how likely they cancel; who stayed long, stays longer."""

from crmlab.declare.method import method
from crmlab.maths.retention_curves import SHIFTED_BETA_GEOMETRIC
from crmlab.methods.survival._renewals import RetentionCurve


@method(label="Shifted-beta-geometric", cite="Fader and Hardie 2007")
def shifted_beta_geometric(age: str = "member_days"):
    """age: the column of the days since the contract began."""
    return RetentionCurve(SHIFTED_BETA_GEOMETRIC, age)
