"""Logistic regression with the penalty chosen on later train rows."""

from typing import Annotated

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._tuning import Tuned


@method(label="Logistic regression, tuned", cite="Cox 1958")
def logit_tuned(
    trials: Annotated[int, Range(1, 20)] = 10, max_rows: Annotated[int, Range(100)] = 20000, seed: int = 0
):
    """trials: parameters tried, at most 20. max_rows: train rows that the trials use."""
    pipeline = make_pipeline(linear_input(), LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8))
    grid = {"logisticregression__C": [10.0**k for k in (-5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 1)]}
    return Tuned(pipeline, grid, trials=trials, max_rows=max_rows, seed=seed)
