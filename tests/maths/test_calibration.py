"""Recalibration by hand, and against isotonic regression of scikit-learn."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from crmlab.maths import calibration, resampling


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


def test_intervals_of_the_error_lie_beyond_zero_where_scores_are_off_and_hardly_where_they_are_not():
    """Gaps that are partly noise are drawn in before weightings move them: before, .89 and 0 of 200."""
    rng, beyond = np.random.default_rng(0), {1.0: 0, 0.6: 0}
    for slope in beyond:
        for _ in range(60):
            z = rng.normal(-1, 1, 1000)
            outcome = (rng.random(1000) < 1 / (1 + np.exp(-slope * z))).astype(int)
            weights = resampling.poisson_weights(np.arange(1000), 200, rng)
            score = 1 / (1 + np.exp(-z))
            (value,) = calibration.squared_error(outcome, score, np.ones((1, 1000)))
            replicates = calibration.replicates_of_error(outcome, score, weights)
            lower, _ = resampling.interval_from_replicates(value, replicates, level=0.95)
            beyond[slope] += lower > 0
    # nominal: 2.5 %; it is conservative, as the spread of a square is smallest at 0
    assert beyond[1.0] <= 4
    assert beyond[0.6] >= 57


def test_gaps_that_are_no_larger_than_noise_are_moved_to_0():
    outcome, score = np.array([0, 1] * 50), np.full(100, 0.5)
    one = np.ones((1, 100))
    # each bin holds the tie group in proportion, so all gaps are 0: nothing to move
    plain, moved = (
        calibration.squared_error(outcome, score, one),
        calibration.replicates_of_error(outcome, score, one),
    )
    assert moved == pytest.approx(plain)
    # gaps of .1, whose squares sum to less than their noise, are moved away: minus the noise is left
    outcome = np.array([0, 1, 1, 0, 1, 0, 1, 0, 1, 1] * 10)
    (left,) = calibration.replicates_of_error(outcome, score, one)
    assert left == pytest.approx(-0.25 / 10)
