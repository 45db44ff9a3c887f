"""BG/BB against its published fit, enumeration of every history, and simulation."""

import itertools

import numpy as np
import pytest
from scipy.special import beta as beta_function

from crmlab.errors import DataError
from crmlab.maths.btyd import BGBB, fit
from crmlab.studies._purchases import lived

# Fader, Hardie and Shang 2010, table 1: 11,104 donors of 1995 in the six years after, (x, t_x, how many)
DONORS = [
    (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284),
    (3, 5, 225), (2, 5, 173), (1, 5, 119), (4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322),
    (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464),
]  # fmt: skip
MODEL = BGBB(1.204, 0.750, 0.657, 2.783)


@pytest.fixture(scope="module")
def donors():
    x, t_x, count = np.array(DONORS).T
    assert count.sum() == 11_104
    return tuple(np.repeat(part, count).astype(np.float64) for part in (x, t_x, np.full(len(x), 6)))


def test_published_fit_to_donations(donors):
    model, estimate = fit(BGBB, *donors)
    # to the printed digits
    assert estimate.parameters == pytest.approx([1.204, 0.750, 0.657, 2.783], abs=6e-4)
    assert estimate.log_likelihood == pytest.approx(-33_225.6, abs=0.05)
    assert np.isfinite(estimate.standard_errors).all()
    # the next ten years of donors without, and with four gifts, the last in the fifth year: the walkthrough
    # of the R package BTYD (Dziurzynski, Wadsworth and McCarthy 2014), .1302169 and 3.627858
    expected = model.expected_purchases(np.array([0.0, 4]), np.array([0.0, 5]), np.array([6.0, 6]), 10)
    assert expected == pytest.approx([0.1302169, 3.627858], rel=1e-4)


def _probability(history, lasting, total):
    """Return P(history and alive for `lasting` of `total` opportunities), by the beta integrals."""
    x, a, b, g, d = sum(history), *vars(MODEL).values()
    buys = beta_function(a + x, b + lasting - x) / beta_function(a, b)
    leaves = beta_function(g, d + total) if lasting == total else beta_function(g + 1, d + lasting)
    return buys * leaves / beta_function(g, d)


def test_a_likelihood_is_the_sum_over_every_time_of_leaving():
    for history in itertools.product([0, 1], repeat=5):
        last = max((i + 1 for i, bought in enumerate(history) if bought), default=0)
        parts = [_probability(history, lasting, 5) for lasting in range(last, 6)]
        told = np.array([float(sum(history))]), np.array([float(last)]), np.array([5.0])
        assert np.exp(MODEL.log_likelihood(*told)) == pytest.approx(sum(parts), rel=1e-12)
        assert MODEL.p_alive(*told) == pytest.approx(parts[-1] / sum(parts), rel=1e-12)


def test_all_histories_have_probability_one():
    told = [
        (sum(h), max((i + 1 for i, bought in enumerate(h) if bought), default=0), 8)
        for h in itertools.product([0, 1], repeat=8)
    ]
    assert np.exp(MODEL.log_likelihood(*np.array(told, dtype=float).T)).sum() == pytest.approx(1, rel=1e-12)


def test_tails_draws_and_expectation_agree():
    past = tuple(np.array(p, dtype=float) for p in ([0, 3, 6, 2], [0, 4, 6, 2], [6, 6, 6, 9]))
    tails = MODEL.p_alive(*past) * [MODEL.tail_if_alive(i, *past, 7) for i in range(1, 8)]
    assert tails.sum(axis=0) == pytest.approx(MODEL.expected_purchases(*past, 7), rel=1e-10)
    assert MODEL.p_zero(*past, 7) == pytest.approx(1 - tails[0], rel=1e-12)
    assert (MODEL.tail_if_alive(8, *past, 7) == 0).all()
    drawn = MODEL.draws(*past, horizon=7, size=4000, seed=2)
    for i in (1, 3):
        assert (drawn >= i).mean(axis=0) == pytest.approx(tails[i - 1], abs=2 / 4000)


def test_forecasts_are_the_frequencies_of_simulated_customers():
    T = np.full(50_000, 12)
    x, t_x, after = lived(MODEL, T, horizon=6, rng=np.random.default_rng(5))
    zero, expected = MODEL.p_zero(x, t_x, T, 6), MODEL.expected_purchases(x, t_x, T, 6)
    for group in (x == 0, (x > 0) & (t_x < 8), t_x >= 8):
        n, silent = group.sum(), after[group] == 0
        assert n > 3000
        # four standard errors
        assert abs(silent.mean() - zero[group].mean()) < 4 * silent.std() / np.sqrt(n)
        assert abs(after[group].mean() - expected[group].mean()) < 4 * after[group].std() / np.sqrt(n)


def test_many_opportunities_are_finite():
    x, t_x, T = (
        np.array(v, dtype=float) for v in ([0, 900, 1, 700], [0, 1990, 1, 700], [2000, 2000, 2000, 700])
    )
    model = BGBB(0.6, 70.0, 0.6, 80.0)
    assert np.isfinite(model.log_likelihood(x, t_x, T)).all()
    assert ((model.p_alive(x, t_x, T) >= 0) & (model.p_alive(x, t_x, T) <= 1)).all()
    assert np.isfinite(model.expected_purchases(x, t_x, T, 90)).all()


@pytest.mark.parametrize(("row", "value"), [((3, 2, 5), "frequency 3"), ((1, 1.5, 5), r"recency 1\.5")])
def test_what_is_no_count_of_opportunities_is_refused(row, value):
    with pytest.raises(DataError, match=f"row 1 of the summary .*{value}.*opportunities"):
        BGBB.check(*(np.array(v) for v in zip((0, 0, 9), row, strict=True)))
