"""Weibull regression: accelerated failure times and proportional hazards at once."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.accelerated_failure import WEIBULL
from crmlab.methods.survival._accelerated import AcceleratedFailure


@method(label="Weibull failure times", cite="Kalbfleisch and Prentice 1980")
def weibull_aft(ridge: Annotated[float, Range(0)] = 10.0):
    """ridge: weight of the penalty on the squared coefficients of standardised columns."""
    return AcceleratedFailure(WEIBULL, ridge)
