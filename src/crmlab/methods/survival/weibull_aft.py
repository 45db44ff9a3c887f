"""Weibull regression: accelerated failure times and proportional hazards at once."""

from crmlab.maths.accelerated_failure import WEIBULL
from crmlab.methods.survival._accelerated import AcceleratedFailure
from crmlab.registry import method


@method(label="Weibull failure times", cite="Kalbfleisch and Prentice 1980")
def weibull_aft(ridge: float = 10.0):
    """ridge: weight of the penalty on the squared coefficients of standardised columns."""
    return AcceleratedFailure(WEIBULL, ridge)
