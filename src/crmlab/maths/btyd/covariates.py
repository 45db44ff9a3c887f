"""Models with what is known of a customer and does not change: channel, region, first basket.

Fader and Hardie 2007, "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models":
parameters of the mixing distributions, the scales of the gammas and both shapes of the beta, are a
customer's own, log-linear in the covariates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

import numpy as np

from crmlab.errors import DataError
from crmlab.maths.btyd import _bg_terms, _pareto_terms
from crmlab.maths.btyd.coin import BGNBD
from crmlab.maths.btyd.fitting import fit
from crmlab.maths.btyd.model import Model
from crmlab.maths.btyd.pareto import ParetoNBD
from crmlab.maths.likelihood import EDGES, Estimate, Objective, ascend

STEP = 1e-3
"""Of the differences that make second derivatives of slopes, in logarithms of parameters."""


@dataclass(frozen=True)
class Scaling:
    """What the coefficients of a group do: parameter · exp(sign · covariates · coefficients)."""

    parameter: str
    sign: float
    covariates: str
    """Those of purchase, "buying", or those of dropout, "leaving"."""


class WithCovariates(ABC):
    """The parameters at covariates of 0, and coefficients; subclasses are dataclasses of both."""

    plain: ClassVar[type[Model]]
    """The model of customers who are alike."""

    scalings: ClassVar[Mapping[str, Scaling]]
    """By the field that holds the coefficients, in the order of the fields."""

    @staticmethod
    @abstractmethod
    def terms(*parameters_and_past: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihoods (n,) and slopes in the logs of the parameters (4, n)."""

    @classmethod
    def starts(cls, plain: Model, *, ridge: float) -> list[list[float]]:
        """Return where a fit may start, given the fit to customers who are alike: coefficients are 0."""
        return [[getattr(plain, p) for p in cls.plain.estimated]]

    def at(self, buying: np.ndarray, leaving: np.ndarray) -> Model:
        """Return the model of customers with covariates (n, p) and (n, q): what they scale is (n,)."""
        z = {"buying": np.asarray(buying), "leaving": np.asarray(leaving)}
        values = {p: getattr(self, p) for p in self.plain.estimated}
        for field, scaling in self.scalings.items():
            effect = z[scaling.covariates] @ np.array(getattr(self, field))
            values[scaling.parameter] = values[scaling.parameter] * np.exp(scaling.sign * effect)
        return self.plain(**values)


W = TypeVar("W", bound=WithCovariates)


@dataclass(frozen=True)
class ParetoCovariates(WithCovariates):
    """Pareto/NBD whose rates differ by covariates.

    A customer's purchase rate has mean r / alpha · exp(buying · z), the dropout rate s / beta ·
    exp(leaving · z): a coefficient is the log of the factor per unit of its covariate.
    """

    r: float
    alpha: float
    s: float
    beta: float
    buying: tuple[float, ...]
    leaving: tuple[float, ...]

    plain = ParetoNBD
    scalings: ClassVar[Mapping[str, Scaling]] = {
        "buying": Scaling("alpha", -1.0, "buying"),
        "leaving": Scaling("beta", -1.0, "leaving"),
    }
    terms = staticmethod(_pareto_terms.terms)

    @classmethod
    def starts(cls, plain: Model, *, ridge: float) -> list[list[float]]:
        """Start from the plain fit, then, where a ridge holds the coefficients, from a bound.

        Along constant s / beta a search may stop for want of digits: it then starts from the end.
        """
        [start], end = super().starts(plain, ridge=ridge), float(np.exp(EDGES[1]))
        r, alpha, s, beta = start
        return [start, [r, alpha, s / beta * end, end]] if ridge else [start]


@dataclass(frozen=True)
class BGCovariates(WithCovariates):
    """BG/NBD whose purchase rate and dropout probability differ by covariates.

    A customer's purchase rate has mean r / alpha · exp(buying · z); the probability of dropping out
    after a purchase is Beta(a · exp(leaving · z), b · exp(staying · z)), so its mean has the odds
    a / b · exp((leaving − staying) · z).

    Of a group in which p hardly varies, as of a small one, a and b go to infinity together: the likelihood
    has no maximum then, and only a ridge gives an estimate.
    """

    r: float
    alpha: float
    a: float
    b: float
    buying: tuple[float, ...]
    leaving: tuple[float, ...]
    staying: tuple[float, ...]

    plain = BGNBD
    scalings: ClassVar[Mapping[str, Scaling]] = {
        "buying": Scaling("alpha", -1.0, "buying"),
        "leaving": Scaling("a", 1.0, "leaving"),
        "staying": Scaling("b", 1.0, "leaving"),
    }
    terms = staticmethod(_bg_terms.terms)


