"""Discrete-time hazard by logistic regression."""

from typing import Annotated

from sklearn.linear_model import LogisticRegression

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.survival._person_period import DiscreteHazard


@method(label="Discrete-time logit", cite="Cox 1972; Singer and Willett 1993")
def discrete_logit(
    C: Annotated[float, Range(above=0)] = 0.1,
    periods: Annotated[int, Range(1)] = 12,
    age: str = "member_days",
):
    """C: inverse of the penalty's weight. periods: of the horizon. age: days of the contract so far."""
    learner = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8)
    return DiscreteHazard(linear_input(), learner, periods=periods, age=age, indicators=True)
