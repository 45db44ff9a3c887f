"""BG/NBD with covariates: who a customer is scales how often they buy, and whether they drop out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import btyd
from crmlab.methods.lifetime_covariates._explained import Explained


class BGNBDCovariates(Explained):
    """BG/NBD at the door of days; a coefficient is the log of the factor of the rate, of a, or of b."""

    model = btyd.BGNBD
    with_covariates = btyd.BGCovariates
    called: ClassVar = {"buying": "purchase", "leaving": "dropout a", "staying": "dropout b"}


@method(label="BG/NBD with covariates", cite="Fader and Hardie 2007")
def bg_nbd_covariates(
    columns: Sequence[str] = ("source", "region", "channel", "age_years"),
    ridge: Annotated[float, Range(0)] = 1.0,
):
    """Return an unfitted model."""
    return BGNBDCovariates(columns, ridge)
