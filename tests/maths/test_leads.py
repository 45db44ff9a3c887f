"""Leads: paired fits, shrunk variances, tests of pairs, by hand, at their edges, and how often they err."""

import numpy as np
import pytest
from scipy import stats

from crmlab.errors import DataError
from crmlab.maths import leads, winner
from crmlab.maths.resampling import corrected_variance


def told(estimates, replicates, fits=None, *, seed=0, **given):
    """Return all pairs; without fits the estimates are the only ones."""
    fits = np.array([estimates]) if fits is None else fits
    rng = np.random.default_rng(seed)
    return leads.from_replicates(np.asarray(estimates), replicates, fits, level=0.95, rng=rng, **given)


# --- by hand --------------------------------------------------------------------------------------
def test_the_parts_of_an_error_by_hand():
    # replicates of the difference: 1 and -1 in turn, variance 2 (of 2 values) times 100 / 198
    replicates = np.column_stack([np.tile([1.0, 0.0], 50), np.tile([0.0, 1.0], 50)])
    # fits of the difference: 3, 1, 2: variance 1 with two degrees of freedom
    fits = np.array([[5.0, 2.0], [4.0, 3.0], [5.0, 3.0]])
    pair = told([5.0, 2.0], replicates, fits).iloc[0]
    tested = 100 / 99
    assert pair["difference"] == 3
    assert pair["tested"] == pytest.approx(tested)
    assert (pair["trained"], pair["trained_df"]) == (1, 2)
    assert pair["error"] == pytest.approx(np.sqrt(tested + 1))
    # Satterthwaite (1946): (v1 + v2)² / (v2² / 2), the first being known
    assert pair["df"] == pytest.approx((tested + 1) ** 2 / (1 / 2))
    assert pair["p"] == pytest.approx(2 * stats.t.sf(3 / pair["error"], pair["df"]))


def test_the_estimate_is_one_of_the_fits():
    """A tuned method whose estimate lies far from its refits is not known as well as these agree."""
    rng = np.random.default_rng(1)
    replicates = rng.normal(0, 0.001, (200, 2))
    refits = np.column_stack([[0.718, 0.726, 0.735, 0.742], np.full(4, 0.70)])
    far = told([0.601, 0.70], replicates, np.vstack([[0.601, 0.70], refits])).iloc[0]
    near = told([0.730, 0.70], replicates, np.vstack([[0.730, 0.70], refits])).iloc[0]
    assert far["trained"] == pytest.approx(np.var([0.601, 0.718, 0.726, 0.735, 0.742], ddof=1))
    assert far["error"] > 5 * near["error"]


def test_what_two_methods_share_in_training_cancels():
    rng = np.random.default_rng(2)
    common = rng.normal(size=(5, 1))
    fits = np.column_stack([0.8 + common, 0.7 + common])
    pair = told(fits[0], rng.normal(0, 0.01, (300, 2)), fits).iloc[0]
    assert pair["trained"] == 0


def test_identical_answers_have_the_difference_0_and_no_interval():
    rng = np.random.default_rng(0)
    values = rng.normal(0.7, 0.01, (200, 1)).repeat(2, axis=1)
    values = np.column_stack([values, rng.normal(0.6, 0.01, 200)])
    fits = np.column_stack([rng.normal(0.7, 0.05, (5, 1)).repeat(2, axis=1), np.full(5, 0.6)])
    found = told(values.mean(axis=0), values, fits)
    folded = leads.from_folds(values[:10], test_share=0.25, level=0.95, rng=rng)
    for pairs in (found, folded):
        assert pairs.loc[0, ["difference", "error", "lower", "upper", "p", "p_adjusted"]].tolist() == [
            0,
            0,
            0,
            0,
            1,
            1,
        ]
        assert pairs[["i", "j"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 2]]
        assert pairs.notna().all(axis=None)
    assert (folded.loc[1:, "p_adjusted"] < 0.01).all()


def test_all_answers_identical():
    found = told(np.full(3, 0.5), np.full((50, 3), 0.5))
    assert (found["p_adjusted"] == 1).all()
    assert (found[["difference", "lower", "upper"]] == 0).all(axis=None)


