"""Metrics of what segments are good for: found again, kept, reached, told apart, offered to."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, jaccard_score, roc_auc_score

from crmlab import registry
from crmlab.metrics._weighting import halvings
from crmlab.metrics.stability_jaccard import between_refits, by_segment, trust

N = 1000


def _measure(name, answers, rows=None, solution=None, weights=None, **prices):
    answers = pd.DataFrame(answers)
    rows = pd.DataFrame({"row_id": np.arange(len(answers))}) if rows is None else rows
    weights = np.ones((1, len(answers))) if weights is None else weights
    return registry.metric(name)(solution, answers, rows, weights, **prices)


def _offers(effect, segment, **prices):
    solution = pd.DataFrame({"row_id": np.arange(len(effect)), "effect": effect})
    return _measure("offer_gain", {"segment": segment}, solution=solution, **prices)


# --- cluster-wise stability ---------------------------------------------------------------------
def test_jaccard_of_the_reference_implementation():
    """The example on the manual page of `clujaccard` in the R package fpc (Hennig): 9 of 10 members, .9."""
    answers = pd.DataFrame({"segment": [0] * 10 + [1] * 5, "segment_00": [2] + [0] * 9 + [1] * 5})
    assert by_segment(answers) == {0: pytest.approx(0.9), 1: pytest.approx(1.0)}


def test_jaccard_by_hand():
    """Segments a (4) and b (2); refit 0 takes one of a into b, refit 1 splits a in halves."""
    answers = {
        "segment": [0, 0, 0, 0, 1, 1],
        "segment_00": [5, 5, 5, 6, 6, 6],
        "segment_01": [0, 0, 1, 1, 2, 2],
    }
    # a: 3/4 and 2/4; b: 2/3 and 2/2
    a, b = (3 / 4 + 2 / 4) / 2, (2 / 3 + 1) / 2
    assert by_segment(pd.DataFrame(answers)) == {0: pytest.approx(a), 1: pytest.approx(b)}
    assert _measure("stability_jaccard", answers) == pytest.approx([(4 * a + 2 * b) / 6])
    # over customers: refit 0 has (4 · 3/4 + 2 · 2/3) / 6, refit 1 (4 · 2/4 + 2) / 6
    each = [(3 + 4 / 3) / 6, 4 / 6]
    rows = pd.DataFrame({"row_id": range(6)})
    assert between_refits(None, pd.DataFrame(answers), rows) == pytest.approx(np.var(each, ddof=1) / 2)


def test_jaccard_is_that_of_scikit_learn():
    rng = np.random.default_rng(5)
    segment = rng.integers(0, 4, N)
    again = np.where(rng.random(N) < 0.4, rng.integers(0, 5, N), segment)
    best = {s: max(jaccard_score(segment == s, again == t) for t in range(5)) for s in range(4)}
    assert by_segment(pd.DataFrame({"segment": segment, "segment_00": again})) == pytest.approx(best)


def test_the_segment_before_is_no_refit():
    segment = np.arange(N) % 3
    answers = {"segment": segment, "segment_00": segment, "segment_01": segment}
    other = np.random.default_rng(0).integers(-1, 3, N)
    for name in ("stability_jaccard", "stability_ari"):
        assert _measure(name, answers | {"segment_before": other, "margin": 0.5}) == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1.0, "highly stable"),
        (0.85, "highly stable"),
        (0.8499, "valid"),
        (0.75, "valid"),
        (0.7499, "a pattern, its members doubtful"),
        (0.60, "a pattern, its members doubtful"),
        (0.5999, "not to be trusted"),
        (0.0, "not to be trusted"),
    ],
)
def test_the_published_thresholds(value, word):
    """.6, .75 and .85: the manual page of `clusterboot` in the R package fpc, after Hennig 2008."""
    assert trust(value) == word


# --- persistence --------------------------------------------------------------------------------
def test_persistence_is_of_those_who_were_there_before():
    rng = np.random.default_rng(6)
    before = rng.integers(-1, 3, N)
    segment = np.where(rng.random(N) < 0.3, rng.integers(0, 3, N), before % 3)
    stayed = before >= 0
    weights = rng.poisson(1.0, (3, N))
    values = _measure("persistence_ari", {"segment": segment, "segment_before": before}, weights=weights)
    for value, count in zip(values, weights * stayed, strict=True):
        drawn = np.repeat(np.arange(N), count)
        assert value == pytest.approx(adjusted_rand_score(before[drawn], segment[drawn]), abs=1e-12)


def test_nobody_was_there_before():
    answers = {"segment": np.arange(N) % 3, "segment_before": np.full(N, -1)}
    assert np.isnan(_measure("persistence_ari", answers)).all()


# --- sizes and reach ----------------------------------------------------------------------------
def test_balance_by_hand():
    # halves and quarters: entropy 1.5 bits of log2(3)
    uneven = {"segment": [0, 0, 1, 2]}
    assert _measure("size_balance", uneven) == pytest.approx([1.5 / np.log2(3)], abs=1e-12)
    assert _measure("size_balance", {"segment": np.arange(N) % 5}) == pytest.approx([1.0], abs=1e-12)
    weights = np.array([[1, 1, 2, 2], [1, 1, 0, 0]])
    values = _measure("size_balance", uneven, weights=weights)
    # thirds are even; of a segment that was not drawn nothing is left, but it still counts as one
    assert values == pytest.approx([1.0, 0.0], abs=1e-12)


def test_reach_leaves_out_small_segments_and_who_does_not_consent():
    # 2,000 customers: one segment of 1,971, one of 20 (1 %), one of 9
    segment = np.r_[np.zeros(1971, int), np.ones(20, int), np.full(9, 2)]
    rows = pd.DataFrame({"row_id": np.arange(2000), "consent": np.tile([1.0, 0.0], 1000)})
    rows.loc[0, "consent"] = np.nan  # not known: not reached
    assert _measure("reachable_share", {"segment": segment}, rows) == pytest.approx([(985 + 10) / 2000])
    # 20 of 2,001 are below 1 %
    weights = np.ones((1, 2000))
    weights[0, 1] = 2
    assert _measure("reachable_share", {"segment": segment}, rows, weights=weights) == pytest.approx(
        [985 / 2001]
    )
    # 9 of 100 customers are a large share, and fewer than 10
    few = {"segment": np.r_[np.zeros(91, int), np.ones(9, int)]}
    everyone = pd.DataFrame({"row_id": np.arange(100), "consent": 1.0})
    assert _measure("reachable_share", few, everyone) == pytest.approx([0.91])


def test_reach_is_not_known_without_consent():
    assert np.isnan(_measure("reachable_share", {"segment": np.arange(N) % 2})).all()


# --- churn and offers ---------------------------------------------------------------------------
def test_halves_hang_on_the_row_id_alone():
    ids = np.arange(4000) * 7
    halves = list(halvings(ids))
    order = np.random.default_rng(1).permutation(4000)
    for half, shuffled in zip(halves, halvings(ids[order]), strict=True):
        np.testing.assert_array_equal(half[order], shuffled)
        assert abs(half.mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)
    # the ways to halve say nothing about each other
    agree = [np.mean(a == b) for i, a in enumerate(halves) for b in halves[:i]]
    assert max(np.abs(np.array(agree) - 0.5)) < 4 * 0.5 / np.sqrt(4000)


def test_separation_is_the_area_under_the_curve_of_the_other_half():
    rng = np.random.default_rng(7)
    segment = rng.integers(0, 5, N)
    outcome = (rng.random(N) < 0.2 + 0.1 * segment).astype(int)
    rows, solution = pd.DataFrame({"row_id": np.arange(N)}), pd.DataFrame({"outcome": outcome})
    won = pairs = 0.0
    for half in halvings(rows["row_id"]):
        for test in (half, ~half):
            rate = pd.Series(outcome[~test]).groupby(segment[~test]).mean()
            here = outcome[test].sum() * (1 - outcome[test]).sum()
            won += here * roc_auc_score(outcome[test], rate[segment[test]])
            pairs += here
    value = _measure("churn_separation", {"segment": segment}, rows, solution)
    assert value == pytest.approx([won / pairs], abs=1e-12)
    # about that of the true rates, .2 to .6
    assert value[0] == pytest.approx(roc_auc_score(outcome, segment), abs=0.02)


def test_many_useless_segments_do_not_separate():
    rng = np.random.default_rng(8)
    outcome = (rng.random(N) < 0.5).astype(int)
    solution, found, in_sample = pd.DataFrame({"outcome": outcome}), [], []
    for _ in range(50):
        segment = rng.integers(0, 100, N)
        found.append(_measure("churn_separation", {"segment": segment}, solution=solution)[0])
        rate = pd.Series(outcome).groupby(segment).transform("mean")
        in_sample.append(roc_auc_score(outcome, rate))
    assert np.mean(found) == pytest.approx(0.5, abs=4 * np.std(found) / np.sqrt(50))
    assert np.mean(in_sample) > 0.6


def test_one_segment_separates_nobody():
    solution = pd.DataFrame({"outcome": np.arange(N) % 2})
    assert _measure("churn_separation", {"segment": np.zeros(N)}, solution=solution) == pytest.approx([0.5])


def test_an_offer_by_hand():
    """A quarter of the customers gains .3 · 10 − 1 = 2, half loses 1; a quarter cannot be reached."""
    effect = np.tile([10.0, 0.0, 0.0, np.nan], 250)
    prices = {"contact_cost": 1.0, "margin_share": 0.3}
    told_apart = np.tile([0, 1, 1, 0], 250)
    assert _offers(effect, told_apart, **prices) == pytest.approx([2 / 4])
    # one segment: everyone together gains (2 − 1 − 1) / 4 = 0; at half the cost (2.5 − .5 − .5) / 4
    assert _offers(effect, np.zeros(1000), contact_cost=0.5, margin_share=0.3) == pytest.approx([1.5 / 4])
    # an offer that pays nowhere is made nowhere
    assert _offers(effect, told_apart, contact_cost=4.0, margin_share=0.3) == pytest.approx([0.0])


def test_chance_is_an_offer_to_everyone_or_no_one():
    chance = registry.metric("offer_gain").chance
    solution = pd.DataFrame({"effect": [10.0, 0.0, 0.0, np.nan]})
    assert chance(solution, contact_cost=0.5, margin_share=0.3) == pytest.approx(1.5 / 4)
    assert chance(solution, contact_cost=2.0, margin_share=0.3) == 0.0
    assert np.isnan(chance(solution.drop(columns="effect"), contact_cost=1.0, margin_share=0.3))


def test_segments_that_fit_noise_lose_money():
    """Effects without structure: what pays in one half does not in the other."""
    rng = np.random.default_rng(9)
    found, in_sample = [], []
    for _ in range(50):
        gain, segment = rng.normal(0.0, 1.0, N), rng.integers(0, 50, N)
        found.append(_offers(gain, segment, contact_cost=0.0, margin_share=1.0)[0])
        in_sample.append(np.maximum(np.bincount(segment, gain), 0).sum() / N)
    assert np.mean(found) == pytest.approx(0.0, abs=4 * np.std(found) / np.sqrt(50))
    assert np.mean(in_sample) > 0.05


def test_no_offer_is_judged_where_effects_are_not_known():
    solution = pd.DataFrame({"outcome": np.zeros(N)})
    answers = {"segment": np.arange(N) % 2}
    assert np.isnan(
        _measure("offer_gain", answers, solution=solution, contact_cost=1.0, margin_share=0.3)
    ).all()
