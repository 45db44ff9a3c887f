"""Penalised Pareto/NBD: at no penalty the paper's maximum, and a finite one where that has none."""

import numpy as np
import pytest

from crmlab.maths.btyd import ParetoCovariates, ParetoNBD, fit, fit_covariates
from crmlab.studies._purchases import lived

PLANTED = ParetoCovariates(0.8, 4.0, 0.7, 11.0, buying=(0.6,), leaving=(-0.5,))
N = 1500


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(11)
    z = rng.integers(0, 2, (N, 1)).astype(np.float64)
    x, t_x, _ = lived(PLANTED.at(z, z), np.full(N, 40.0), horizon=0.0, rng=rng)
    # whole weeks: equal customers come several times
    return x, np.where(x > 0, np.ceil(t_x), 0.0), np.full(N, 40.0), z


def likelihood(model, x, t_x, T, z):
    return model.at(z, z).log_likelihood(x, t_x, T).sum()


def test_without_a_ridge_it_is_maximum_likelihood(world):
    x, t_x, T, z = world
    model, estimate = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z, ridge=0.0)
    wanted, expected = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z)
    assert model == wanted
    assert estimate.log_likelihood == expected.log_likelihood
    # a ridge of next to nothing comes to the same place by the penalised way
    near, _ = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z, ridge=1e-8)
    assert near.buying + near.leaving == pytest.approx(wanted.buying + wanted.leaving, abs=1e-3)


def test_it_is_the_maximum_of_likelihood_less_penalty(world):
    x, t_x, T, z = world
    model, estimate = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z, ridge=50.0)
    assert estimate.log_likelihood == pytest.approx(likelihood(model, x, t_x, T, z))

    def height(buying, leaving):
        moved = ParetoCovariates(model.r, model.alpha, model.s, model.beta, (buying,), (leaving,))
        return likelihood(moved, x, t_x, T, z) - 50 * (buying**2 + leaving**2) / 2

    b, q = model.buying[0], model.leaving[0]
    slopes = [(height(b + d, q + e) - height(b - d, q - e)) / 2e-4 for d, e in ((1e-4, 0), (0, 1e-4))]
    assert slopes == pytest.approx([0, 0], abs=5e-3)
    free, errors = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z, ridge=0.0)
    assert 0 < b < free.buying[0]
    assert (estimate.standard_errors[4:] < errors.standard_errors[4:]).all()


def test_a_ridge_without_bound_is_the_plain_model(world):
    x, t_x, T, z = world
    model, estimate = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z, ridge=1e9)
    plain, alone = fit(ParetoNBD, x, t_x, T)
    assert (*model.buying, *model.leaving) == pytest.approx((0, 0), abs=1e-6)
    assert (model.r, model.alpha) == pytest.approx((plain.r, plain.alpha), rel=1e-3)
    assert estimate.log_likelihood == pytest.approx(alone.log_likelihood)


def test_a_group_that_nobody_has_left_has_a_finite_dropout(world):
    x, t_x, T, z = world
    # thirty customers who have just bought: nothing speaks for any dropout at all
    x, T = np.append(x, np.full(30, 9.0)), np.append(T, np.full(30, 40.0))
    t_x, z = np.append(t_x, np.full(30, 40.0)), np.append(np.zeros((N, 1)), np.ones((30, 1)), axis=0)
    model, estimate = fit_covariates(ParetoCovariates, x, t_x, T, buying=z, leaving=z, ridge=1.0)
    assert -3 < model.leaving[0] < -0.5
    assert np.isfinite(estimate.standard_errors[-1])
