"""Calibrated predictive distributions: exact where they are known, honest where a model is wrong."""

import numpy as np
import pytest
from scipy.stats import expon

from crmlab.maths.conformal import GRID, LEVELS, Recalibration, Spread, recalibration
from crmlab.maths.value import covered


def spread(n: int, *, zero: float, scale: float | np.ndarray = 1.0) -> Spread:
    """Return exponential spend with a mass at zero."""
    scale = np.broadcast_to(scale, n)
    quantiles = scale[:, None] * expon.ppf(LEVELS)
    return Spread((1 - zero) * scale, np.full(n, zero), quantiles)


def test_levels_and_quantiles_are_each_others_inverse():
    known = spread(len(LEVELS), zero=0.3)
    at = known.quantiles[0]
    np.testing.assert_allclose(known.cdf(at), 0.3 + 0.7 * LEVELS)
    np.testing.assert_allclose(known.quantile(0.3 + 0.7 * LEVELS), at)
    assert known.cdf(np.zeros(len(LEVELS))).tolist() == [0.3] * len(LEVELS)
    assert not known.quantile(np.full(len(LEVELS), 0.3)).any()


def test_without_knowledge_nothing_is_moved():
    known = spread(3, zero=0.3, scale=np.array([1.0, 2.0, 3.0]))
    p_zero, (upper,) = Recalibration().applied(known, (0.9,))
    np.testing.assert_allclose(p_zero, 0.3)
    np.testing.assert_allclose(upper, known.quantile(np.full(3, 0.9)))


def test_a_recalibration_by_hand():
    # one zero with p_zero .5 (PIT uniform on (0, .5)), two positive at .75: at level u
    # min(u / .5, 1) + 2 [u >= .75] + u, over 4
    found = recalibration(spread(3, zero=0.5), np.array([0.0, expon.median(), expon.median()]))
    assert len(found.reached) == 1
    at = dict(zip(GRID.round(3), found.reached[0], strict=True))
    assert at[0.25] == pytest.approx((0.5 + 0.25) / 4)
    assert at[0.7] == pytest.approx((1 + 0.7) / 4)
    assert at[0.8] == pytest.approx((1 + 2 + 0.8) / 4)
    assert (np.diff(found.reached[0]) > 0).all()


def test_a_wrong_model_covers_after_recalibration_at_the_top_too():
    # the model says 10 % zeros and one scale; in truth half are zero, and the spread is wider at the top
    rng, n = np.random.default_rng(7), 20_000
    scale = rng.lognormal(0, 1, n)
    spent = np.where(rng.random(n) < 0.5, 0.0, scale * rng.lognormal(0, np.where(scale > 3, 2.0, 0.5)))
    told = spread(n, zero=0.1, scale=scale)
    half = np.arange(n) < n // 2
    learned = recalibration(Spread(told.mean[half], told.p_zero[half], told.quantiles[half]), spent[half])
    rest = Spread(told.mean[~half], told.p_zero[~half], told.quantiles[~half])
    p_zero, ends = learned.applied(rest, (0.1, 0.9))
    inside = covered(spent[~half], *ends, p_zero)
    top = rest.mean >= np.quantile(rest.mean, 0.9)
    assert inside.mean() == pytest.approx(0.8, abs=0.02)
    assert inside[top].mean() == pytest.approx(0.8, abs=0.05)
    raw = covered(spent[~half], *(rest.quantile(np.full(n // 2, a)) for a in (0.1, 0.9)), rest.p_zero)
    assert abs(raw.mean() - 0.8) > 0.1
