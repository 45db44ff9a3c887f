"""Models with covariates: without effect they are the plain model, and planted effects come back."""

import numpy as np
import pytest

from crmlab.errors import DataError
from crmlab.maths.btyd import BGCovariates, ParetoCovariates, fit, fit_covariates
from crmlab.maths.btyd.covariates import Likelihood
from crmlab.maths.convergence import DidNotConverge
from crmlab.studies._purchases import lived

PARETO = ParetoCovariates(0.8, 4.0, 0.7, 11.0, buying=(0.6, -0.3), leaving=(-0.5,))
BG = BGCovariates(0.8, 4.0, 0.9, 2.5, buying=(0.6, -0.3), leaving=(0.7,), staying=(-0.2,))
PLANTED = [PARETO, BG]
N = 1500


def simulated(planted):
    rng = np.random.default_rng(11)
    z = np.column_stack([rng.integers(0, 2, N), rng.integers(-1, 2, N)]).astype(np.float64)
    T = np.full(N, 40.0)
    x, t_x, _ = lived(planted.at(z, z[:, :1]), T, horizon=0.0, rng=rng)
    # whole weeks: equal customers come several times
    return x, np.where(x > 0, np.ceil(t_x), 0.0), T, z, z[:, :1]


@pytest.fixture(scope="module", params=PLANTED, ids=lambda p: p.plain.name)
def planted(request):
    return request.param


@pytest.fixture(scope="module")
def world(planted):
    return simulated(planted)


def at(planted, point):
    """Return the model at logs of parameters and coefficients, two of purchase and one of each other."""
    return type(planted)(*np.exp(point[:4]), tuple(point[4:6]), *((c,) for c in point[6:]))


def coordinates(planted):
    coefficients = [c for field in planted.scalings for c in getattr(planted, field)]
    return np.array([getattr(planted, p) for p in planted.plain.estimated] + coefficients)


def test_a_covariate_scales_the_rate():
    model = PARETO.at(np.array([[0.0, 0], [1, 0]]), np.array([[0.0], [1]]))
    assert model.alpha == pytest.approx([4.0, 4.0 * np.exp(-0.6)])
    assert model.beta == pytest.approx([11.0, 11.0 * np.exp(0.5)])


def test_a_covariate_scales_the_odds_of_dropping_out():
    model = BG.at(np.array([[0.0, 0], [1, 0]]), np.array([[0.0], [1]]))
    assert model.alpha == pytest.approx([4.0, 4.0 * np.exp(-0.6)])
    odds = model.a / model.b
    assert odds[1] / odds[0] == pytest.approx(np.exp(0.7 + 0.2))


def test_without_effect_it_is_the_plain_model(planted):
    none = planted.at(np.zeros((1, 2)), np.zeros((1, 1)))
    plain = planted.plain(*(getattr(planted, p) for p in planted.plain.estimated))
    past = np.array([2.0]), np.array([9.0]), np.array([30.0])
    assert none.log_likelihood(*past) == pytest.approx(plain.log_likelihood(*past))
    assert none.p_zero(*past, 13.0) == pytest.approx(plain.p_zero(*past, 13.0))
    assert none.expected_purchases(*past, 13.0) == pytest.approx(plain.expected_purchases(*past, 13.0))


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(planted, world):
    x, t_x, T, buying, leaving = world
    climbed = Likelihood.of(
        type(planted), np.column_stack([x, t_x, T]), {"buying": buying, "leaving": leaving}, ridge=3.0
    )
    point = np.array([*np.log([0.7, 5.0, 0.9, 10.0]), 0.4, -0.2, 0.3, 0.1][: len(coordinates(planted))])

    def height(point):
        likelihood = at(planted, point).at(buying, leaving).log_likelihood(x, t_x, T).sum()
        return likelihood - 3.0 * point[4:] @ point[4:] / 2

    value, gradient = climbed.value(point)
    assert value == pytest.approx(height(point), rel=1e-12)
    moves = np.eye(len(point)) * 1e-4
    slopes = [(height(point + m) - height(point - m)) / 2e-4 for m in moves]
    assert gradient == pytest.approx(slopes, rel=1e-6, abs=1e-4)
    curves = [(climbed.value(point + m)[1] - climbed.value(point - m)[1]) / 2e-4 for m in moves]
    assert climbed.hessian(point) == pytest.approx(np.array(curves), rel=1e-5, abs=1e-2)


def test_planted_effects_come_back(planted, world):
    x, t_x, T, buying, leaving = world
    model, estimate = fit_covariates(type(planted), x, t_x, T, buying=buying, leaving=leaving)
    assert (np.abs(estimate.parameters - coordinates(planted)) < 4 * estimate.standard_errors).all()
    assert coordinates(model) == pytest.approx(estimate.parameters)
    # more than the plain model can say: as much as by two effects of six standard errors
    assert estimate.log_likelihood > fit(planted.plain, x, t_x, T)[1].log_likelihood + 18
    assert model.at(buying, leaving).log_likelihood(x, t_x, T).sum() == pytest.approx(estimate.log_likelihood)


def test_a_likelihood_without_a_maximum_says_that_there_is_no_ridge():
    """Of a group all drop out after three purchases: p cannot vary, and a and b go to infinity together."""
    x, t_x, T, _, _ = simulated(BG)
    alike = np.ones(200)
    x, t_x, T = (np.append(*both) for both in ((x, 3 * alike), (t_x, 4 * alike), (T, 40 * alike)))
    z = np.append(np.zeros(N), alike)[:, None]
    with pytest.raises(DidNotConverge, match=r"BG/NBD with covariates \(without a ridge\) fit to 1700"):
        fit_covariates(BGCovariates, x, t_x, T, buying=z, leaving=z)
    held, _ = fit_covariates(BGCovariates, x, t_x, T, buying=z, leaving=z, ridge=1.0)
    assert 2 < held.leaving[0] < held.staying[0] < 4


def test_a_covariate_that_tells_nothing_is_refused(planted, world):
    x, t_x, T, buying, _ = world
    model = type(planted)
    with pytest.raises(DataError, match="covariates of dropout are constant or tell the same"):
        fit_covariates(model, x, t_x, T, buying=buying, leaving=np.ones(N))
    with pytest.raises(DataError, match="covariates of purchase"):
        fit_covariates(model, x, t_x, T, buying=buying[:, [0, 0]], leaving=buying)
    with pytest.raises(DataError, match="covariates of dropout are missing"):
        fit_covariates(model, x, t_x, T, buying=buying, leaving=np.full(N, np.nan), ridge=1.0)
