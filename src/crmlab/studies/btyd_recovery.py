"""Recovery: how often a fit has the planted parameters of buying and leaving within two standard errors.

Each world has 3,000 customers of each model, observed for 27 to 52 weeks (BG/BB: 12 to 24
opportunities), and is fitted by the same model. The difference is taken on the log scale; that of a
coefficient as it is. An estimate without a standard error is a miss. Of MBG/CNBD-k the k is planted
too, and chosen by the fit among 1 to 4. The spend per purchase is that of as many customers who came
back, with a geometric number of purchases of a mean of 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.errors import CrmlabError
from crmlab.maths.btyd import (
    BGBB,
    BGNBD,
    MBGCNBD,
    MBGNBD,
    NBD,
    BGCovariates,
    GammaGamma,
    Model,
    ParetoCovariates,
    ParetoNBD,
    WithCovariates,
    fit,
    fit_covariates,
    fit_spend,
)
from crmlab.maths.likelihood import Estimate
from crmlab.seeds import generator
from crmlab.studies import AT_LEAST, Claim
from crmlab.studies._purchases import lived

WORLDS = 200
"""So many because there are 39 claims: of 100 worlds one of them would fall below by chance, now and then."""

CUSTOMERS = 3_000
WITHIN = 2.0
"""Standard errors."""

# BG/NBD and Pareto/NBD: CDNOW (Fader, Hardie and Lee 2005); BG/BB: donations (Fader, Hardie and Shang 2010)
MODELS: dict[str, Model] = {
    "nbd": NBD(0.385, 12.072),
    "bg_nbd": BGNBD(0.243, 4.414, 0.793, 2.426),
    "mbg_nbd": MBGNBD(0.525, 6.183, 0.891, 1.614),
    "mbg_cnbd": MBGCNBD(0.8, 4.0, 0.891, 2.5, k=2),
    "pareto_nbd": ParetoNBD(0.553, 10.578, 0.606, 11.669),
    "bg_bb": BGBB(1.204, 0.750, 0.657, 2.783),
}
COVARIATES: dict[str, WithCovariates] = {
    "covariates": ParetoCovariates(0.553, 10.578, 0.606, 11.669, buying=(0.5,), leaving=(-0.4,)),
    "bg_covariates": BGCovariates(0.243, 4.414, 0.793, 2.426, buying=(0.5,), leaving=(0.4,), staying=(-0.2,)),
}
SPEND = GammaGamma(p=6.25, q=3.74, gamma=15.44)
"""CDNOW (Fader and Hardie 2013)."""

LABELS = (
    {name: model.name for name, model in MODELS.items()}
    | {name: f"{model.plain.name} with covariates" for name, model in COVARIATES.items()}
    | {"spend": "Gamma-gamma"}
)
PARAMETERS = (
    {name: model.estimated for name, model in MODELS.items()}
    | {name: (*model.plain.estimated, *model.scalings) for name, model in COVARIATES.items()}
    | {"spend": ("p", "q", "gamma")}
)
CLAIMS = {
    f"{name}_{parameter}": Claim(f"{label} has {parameter} within two standard errors", AT_LEAST, 0.9)
    for name, label in LABELS.items()
    for parameter in PARAMETERS[name]
} | {"mbg_cnbd_k": Claim("MBG/CNBD-k chooses the planted k", AT_LEAST, 0.9)}


def run_world(seed: int) -> dict[str, Any]:
    """Return of each model and parameter whether the fit has it within two standard errors."""
    outcomes: dict[str, Any] = {}
    for name, planted in MODELS.items():
        rng = generator(seed, name)
        T = (
            rng.integers(12, 25, CUSTOMERS)
            if isinstance(planted, BGBB)
            else rng.integers(27, 53, CUSTOMERS).astype(np.float64)
        )
        x, t_x, _ = lived(planted, T, horizon=0.0, rng=rng)
        truth = np.array([getattr(planted, p) for p in planted.estimated])
        try:
            found, estimate = fit(type(planted), x, t_x, T)
        except CrmlabError:
            found, estimate = None, None
        outcomes |= _recovered(name, truth, estimate)
        if isinstance(planted, MBGCNBD):
            outcomes["mbg_cnbd_k"] = found is not None and found.k == planted.k
    for name, planted in COVARIATES.items():
        outcomes |= _with_covariates(name, planted, seed)
    return outcomes | _spend(generator(seed, "spend"))


def _spend(rng: np.random.Generator) -> dict[str, bool]:
    """Return the same of the model of spend per purchase."""
    x = rng.geometric(1 / 3, CUSTOMERS).astype(np.float64)
    # the mean of x purchases of Gamma(p, ν) each is Gamma(p x, ν x)
    mean = rng.gamma(SPEND.p * x, 1 / x) / rng.gamma(SPEND.q, 1 / SPEND.gamma, CUSTOMERS)
    try:
        _, estimate = fit_spend(x, mean)
    except CrmlabError:
        estimate = None
    return _recovered("spend", np.array([SPEND.p, SPEND.q, SPEND.gamma]), estimate)


def _with_covariates(name: str, planted: WithCovariates, seed: int) -> dict[str, bool]:
    """Return the same of a model with one yes-or-no covariate of buying and of leaving."""
    rng = generator(seed, name)
    z = rng.integers(0, 2, (CUSTOMERS, 1)).astype(np.float64)
    T = rng.integers(27, 53, CUSTOMERS).astype(np.float64)
    x, t_x, _ = lived(planted.at(z, z), T, horizon=0.0, rng=rng)
    coefficients = [c for group in planted.scalings for c in getattr(planted, group)]
    truth = np.array([*(getattr(planted, p) for p in planted.plain.estimated), *coefficients])
    try:
        _, estimate = fit_covariates(type(planted), x, t_x, T, buying=z, leaving=z)
    except CrmlabError:
        estimate = None
    return _recovered(name, truth, estimate)


def _recovered(name: str, truth: np.ndarray, estimate: Estimate | None) -> dict[str, bool]:
    """Return of each parameter whether its estimate is within two standard errors; False without one."""
    names = PARAMETERS[name]
    if estimate is None:
        return {f"{name}_{parameter}": False for parameter in names}
    found, error = estimate.parameters, estimate.standard_errors
    coefficient = np.isin(names, list(COVARIATES[name].scalings) if name in COVARIATES else [])
    scale = np.where(coefficient, 1.0, found)
    off = np.where(coefficient, found - truth, np.log(np.where(coefficient, 1.0, found / truth)))
    near = np.abs(off) <= WITHIN * error / scale
    return {f"{name}_{parameter}": bool(hit) for parameter, hit in zip(names, near, strict=True)}
