"""Recalibration by hand, and against isotonic regression of scikit-learn."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from crmlab.maths import calibration


def test_recalibration_by_hand():
    # rising scores 1 2 3 4 with outcomes 0 1 0 1: the middle two are pooled to one half
    known = {"known_outcome": np.array([0, 1, 0, 1]), "known_score": np.array([1.0, 2, 3, 4])}
    found = calibration.recalibrated(np.array([0.0, 1.5, 2.7, 3.5, 9.0]), **known)
    np.testing.assert_allclose(found, [0, 0.25, 0.5, 0.75, 1])


def test_recalibration_is_the_one_of_scikit_learn():
    rng = np.random.default_rng(4)
    score = rng.random(300).round(2)
    outcome = (rng.random(300) < score**2).astype(int)
    new = rng.random(100)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(score, outcome).predict(new)
    ours = calibration.recalibrated(new, known_outcome=outcome, known_score=score)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_recalibration_mends_a_score_that_is_no_probability():
    rng = np.random.default_rng(5)
    score = rng.normal(size=4000)
    outcome = (rng.random(4000) < 1 / (1 + np.exp(1 - score))).astype(int)
    mended = calibration.recalibrated(score[2000:], known_outcome=outcome[:2000], known_score=score[:2000])
    squashed = 1 / (1 + np.exp(-3 * score[2000:]))
    one = np.ones((1, 2000))
    before, after = (calibration.squared_error(outcome[2000:], s, one)[0] for s in (squashed, mended))
    assert after < 0.002 < 0.02 < before


def test_the_error_of_a_constant_is_what_the_metric_gives_it():
    outcome = np.array([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])
    found = calibration.squared_error(outcome, np.full(12, outcome.mean()), np.ones((1, 12)))
    assert found == pytest.approx([calibration.error_of_constant(outcome)], abs=1e-15)
