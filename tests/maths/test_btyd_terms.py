"""Log-likelihoods of single customers: against closed forms, the published one, and their own slopes."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from crmlab.maths.btyd import BGNBD, MBGNBD, ParetoNBD, _coin_terms, _pareto_terms
from crmlab.maths.btyd._pareto_terms import deaths_between

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


def test_nobody_dies_in_no_time():
    value, slopes = _pareto_terms.terms(0.5, 10.0, 0.6, 12.0, *np.array([[2.0], [39.0], [39.0]]))
    alive = ParetoNBD(0.5, 10.0, 0.6, 12.0)._branches(*np.array([[2.0], [39.0], [39.0]]))
    assert np.isneginf(alive[1]).all()
    assert value == pytest.approx(alive[0])
    assert np.isfinite(slopes).all()


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize(
    ("terms", "model"),
    [
        (_pareto_terms.terms, ParetoNBD),
        (lambda *past: _coin_terms.terms(*past, first=0), BGNBD),
        (lambda *past: _coin_terms.terms(*past, first=1), MBGNBD),
    ],
)
def test_terms_are_the_likelihood_and_its_slopes(terms, model, scales):
    value, slopes = terms(*each(scales))
    assert value == pytest.approx(model(*scales).log_likelihood(*PASTS), rel=1e-11)
    for i, move in enumerate(np.eye(4) * 1e-4):
        up, down = (terms(*each(np.exp(np.log(scales) + m)))[0] for m in (move, -move))
        assert slopes[i] == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-5)


def test_coin_terms_are_a_likelihood_with_an_objective_of_its_own():
    """The sum over customers is the one that BGNBD.objective, made for many equal ones, comes to."""
    from crmlab.maths.btyd.customers import Customers

    logs = np.log(SCALES[0])
    value, gradient = BGNBD.objective(Customers.of(*PASTS))(logs)
    single, slopes = _coin_terms.terms(*np.exp(logs), *PASTS, first=0)
    assert single.sum() == pytest.approx(value, rel=1e-12)
    assert slopes.sum(axis=1) == pytest.approx(gradient, rel=1e-10)