def test_the_order_of_the_roster_changes_nothing():
    rng = np.random.default_rng(3)
    fits, replicates = rng.normal(size=(5, 4)), rng.normal(size=(300, 4))
    order = [2, 0, 3, 1]
    one = told(fits[0], replicates, fits, seed=7)
    other = told(fits[0][order], replicates[:, order], fits[:, order], seed=7)
    for row in one.itertuples():
        i, j = order.index(row.i), order.index(row.j)
        twin = other[other["i"].isin((i, j)) & other["j"].isin((i, j))].iloc[0]
        assert twin["p"] == pytest.approx(row.p, rel=1e-9)
        assert twin["error"] == pytest.approx(row.error, rel=1e-9)
        assert twin["upper"] - twin["lower"] == pytest.approx(row.upper - row.lower, rel=1e-9)


def test_a_pair_uses_the_refits_that_both_have():
    rng = np.random.default_rng(4)
    fits = rng.normal(size=(5, 2))
    fits[3:, 1] = np.nan
    pair = told(fits[0], rng.normal(size=(100, 2)), fits).iloc[0]
    assert pair["trained"] == pytest.approx(np.var(fits[:3, 0] - fits[:3, 1], ddof=1))
    assert pair["trained_df"] == 2


def test_few_events_are_few_degrees_of_freedom():
    replicates = np.random.default_rng(5).normal(size=(500, 2))
    many, few = (told([1.0, 0.0], replicates, test_df=df).iloc[0] for df in (np.inf, 9))
    assert few["df"] == 9
    assert few["p"] > many["p"]


def test_too_few_defined_replicates_or_folds_are_refused():
    with pytest.raises(DataError, match="0 of 5 bootstrap replicates"):
        told(np.zeros(2), np.full((5, 2), np.nan))
    with pytest.raises(DataError, match="0 of 5 folds"):
        leads.from_folds(np.full((5, 2), np.nan), test_share=0.2, level=0.9, rng=np.random.default_rng())


def test_two_methods_over_folds_get_the_corrected_t():
    values = np.random.default_rng(2).normal(0, 1, (20, 2))
    found = leads.from_folds(values, test_share=0.25, level=0.95, rng=np.random.default_rng(0)).iloc[0]
    difference = values[:, 0] - values[:, 1]
    error = np.sqrt(corrected_variance(difference, test_share=0.25))
    p = 2 * stats.t.sf(abs(difference.mean() / error), 19)
    assert found["p"] == pytest.approx(p)
    assert found["upper"] - found["difference"] == pytest.approx(stats.t.ppf(0.975, 19) * error, rel=0.02)
    assert found["p_adjusted"] == pytest.approx(p, abs=0.01)


# --- variances over a few fits ----------------------------------------------------------------------
def test_the_inverse_of_trigamma():
    # trigamma(1) = π²/6 and trigamma(1/2) = π²/2 (Abramowitz and Stegun 1964, 6.4.2 and 6.4.4)
    assert leads._inverse_trigamma(np.pi**2 / 6) == pytest.approx(1)
    assert leads._inverse_trigamma(np.pi**2 / 2) == pytest.approx(0.5)


def test_equal_variances_are_pooled_and_unlike_ones_are_not():
    rng = np.random.default_rng(6)
    alike = rng.chisquare(4, 200) / 4
    pooled, df = leads.shrunk(alike, np.full(200, 4))
    assert np.ptp(pooled) < 0.5 * np.ptp(alike)
    assert pooled.mean() == pytest.approx(1, abs=0.15)
    assert df.min() > 3 * 4
    unlike = alike * np.exp(rng.normal(0, 3, 200))
    kept, df = leads.shrunk(unlike, np.full(200, 4))
    assert np.corrcoef(np.log(kept), np.log(unlike))[0, 1] > 0.9
    assert df.max() < 6


def test_no_variance_stays_none_and_an_unknown_one_is_that_of_the_others():
    rng = np.random.default_rng(7)
    given = np.r_[0.0, 0.0, rng.chisquare(4, 50) / 4]
    found, df = leads.shrunk(given, np.r_[4, 0, np.full(50, 4)])
    assert found[0] == 0
    assert found[1] == pytest.approx(1, abs=0.3)
    assert df[1] > 0


