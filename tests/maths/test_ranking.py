"""Ranking measures against scikit-learn, by hand, and against averages over random orders."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from crmlab.errors import DataError
from crmlab.maths import ranking


@pytest.fixture
def world():
    rng = np.random.default_rng(5)
    outcome = (rng.random(400) < 0.3).astype(int)
    score = (outcome * 0.5 + rng.normal(size=400)).round(1)  # many ties
    return outcome, score, rng.integers(0, 4, (7, 400)).astype(np.uint8)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(ranking.auc, roc_auc_score), (ranking.average_precision, average_precision_score)],
)
def test_weighted_values_are_those_of_scikit_learn(world, ours, theirs, monkeypatch):
    outcome, score, weights = world
    monkeypatch.setattr(ranking, "CELLS", 1000)  # several chunks
    expected = [theirs(outcome, score, sample_weight=w) for w in weights]
    np.testing.assert_allclose(ours(outcome, score, weights), expected, rtol=0, atol=1e-13)


def test_auc_by_hand():
    # positives .8 .4, negatives .6 .4 .2: wins 3 + (1 + ½) of 6 pairs
    value = ranking.auc(np.array([1, 1, 0, 0, 0]), np.array([0.8, 0.4, 0.6, 0.4, 0.2]), np.ones((1, 5)))
    assert value == pytest.approx([4.5 / 6], abs=1e-15)


def test_lift_is_the_mean_over_random_orders_of_ties():
    outcome, score = np.array([1, 0, 1, 0, 0, 1]), np.array([3, 2, 2, 2, 1, 1])
    found = []
    for order in permutations(range(6)):
        ranked = sorted(order, key=lambda i: -score[i])  # stable: ties in the permuted order
        found.append(outcome[ranked[:3]].mean() / 0.5)
    value = ranking.top_share_lift(outcome, score, np.ones((1, 6)), share=0.5)
    assert value == pytest.approx([np.mean(found)], abs=1e-12)


def test_alift_is_linear_in_auc(world):
    outcome, score, weights = world
    for row in weights:
        rate = (outcome * row).sum() / row.sum()
        auc = ranking.auc(outcome, score, row[None, :])[0]
        assert ranking.alift(outcome, score, row) == pytest.approx(rate / 2 + (1 - rate) * auc, abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=2, max_size=60))
@settings(max_examples=200, deadline=None)
def test_the_area_under_the_gains_curve_follows_from_auc(rows):
    outcome = np.array([won for won, _ in rows], dtype=int)
    score = np.array([s / 3 for _, s in rows])
    if outcome.min() == outcome.max():
        return
    ahead = score[outcome == 1][:, None] - score[outcome == 0][None, :]
    auc = (np.sign(ahead) + 1).mean() / 2  # by counting pairs, a tie as one half
    contacted, captured = ranking.gains(outcome, score)
    corners = list(zip(contacted, captured, strict=True))
    area = sum((c - a) * (b + d) / 2 for (a, b), (c, d) in pairwise(corners))
    rate = outcome.mean()
    assert area == pytest.approx(rate / 2 + (1 - rate) * auc, abs=1e-9)
    assert ranking.auc(outcome, score, np.ones((1, len(rows))))[0] == pytest.approx(auc, abs=1e-9)


def test_the_rate_of_the_top_share_is_lift_times_base_rate(world):
    outcome, score, weights = world
    rate = ranking.top_share_rate(outcome, score, weights, share=0.15)
    base = weights @ outcome / weights.sum(axis=1)
    np.testing.assert_allclose(rate, ranking.top_share_lift(outcome, score, weights, share=0.15) * base)


def test_the_rate_of_the_top_share_by_hand():
    # the top half is the first row and 2 of the 3 tied ones, of which 1 of 3 is a 1
    outcome, score = np.array([1, 0, 1, 0, 0, 1]), np.array([3, 2, 2, 2, 1, 1])
    assert ranking.top_share_rate(outcome, score, np.ones((1, 6)), share=0.5) == pytest.approx([5 / 9])


def test_gains_run_from_nothing_to_everything(world):
    contacted, captured = ranking.gains(*world[:2])
    assert (contacted[0], captured[0], contacted[-1], captured[-1]) == (0, 0, 1, 1)
    assert (np.diff(captured) >= 0).all()
    assert len(contacted) == len(np.unique(world[1])) + 1


def test_a_missing_score_is_refused_with_its_row():
    with pytest.raises(DataError, match="row 1 is nan"):
        ranking.auc(np.array([0, 1]), np.array([0.2, np.nan]), np.ones((1, 2)))
