"""Logistic regression with a ridge penalty, the reference that is hard to beat."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlab.encoding import linear_input
from crmlab.registry import method


@method(label="Logistic regression", cite="Cox 1958")
def logit(C: float = 1.0):
    """C: inverse of the penalty's weight, on standardised columns."""
    # Newton steps reach the optimum itself, so answers do not depend on where an iteration stopped
    return make_pipeline(linear_input(), LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8))
