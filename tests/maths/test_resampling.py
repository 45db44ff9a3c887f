"""Bootstrap weights and intervals: by hand, at their edges, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from crmlab.errors import DataError
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


def test_identical_answers_do_not_differ():
    rng = np.random.default_rng(0)
    values = rng.normal(0.7, 0.01, (200, 1)).repeat(2, axis=1)
    values = np.column_stack([values, rng.normal(0.6, 0.01, 200)])
    found = resampling.pairs_from_replicates(values.mean(axis=0), values, level=0.95, rng=rng)
    folded = resampling.pairs_from_folds(values[:10], test_share=0.25, level=0.95, rng=rng)
    for pairs in (found, folded):
        assert pairs.loc[0, ["difference", "lower", "upper", "p_adjusted"]].tolist() == [0, 0, 0, 1]
        assert pairs[["i", "j"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 2]]
        assert pairs.notna().all(axis=None)
        assert (pairs.loc[1:, "p_adjusted"] < 0.01).all()


def test_all_answers_identical():
    found = resampling.pairs_from_replicates(np.full(3, 0.5), np.full((50, 3), 0.5), level=0.95)
    assert (found["p_adjusted"] == 1).all()
    assert (found[["difference", "lower", "upper"]] == 0).all(axis=None)


def test_too_few_defined_replicates_or_folds_are_refused():
    with pytest.raises(DataError, match="0 of 5 bootstrap replicates"):
        resampling.pairs_from_replicates(np.zeros(2), np.full((5, 2), np.nan), level=0.9)
    with pytest.raises(DataError, match="0 of 5 folds"):
        resampling.pairs_from_folds(
            np.full((5, 2), np.nan), test_share=0.2, level=0.9, rng=np.random.default_rng()
        )


def test_two_methods_over_folds_get_the_corrected_t():
    values = np.random.default_rng(2).normal(0, 1, (20, 2))
    found = resampling.pairs_from_folds(
        values, test_share=0.25, level=0.95, rng=np.random.default_rng(0)
    ).iloc[0]
    difference = values[:, 0] - values[:, 1]
    error = np.sqrt(resampling.corrected_variance(difference, test_share=0.25))
    assert found["upper"] - found["difference"] == pytest.approx(stats.t.ppf(0.975, 19) * error, rel=0.02)
    assert found["p_adjusted"] == pytest.approx(2 * stats.t.sf(abs(difference.mean() / error), 19), abs=0.01)


def _held(pairs):
    """Tell whether every interval holds 0, the difference of equal methods."""
    return bool(((pairs["lower"] <= 0) & (pairs["upper"] >= 0)).all())


def test_equal_methods_are_told_apart_in_five_per_cent():
    """Five equal, correlated means of 200 rows: all ten bootstrap intervals hold 0 in about 95 %."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(300):
        rows = rng.normal(size=(200, 1)) + rng.normal(size=(200, 5)) * [0.5, 1, 1, 2, 2]
        weights = rng.poisson(1.0, (300, 200))
        replicates = weights @ rows / weights.sum(axis=1, keepdims=True)
        held += _held(resampling.pairs_from_replicates(rows.mean(axis=0), replicates, level=0.95))
    assert 0.92 <= held / 300 <= 0.98  # three standard errors of 300 worlds


def test_refits_with_other_seeds_are_not_told_apart():
    """One method under five names: seed noise on top of the rows, known from four other refits."""
    rng = np.random.default_rng(8)
    held = {"without": 0, "with": 0}
    for _ in range(200):
        rows, refits = rng.normal(size=(100, 4)), rng.normal(0, 0.2, (5, 4))
        estimates = rows.mean(axis=0) + refits[0]
        weights = rng.poisson(1.0, (300, 100))
        replicates = weights @ rows / weights.sum(axis=1, keepdims=True) + refits[0]
        seed = {"seed_variance": refits.var(axis=0, ddof=1), "seed_df": 4, "rng": rng}
        held["without"] += _held(resampling.pairs_from_replicates(estimates, replicates, level=0.95))
        held["with"] += _held(resampling.pairs_from_replicates(estimates, replicates, level=0.95, **seed))
    assert held["without"] / 200 < 0.6
    assert held["with"] / 200 >= 0.95


def test_equal_methods_over_independent_folds(monkeypatch):
    """With no train rows shared (test_share 0), max-T over folds holds 0 in about 95 %."""
    monkeypatch.setattr(resampling, "DRAWS", 2000)  # enough for a quantile, in a tenth of the time
    rng = np.random.default_rng(9)
    held = sum(
        _held(
            resampling.pairs_from_folds(
                rng.normal(size=(20, 1)) + rng.normal(size=(20, 4)), test_share=0.0, level=0.95, rng=rng
            )
        )
        for _ in range(300)
    )
    assert 0.91 <= held / 300 <= 0.985
