"""Bootstrap weights and intervals: by hand, at their edges, and how often they hold the truth."""

import numpy as np
import pytest

from crmlab.maths import resampling


def test_rows_of_a_block_share_a_poisson_weight():
    blocks = np.array(["b", "a", "b", "c"])
    weights = resampling.poisson_weights(blocks, 4000, np.random.default_rng(0))
    assert (weights.shape, weights.dtype) == ((4000, 4), np.uint8)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert weights[:, :2].mean() == pytest.approx(1, abs=0.05)
    assert weights[:, 1].var() == pytest.approx(1, abs=0.1)
    assert abs(np.corrcoef(weights[:, 0], weights[:, 1])[0, 1]) < 0.05


def test_corrected_variance_by_hand():
    # Nadeau and Bengio 2003: (1/n + n_test/n_train) s²; s² of 1, 2, 3, 4 is 5/3, a fifth is tested
    assert resampling.corrected_variance(np.array([1.0, 2, 3, 4]), test_share=0.25) == pytest.approx(5 / 6)


def test_interval_from_folds_by_hand():
    lower, upper = resampling.interval_from_folds(
        np.array([1.0, 2, 3, 4, np.nan]), test_share=0.25, level=0.95
    )
    half = 3.182446305284263 * np.sqrt(5 / 6)  # t(.975; 3), any table
    assert (lower, upper) == pytest.approx((2.5 - half, 2.5 + half))


def test_interval_of_a_mean_is_near_the_normal_one():
    rng = np.random.default_rng(1)
    replicates = rng.normal(5.3, 1.0, 20_000)  # a bias of .3
    lower, upper = resampling.interval_from_replicates(5.0, replicates, level=0.95)
    assert (lower, upper) == pytest.approx((3.04, 6.96), abs=0.06)


def test_refitting_widens_an_interval():
    rng = np.random.default_rng(1)
    replicates = rng.normal(0, 1, 20_000)
    given = {"level": 0.95, "seed_variance": 1.0, "seed_df": 100, "rng": rng}
    lower, upper = resampling.interval_from_replicates(0.0, replicates, **given)
    assert upper - lower == pytest.approx(2 * 1.96 * np.sqrt(2), rel=0.03)


def test_undefined_replicates_are_left_out():
    replicates = np.r_[np.arange(100.0), [np.nan] * 50]
    assert resampling.interval_from_replicates(49.5, replicates, level=0.9) == pytest.approx((4.95, 94.05))
    assert np.isnan(resampling.interval_from_replicates(1.0, np.full(9, np.nan), level=0.9)).all()
