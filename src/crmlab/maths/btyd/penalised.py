"""Pareto/NBD with covariates where maximum likelihood has no maximum: coefficients held near 0.

Of a small group nobody may have left yet. Its dropout is then likeliest at a coefficient of minus
infinity; a normal prior keeps it finite, and hardly touches what many customers tell.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crmlab.maths.btyd._pareto_objective import objective
from crmlab.maths.btyd.covariates import ParetoCovariates, _histories, fit_covariates
from crmlab.maths.btyd.fitting import fit
from crmlab.maths.btyd.pareto import ParetoNBD
from crmlab.maths.likelihood import EDGES, Estimate, ascend


# where a search tries a shape beyond what the hypergeometric function can say, it steps back from the nan
@np.errstate(invalid="ignore", over="ignore")
def fit_penalised(
    x: np.ndarray, t_x: np.ndarray, T: np.ndarray, *, z: np.ndarray, ridge: float
) -> tuple[ParetoCovariates, Estimate]:
    """Fit customers (x, t_x, T), each (n,), whose purchase and dropout have the same covariates z (n, p).

    ridge: of the penalty ridge · (sum of squared coefficients) / 2, which is a normal prior with variance
    1 / ridge on the log of each factor; 0 for maximum likelihood. The estimate has r, alpha, s, beta, the
    coefficients of purchase, then those of dropout; its errors are of the penalised likelihood, its
    log-likelihood is the plain one. Raises as `fit_covariates`, for constant or equal covariates only
    without a ridge.
    """
    if not ridge:
        return fit_covariates(x, t_x, T, buying=z, leaving=z)
    plain, _ = fit(ParetoNBD, x, t_x, T)
    # along the ridge of constant s / beta a search may stop for want of digits: it then starts from its end
    end = float(np.exp(EDGES[1]))
    dropouts = [(plain.s, plain.beta), (plain.s / plain.beta * end, end)]
    likelihood, p = objective(_histories(x, t_x, T, z, z)), z.shape[1]

    def penalised(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = likelihood(at)
        held = ridge * np.concatenate([np.zeros(4), at[4:]])
        return value - held @ at / 2, gradient - held

    found = ascend(
        penalised,
        [[plain.r, plain.alpha, s, beta] + [0.0] * (2 * p) for s, beta in dropouts],
        total=float(len(x)),
        what="Pareto/NBD with covariates",
        coefficients=2 * p,
    )
    values = [float(v) for v in found.parameters]
    model = ParetoCovariates(*values[:4], tuple(values[4 : 4 + p]), tuple(values[4 + p :]))
    penalty = ridge * float(found.parameters[4:] @ found.parameters[4:]) / 2
    return model, replace(found, log_likelihood=found.log_likelihood + penalty)
