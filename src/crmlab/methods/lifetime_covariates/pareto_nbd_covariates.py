"""Pareto/NBD with covariates: who a customer is scales how often they buy and how soon they leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import btyd
from crmlab.methods.lifetime_covariates._explained import Explained


class ParetoNBDCovariates(Explained):
    """Pareto/NBD at the door of days; a coefficient is the log of the factor of its rate."""

    model = btyd.ParetoNBD
    with_covariates = btyd.ParetoCovariates
    called: ClassVar = {"buying": "purchase", "leaving": "dropout"}


@method(label="Pareto/NBD with covariates", cite="Fader and Hardie 2007")
def pareto_nbd_covariates(
    columns: Sequence[str] = ("source", "region", "channel", "age_years"),
    ridge: Annotated[float, Range(0)] = 1.0,
):
    """Return an unfitted model."""
    return ParetoNBDCovariates(columns, ridge)
