"""Log-logistic regression: accelerated failure times with a hazard that may rise and then fall."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.accelerated_failure import LOG_LOGISTIC
from crmlab.methods.survival._accelerated import AcceleratedFailure


@method(label="Log-logistic failure times", cite="Bennett 1983")
def log_logistic_aft(ridge: Annotated[float, Range(0)] = 10.0):
    """ridge: weight of the penalty on the squared coefficients of standardised columns."""
    return AcceleratedFailure(LOG_LOGISTIC, ridge)
