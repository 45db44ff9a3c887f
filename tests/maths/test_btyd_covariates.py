"""Pareto/NBD with covariates: without effect it is the plain model, and planted effects come back."""

import numpy as np
import pytest

from crmlab.errors import DataError
from crmlab.maths.btyd import ParetoCovariates, ParetoNBD, fit, fit_covariates
from crmlab.maths.btyd._pareto_objective import objective
from crmlab.maths.btyd.covariates import _histories
from crmlab.studies._purchases import lived

PLANTED = ParetoCovariates(0.8, 4.0, 0.7, 11.0, buying=(0.6, -0.3), leaving=(-0.5,))
N = 1500


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(11)
    z = np.column_stack([rng.integers(0, 2, N), rng.integers(-1, 2, N)]).astype(np.float64)
    T = np.full(N, 40.0)
    x, t_x, _ = lived(PLANTED.at(z, z[:, :1]), T, horizon=0.0, rng=rng)
    # whole weeks: equal customers come several times
    return x, np.where(x > 0, np.ceil(t_x), 0.0), T, z, z[:, :1]


def test_a_covariate_scales_the_rate():
    model = PLANTED.at(np.array([[0.0, 0], [1, 0]]), np.array([[0.0], [1]]))
    assert model.alpha == pytest.approx([4.0, 4.0 * np.exp(-0.6)])
    assert model.beta == pytest.approx([11.0, 11.0 * np.exp(0.5)])
    none = PLANTED.at(np.zeros((1, 2)), np.zeros((1, 1)))
    plain = ParetoNBD(0.8, 4.0, 0.7, 11.0)
    past = np.array([2.0]), np.array([9.0]), np.array([30.0])
    assert none.log_likelihood(*past) == pytest.approx(plain.log_likelihood(*past))
    assert none.p_zero(*past, 13.0) == pytest.approx(plain.p_zero(*past, 13.0))


def test_the_gradient_is_the_slope_of_the_likelihood(world):
    x, t_x, T, buying, leaving = world
    climbed = objective(_histories(x, t_x, T, buying, leaving))
    at = np.array([*np.log([0.7, 5.0, 0.9, 10.0]), 0.4, -0.2, 0.3])

    def likelihood(point):
        model = ParetoCovariates(*np.exp(point[:4]), tuple(point[4:6]), tuple(point[6:]))
        return model.at(buying, leaving).log_likelihood(x, t_x, T).sum()

    value, gradient = climbed(at)
    assert value == pytest.approx(likelihood(at), rel=1e-12)
    slopes = [(likelihood(at + m) - likelihood(at - m)) / 2e-4 for m in np.eye(7) * 1e-4]
    assert gradient == pytest.approx(slopes, rel=1e-6, abs=1e-4)


def test_planted_effects_come_back(world):
    x, t_x, T, buying, leaving = world
    model, estimate = fit_covariates(x, t_x, T, buying=buying, leaving=leaving)
    wanted = [0.8, 4.0, 0.7, 11.0, 0.6, -0.3, -0.5]
    assert (np.abs(estimate.parameters - wanted) < 4 * estimate.standard_errors).all()
    assert (*model.buying, *model.leaving) == tuple(estimate.parameters[4:])
    # more than the plain model can say: two effects of six standard errors
    assert estimate.log_likelihood > fit(ParetoNBD, x, t_x, T)[1].log_likelihood + 18
    assert model.at(buying, leaving).log_likelihood(x, t_x, T).sum() == pytest.approx(estimate.log_likelihood)


def test_a_covariate_that_tells_nothing_is_refused(world):
    x, t_x, T, buying, _ = world
    with pytest.raises(DataError, match="covariates of dropout are constant or tell the same"):
        fit_covariates(x, t_x, T, buying=buying, leaving=np.ones(N))
    with pytest.raises(DataError, match="covariates of purchase"):
        fit_covariates(x, t_x, T, buying=buying[:, [0, 0]], leaving=buying)
    with pytest.raises(DataError, match="covariates of dropout are missing"):
        fit_covariates(x, t_x, T, buying=buying, leaving=np.full(N, np.nan), ridge=1.0)
