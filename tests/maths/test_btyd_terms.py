"""Log-likelihoods of single customers: against closed forms, the published one, and their own slopes."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from crmlab.maths.btyd import BGNBD, _bg_terms, _pareto_terms
from crmlab.maths.btyd._pareto_terms import deaths_between
from crmlab.maths.btyd.customers import Customers

PASTS = np.array(
    [
        (0, 0.0, 39.0),
        (1, 5.0, 39.0),
        (5, 38.9, 39.0),
        (20, 30.0, 104.0),
        (300, 10.0, 104.0),
        (800, 1.0, 104.0),
    ]
).T
SCALES = [
    (0.55, 10.6, 0.6, 11.7),
    (0.8, 15.5, 1.04, 150.0),
    (3.0, 1000.0, 0.3, 0.5),
    (20.0, 0.001, 2.0, 3000.0),
]


def each(parameters):
    """Return parameters and pasts, one of each customer."""
    return [np.full(PASTS.shape[1], p) for p in parameters] + list(PASTS)


def test_of_equal_scales_the_integral_is_a_power():
    r, alpha, s, _ = 0.7, 9.0, 0.4, 9.0
    x, t_x, T = PASTS
    power = r + x + s
    # (alpha + u)^-(power + 1) integrated from t_x to T
    wanted = (
        -power * np.log(alpha + t_x) + np.log1p(-(((alpha + t_x) / (alpha + T)) ** power)) - np.log(power)
    )
    found, _ = deaths_between(*each((r, alpha, s, alpha)))
    assert found == pytest.approx(wanted, abs=1e-11)


@pytest.mark.parametrize("scales", SCALES[:2])
def test_the_integral_is_fader_and_hardies_difference(scales):
    """Fader and Hardie 2005, equations 17 and 18, for alpha < beta and few purchases."""
    r, alpha, s, beta = scales
    x, t_x, T = PASTS[:, :4]

    def tail(y):
        c = r + s + x
        return hyp2f1(c, r + x, c + 1, (beta - alpha) / (beta + y)) / (beta + y) ** c / c

    found, _ = deaths_between(*(np.full(4, p) for p in scales), x, t_x, T)
    assert found == pytest.approx(np.log(tail(t_x) - tail(T)), abs=1e-9)


def in_many_points(r, alpha, s, beta, x, t_x, T):
    """Return the same integral and its slopes by 16 points in each of 1,500 pieces, over the whole wait."""
    low = min(alpha, beta)
    edges = np.linspace(0, np.log((low + T) / (low + t_x)), 1501)
    points, weights = np.polynomial.legendre.leggauss(16)
    y = edges[:-1, None] + (points + 1) / 2 * edges[1]
    u = (low + t_x) * np.exp(y) - low
    log = -(r + x) * np.log(alpha + u) - (s + 1) * np.log(beta + u) + np.log(low + t_x) + y
    mass = np.exp(log - log.max()) * weights * edges[1] / 2

    def mean(values):
        return (mass * values).sum() / mass.sum()

    by_alpha, by_beta = -(r + x) * alpha * mean(1 / (alpha + u)), -(s + 1) * beta * mean(1 / (beta + u))
    slopes = [-r * mean(np.log(alpha + u)), by_alpha, -s * mean(np.log(beta + u)), by_beta]
    return log.max() + np.log(mass.sum()), slopes


def anywhere(n):
    """Return parameters from .001 to 3,000 and pasts within 104 weeks; first one that fell, ever so late."""
    rng = np.random.default_rng(7)
    yield 1.3957e-3, 1.2732e-3, 284.79, 7.1726, 0.0, 0.0, 88.31
    for _ in range(n):
        x, T = float(rng.choice([0, 0, 1, 5, 300, 800])), float(rng.uniform(1, 104))
        yield *np.exp(rng.uniform(np.log(0.001), np.log(3000), 4)), x, T * rng.uniform() if x else 0.0, T


def test_the_integral_is_right_far_from_sensible_parameters():
    for point in anywhere(60):
        wanted, slopes = in_many_points(*point)
        [found], [*found_slopes] = deaths_between(*(np.array([v]) for v in point))
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-10), point
        assert np.ravel(found_slopes) == pytest.approx(slopes, rel=1e-9, abs=1e-9), point


def test_nobody_dies_in_no_time():
    parameters, past = (0.5, 10.0, 0.6, 12.0), np.array([[2.0], [39.0], [39.0]])
    value, slopes = _pareto_terms.terms(*parameters, *past)
    alive, dead, alive_slopes, _ = _pareto_terms.branches(*parameters, *past)
    assert np.isneginf(dead).all()
    assert value == pytest.approx(alive)
    assert slopes == pytest.approx(alive_slopes)


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("terms", [_pareto_terms.terms, _bg_terms.terms])
def test_slopes_are_those_of_the_likelihood(terms, scales):
    slopes = terms(*each(scales))[1]
    for i, move in enumerate(np.eye(4) * 1e-4):
        up, down = (terms(*each(np.exp(np.log(scales) + m)))[0] for m in (move, -move))
        assert slopes[i] == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("scales", SCALES)
def test_the_likelihood_of_single_customers_adds_up_to_the_one_that_is_fitted(scales):
    """BGNBD.objective is made for many equal customers; BGNBD.log_likelihood is written out."""
    value, slopes = _bg_terms.terms(*each(scales))
    assert value == pytest.approx(BGNBD(*scales).log_likelihood(*PASTS), rel=1e-11)
    summed, gradient = BGNBD.objective(Customers.of(*PASTS)).value(np.log(scales))
    assert value.sum() == pytest.approx(summed, rel=1e-11)
    assert slopes.sum(axis=1) == pytest.approx(gradient, rel=1e-9)
