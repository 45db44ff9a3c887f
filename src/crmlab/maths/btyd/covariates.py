"""Pareto/NBD with what is known of a customer and does not change: channel, region, first basket."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crmlab.errors import DataError
from crmlab.maths.btyd._pareto_objective import Histories, Pairs, objective
from crmlab.maths.btyd.fitting import fit
from crmlab.maths.btyd.pareto import ParetoNBD
from crmlab.maths.likelihood import EDGES, Estimate, ascend


@dataclass(frozen=True)
class ParetoCovariates:
    """Pareto/NBD whose rates differ by covariates (Fader and Hardie 2007).

    A customer's purchase rate has mean r / alpha · exp(buying · z), the dropout rate s / beta ·
    exp(leaving · z): a coefficient is the log of the factor per unit of its covariate.
    """

    r: float
    alpha: float
    s: float
    beta: float
    buying: tuple[float, ...]
    leaving: tuple[float, ...]

    def at(self, buying: np.ndarray, leaving: np.ndarray) -> ParetoNBD:
        """Return the model of customers with covariates (n, p) and (n, q): alpha and beta are (n,)."""
        return ParetoNBD(
            self.r,
            self.alpha * np.exp(-np.asarray(buying) @ np.array(self.buying)),
            self.s,
            self.beta * np.exp(-np.asarray(leaving) @ np.array(self.leaving)),
        )


# where a search tries a shape beyond what the hypergeometric function can say, it steps back from the nan
@np.errstate(invalid="ignore", over="ignore")
def fit_covariates(
    x: np.ndarray,
    t_x: np.ndarray,
    T: np.ndarray,
    *,
    buying: np.ndarray,
    leaving: np.ndarray,
    ridge: float = 0.0,
) -> tuple[ParetoCovariates, Estimate]:
    """Fit by maximum likelihood to customers (x, t_x, T), each (n,), and covariates (n, p), (n, q).

    ridge: of the penalty ridge · (sum of squared coefficients) / 2, a normal prior with variance 1 / ridge
    on the log of each factor. Of a small group nobody may have left yet: its dropout is likeliest at a
    coefficient of minus infinity, and the prior keeps it finite, while it hardly touches what many
    customers tell. The estimate has r, alpha, s, beta, then the coefficients of purchase and of dropout;
    its errors are of the penalised likelihood, its log-likelihood is the plain one.

    Raises DataError for an impossible summary, missing covariates, or, without a ridge, ones that are
    constant or tell the same; DidNotConverge where the fit does not converge.
    """
    buying, leaving = (np.asarray(z, dtype=np.float64).reshape(len(x), -1) for z in (buying, leaving))
    for name, z in (("purchase", buying), ("dropout", leaving)):
        design = np.column_stack([np.ones(len(x)), z])
        if not np.isfinite(design).all():
            raise DataError(f"covariates of {name} are missing: fill them, or leave the customers out")
        if not ridge and np.linalg.matrix_rank(design) < design.shape[1]:
            raise DataError(f"the covariates of {name} are constant or tell the same: leave some out")
    plain, _ = fit(ParetoNBD, x, t_x, T)
    # along the ridge of constant s / beta a search may stop for want of digits: it then starts from its end
    end = float(np.exp(EDGES[1]))
    dropouts = (
        [(plain.s, plain.beta), (plain.s / plain.beta * end, end)] if ridge else [(plain.s, plain.beta)]
    )
    likelihood = objective(_histories(x, t_x, T, buying, leaving))
    p, q = buying.shape[1], leaving.shape[1]

    def penalised(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = likelihood(at)
        held = ridge * np.concatenate([np.zeros(4), at[4:]])
        return value - held @ at / 2, gradient - held

    found = ascend(
        penalised if ridge else likelihood,
        [[plain.r, plain.alpha, s, beta] + [0.0] * (p + q) for s, beta in dropouts],
        total=float(len(x)),
        what="Pareto/NBD with covariates",
        coefficients=p + q,
    )
    values = [float(v) for v in found.parameters]
    model = ParetoCovariates(*values[:4], tuple(values[4 : 4 + p]), tuple(values[4 + p :]))
    penalty = ridge * float(found.parameters[4:] @ found.parameters[4:]) / 2
    return model, replace(found, log_likelihood=found.log_likelihood + penalty)


def _histories(x, t_x, T, buying: np.ndarray, leaving: np.ndarray) -> Histories:
    """Return the histories of customers; those equal in everything are counted once."""
    columns = np.column_stack([x, t_x, T, buying, leaving]).astype(np.float64)
    different, counts = np.unique(columns, axis=0, return_counts=True)
    x, t_x, T = different[:, :3].T
    known = different[:, 3 : 3 + buying.shape[1]], different[:, 3 + buying.shape[1] :]
    own = np.arange(len(x))
    return Histories(Pairs(x, t_x, *known), Pairs(x, T, *known), own, own, counts.astype(np.float64))
