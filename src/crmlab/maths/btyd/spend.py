"""Gamma-gamma: how the spend per purchase differs between customers, apart from how often they buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from crmlab.errors import DataError
from crmlab.maths.likelihood import Estimate, maximise


@dataclass(frozen=True)
class GammaGamma:
    """Spend per purchase (Fader and Hardie 2013): Gamma(p, ν) with ν ~ Gamma(q, gamma)."""

    p: float
    q: float
    gamma: float

    def log_likelihood(self, x: np.ndarray, mean_spend: np.ndarray) -> np.ndarray:
        """Return the log density of the mean spend over x ≥ 1 purchases, (n,) (their equation 1a)."""
        p, q, gamma = self.p, self.q, self.gamma
        return (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + xlogy(q, gamma)
            + (p * x - 1) * np.log(mean_spend) + p * x * np.log(x)
            - (p * x + q) * np.log(gamma + x * mean_spend)
        )  # fmt: skip

    def population_mean(self) -> float:
        """Return the expected spend per purchase of an unknown customer; infinite for q ≤ 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def expected_spend(self, x: np.ndarray, mean_spend: np.ndarray) -> np.ndarray:
        """Return the expected spend per purchase given x purchases of a mean, (n,) (equation 5)."""
        return self.p * (self.gamma + x * mean_spend) / (self.p * x + self.q - 1)


def fit_spend(x: np.ndarray, mean_spend: np.ndarray) -> tuple[GammaGamma, Estimate]:
    """Fit the gamma-gamma model to repeaters: x ≥ 1 purchases of a mean spend > 0, each (n,).

    gamma is in money: the search is made in units of the mean spend, so that no currency is far from
    where it starts. Raises DataError for other rows, DidNotConverge where the fit does not converge.
    """
    x, mean_spend = np.asarray(x, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    broken = ~((x >= 1) & (mean_spend > 0))
    if broken.any():
        i = int(broken.argmax())
        raise DataError(
            f"row {i} (purchases {x[i]:g}, mean spend {mean_spend[i]:g}) is not a paying repeater"
        )
    unit = float(mean_spend.mean())
    starts = [[2.0, 3.0, 1.0], [6.0, 4.0, 0.5]]
    found = maximise(
        lambda *p: GammaGamma(*p).log_likelihood(x, mean_spend / unit),
        np.ones(len(x)),
        starts,
        what="gamma-gamma",
    )
    money = np.array([1.0, 1.0, unit])
    estimate = Estimate(
        parameters=found.parameters * money,
        standard_errors=found.standard_errors * money,
        # a density per unit of money is 1 / unit of that per unit
        log_likelihood=found.log_likelihood - len(x) * float(np.log(unit)),
    )
    return GammaGamma(*map(float, estimate.parameters)), estimate
