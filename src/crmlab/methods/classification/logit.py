"""Logistic regression with a ridge penalty, the reference that is hard to beat."""

from typing import Annotated

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input


@method(label="Logistic regression", cite="Cox 1958")
def logit(C: Annotated[float, Range(above=0)] = 1.0):
    """C: inverse of the penalty's weight, on standardised columns."""
    # Newton steps reach the optimum itself, so answers do not depend on where an iteration stopped
    return make_pipeline(linear_input(), LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8))