# --- how often they err -----------------------------------------------------------------------------
def worlds(methods, count, *, lead=0.0, training=0.7, seed=0):
    """Yield (best, pairs) of worlds of methods with test noise 1 and training noise of this size."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        truth = np.r_[lead, np.zeros(methods - 1)]
        fits = truth + rng.normal(size=methods) + training * rng.normal(size=(5, methods))
        replicates = rng.normal(size=(300, methods))
        yield int(np.argmax(fits[0])), told(fits[0], replicates, fits, seed=number)


def beats_all(best, pairs):
    """Return whether the best is better than every other, pair by pair."""
    return bool((pairs[(pairs["i"] == best) | (pairs["j"] == best)]["p"] < 0.05).all())


def test_five_equal_methods_are_hardly_ever_told_apart():
    assert sum(beats_all(*world) for world in worlds(5, 200)) <= 6


def test_a_lead_of_four_standard_errors_is_seen_among_twenty():
    """An oracle that knows the variances sees it in .88."""
    error = np.sqrt(2 * (1 + 0.7**2))
    seen = sum(best == 0 and beats_all(best, pairs) for best, pairs in worlds(20, 100, lead=4.2 * error))
    assert seen >= 78


def test_two_equal_methods_differ_in_five_per_cent():
    differ = sum(pairs["p"].iloc[0] < 0.05 for _, pairs in worlds(2, 600, seed=1))
    assert 13 <= differ <= 50  # three standard errors of 600 worlds


def test_all_pairs_hold_together():
    held = sum(
        bool(((pairs["lower"] <= 0) & (pairs["upper"] >= 0)).all()) for _, pairs in worlds(5, 300, seed=2)
    )
    assert 0.91 <= held / 300 <= 0.985


def test_equal_methods_over_independent_folds(monkeypatch):
    """With no train rows shared (test_share 0), max-T over folds holds 0 in about 95 %."""
    monkeypatch.setattr(leads, "DRAWS", 2000)  # enough for a quantile, in a tenth of the time
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(300):
        values = rng.normal(size=(20, 1)) + rng.normal(size=(20, 4))
        pairs = leads.from_folds(values, test_share=0.0, level=0.95, rng=rng)
        held += bool(((pairs["lower"] <= 0) & (pairs["upper"] >= 0)).all())
    assert 0.91 <= held / 300 <= 0.985


# --- what a difference means ------------------------------------------------------------------------
def test_two_one_sided_tests_by_hand():
    # Schuirmann 1987: .01 + 1.6449 · .005 = .0182
    assert leads.is_equivalent(0.01, 0.005, np.inf, 0.0183)
    assert not leads.is_equivalent(0.01, 0.005, np.inf, 0.0182)
    assert not leads.is_equivalent(-0.01, 0.005, np.inf, 0.0182)


def test_how_many_times_as_many_would_decide():
    # 1.96 · .03 / .0196 = 3: nine times as many exclude zero; no margin holds the difference
    assert leads.times_as_many(0.0196, 0.03, np.inf, 0.0, alpha=0.05) == pytest.approx(9, rel=1e-3)
    # within a margin of .0689 it is 1.645 · .03 / .0493 = 1.00 once as many
    assert leads.times_as_many(0.0196, 0.03, np.inf, 0.0689, alpha=0.05) == pytest.approx(1, rel=0.01)


def test_the_covariance_of_folds_is_the_corrected_variance():
    values = np.array([[1.0, 2.0], [2.0, 5.0], [3.0, 3.0], [np.nan, 1.0]])
    found = winner.covariance_of_folds(values, test_share=0.5)
    assert np.diag(found) == pytest.approx(corrected_variance(values[:3], test_share=0.5))
    # (1/3 + 1/2) times ((-1)(-4/3) + 0 + (1)(-1/3)) / 2
    assert found[0, 1] == pytest.approx(5 / 6 * 0.5)
    assert np.isnan(winner.covariance_of_folds(values[2:], test_share=0.5)).all()


def test_the_covariance_over_fits_takes_what_each_method_has():
    replicates = np.zeros((10, 3))
    fits = np.array([[1.0, 1.0, 5.0], [2.0, 3.0, np.nan], [3.0, 2.0, np.nan]])
    found = winner.covariance_of(replicates, fits)
    assert found == pytest.approx(np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 0.0]]))


def test_no_variance_is_taken_for_less_than_it_was_found_to_be():
    variances, df = np.array([4.0, 0.1, 0.12, 0.09, 0.11]), np.full(5, 2.0)
    found, found_df = leads.cautious(variances, df)
    plain, plain_df = leads.shrunk(variances, df)
    assert plain[0] < 4.0
    assert found[0] == 4.0
    assert (found >= variances).all()
    assert found[1:] == pytest.approx(plain[1:])
    assert found_df.tolist() == plain_df.tolist()