# far from the maximum a search may try coefficients whose exponential is beyond floats
@np.errstate(invalid="ignore", over="ignore", divide="ignore")
def fit_covariates(
    model: type[W],
    x: np.ndarray,
    t_x: np.ndarray,
    T: np.ndarray,
    *,
    buying: np.ndarray,
    leaving: np.ndarray,
    ridge: float = 0.0,
) -> tuple[W, Estimate]:
    """Fit by maximum likelihood to customers (x, t_x, T), each (n,), and covariates (n, p), (n, q).

    ridge: of the penalty ridge · (sum of squared coefficients) / 2, a normal prior with variance 1 / ridge
    on the log of each factor. Of a small group nobody may have left yet: its dropout is likeliest at a
    coefficient of minus infinity, and the prior keeps it finite, while it hardly touches what many
    customers tell. The estimate has the parameters at covariates of 0, then the coefficients in the order
    of the model's fields; its errors are of the penalised likelihood, its log-likelihood is the plain one.

    Raises DataError for an impossible summary, missing covariates, or, without a ridge, ones that are
    constant or tell the same; NotApplicable for fewer different customers than parameters; DidNotConverge
    where the fit does not converge, as it may without a ridge where the likelihood has no maximum.
    """
    z = {"buying": buying, "leaving": leaving}
    z = {of: np.asarray(values, dtype=np.float64).reshape(len(x), -1) for of, values in z.items()}
    for name, values in (("purchase", z["buying"]), ("dropout", z["leaving"])):
        design = np.column_stack([np.ones(len(x)), values])
        if not np.isfinite(design).all():
            raise DataError(f"covariates of {name} are missing: fill them, or leave the customers out")
        if not ridge and np.linalg.matrix_rank(design) < design.shape[1]:
            raise DataError(f"the covariates of {name} are constant or tell the same: leave some out")
    plain, _ = fit(model.plain, x, t_x, T)
    sizes = [z[scaling.covariates].shape[1] for scaling in model.scalings.values()]
    likelihood = Likelihood.of(model, np.column_stack([x, t_x, T]), z, ridge)
    found = ascend(
        Objective(likelihood.value, likelihood.hessian),
        [start + [0.0] * sum(sizes) for start in model.starts(plain, ridge=ridge)],
        total=float(len(x)),
        what=f"{plain.name} with covariates" + ("" if ridge else " (without a ridge)"),
        coefficients=sum(sizes),
    )
    parameters, coefficients = np.split(found.parameters, [len(model.plain.estimated)])
    parts = np.split(coefficients, np.cumsum(sizes)[:-1])
    fitted = model(*map(float, parameters), *(tuple(map(float, part)) for part in parts))
    penalty = ridge * float(coefficients @ coefficients) / 2
    return fitted, replace(found, log_likelihood=found.log_likelihood + penalty)


@dataclass(frozen=True)
class Design:
    """One log parameter of the m different customers: columns (m, j) times the coordinates at `places`."""

    places: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True)
class Likelihood:
    """The penalised log-likelihood, its gradient and Hessian, at coordinates (k,).

    Those are the logs of the four parameters, then the coefficients. A customer enters by four log
    parameters only, so second derivatives in these four give those in all k: eight evaluations, however
    many coefficients there are.
    """

    terms: Callable[..., tuple[np.ndarray, np.ndarray]]
    designs: list[Design]
    past: np.ndarray
    """x, t_x, T of the different customers, (3, m)."""
    counts: np.ndarray
    ridge: float

    @classmethod
    def of(
        cls, model: type[WithCovariates], past: np.ndarray, z: Mapping[str, np.ndarray], ridge: float
    ) -> Likelihood:
        """Return the likelihood of customers with (x, t_x, T) (n, 3); equal ones are counted once."""
        rows = np.column_stack([past, z["buying"], z["leaving"]])
        different, counts = np.unique(rows, axis=0, return_counts=True)
        past, buying, leaving = np.split(different, [3, 3 + z["buying"].shape[1]], axis=1)
        z, taken = {"buying": buying, "leaving": leaving}, len(model.plain.estimated)
        one = np.ones((len(different), 1))
        designs = {p: Design(np.array([i]), one) for i, p in enumerate(model.plain.estimated)}
        for scaling in model.scalings.values():
            own, more = designs[scaling.parameter], scaling.sign * z[scaling.covariates]
            places = np.arange(taken, taken + more.shape[1])
            taken += more.shape[1]
            designs[scaling.parameter] = Design(
                np.concatenate([own.places, places]), np.column_stack([own.columns, more])
            )
        return cls(model.terms, list(designs.values()), past.T, counts.astype(np.float64), ridge)

    def value(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log-likelihood less the penalty, and its gradient (k,)."""
        value, slopes = self._at(self._logs(point))
        held, gradient = self._held(point), np.zeros(len(point))
        for design, slope in zip(self.designs, slopes, strict=True):
            gradient[design.places] += (self.counts * slope) @ design.columns
        return float(self.counts @ value - held @ point / 2), gradient - held

    def hessian(self, point: np.ndarray) -> np.ndarray:
        """Return the second derivatives (k, k)."""
        logs, hessian = self._logs(point), -np.diag(self._held(np.ones(len(point))))
        for i, first in enumerate(self.designs):
            move = np.zeros_like(logs)
            move[i] = STEP
            curves = (self._at(logs + move)[1] - self._at(logs - move)[1]) / (2 * STEP)
            for second, curve in zip(self.designs, curves, strict=True):
                block = first.columns.T @ ((self.counts * curve)[:, None] * second.columns)
                hessian[np.ix_(first.places, second.places)] += block
        return (hessian + hessian.T) / 2

    def _logs(self, point: np.ndarray) -> np.ndarray:
        """Return the four log parameters of each customer, (4, m)."""
        return np.array([design.columns @ point[design.places] for design in self.designs])

    def _at(self, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihoods (m,) and their slopes (4, m)."""
        return self.terms(*np.exp(logs), *self.past)

    def _held(self, point: np.ndarray) -> np.ndarray:
        """Return ridge times the coefficients, 0 in the places of the parameters, (k,)."""
        return self.ridge * np.concatenate([np.zeros(len(self.designs)), point[len(self.designs) :]])
