"""Metrics of segments: against scikit-learn, and what value beyond RFM means."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from sklearn.mixture import GaussianMixture

from crmlab import registry
from crmlab.maths.encoding import segment_input
from crmlab.metrics.value_explained import _predict, rfm_columns

N = 2500


@pytest.fixture
def world():
    rng = np.random.default_rng(21)
    rows = pd.DataFrame(
        {
            "row_id": rng.permutation(N),
            "days_since_last": rng.integers(1, 400, N),
            "frequency": rng.poisson(2.0, N),
            "monetary_value": rng.lognormal(3, 1, N),
        }
    )
    hidden = rng.integers(0, 4, N)
    value = np.where(rng.random(N) < 0.4, 0, rows["monetary_value"] * np.exp(0.8 * hidden))
    return rows, pd.DataFrame({"row_id": rows["row_id"], "value": value, "truth": hidden}), rng


def _measure(name, solution, segments, rows, weights=None, **prices):
    answers = pd.DataFrame(segments)
    weights = np.ones((1, len(rows))) if weights is None else weights
    return registry.metric(name)(solution, answers, rows, weights, **prices)


def test_agreement_is_that_of_scikit_learn(world):
    rows, solution, rng = world
    segment = np.where(rng.random(N) < 0.5, solution["truth"], rng.integers(0, 6, N))
    value = _measure("truth_ari", solution, {"segment": segment}, rows)
    assert value == pytest.approx([adjusted_rand_score(solution["truth"], segment)], abs=1e-12)
    others = rng.integers(0, 3, (2, N))
    labels = {"segment": segment, "segment_00": segment, "segment_01": others[0], "segment_02": others[1]}
    pairs = [(segment, others[0]), (segment, others[1]), (others[0], others[1])]
    expected = np.mean([adjusted_rand_score(a, b) for a, b in pairs])
    assert _measure("stability_ari", solution, labels, rows) == pytest.approx([expected], abs=1e-12)


def test_agreement_is_undefined_without_a_truth(world):
    rows, solution, _ = world
    for unknown in (solution.drop(columns="truth"), solution.assign(truth=None)):
        assert np.isnan(_measure("truth_ari", unknown, {"segment": np.arange(N) % 2}, rows)).all()


def test_silhouette_is_that_of_scikit_learn_and_samples_the_same_customers(world):
    rows, solution, _ = world
    few = rows.iloc[:1500].reset_index(drop=True)
    segment = (few["frequency"] > 2).astype(int)
    scaled = segment_input().fit_transform(few.drop(columns="row_id"))
    value = _measure("silhouette", solution, {"segment": segment}, few)
    assert value == pytest.approx([silhouette_score(scaled, segment)], abs=1e-12)
    # above 2,000 customers the rest is not looked at: their weights change nothing
    segment = (rows["frequency"] > 2).astype(int)
    weights = np.ones((N + 1, N))
    weights[np.arange(N), np.arange(N)] = 2
    values = _measure("silhouette", solution, {"segment": segment}, rows, weights)
    assert (np.abs(values[:N] - values[N]) < 1e-15).sum() == N - 2000


@pytest.mark.parametrize("name", ["silhouette", "davies_bouldin", "calinski_harabasz"])
def test_distances_are_those_of_the_clustered_columns_only(name, world):
    rows, solution, rng = world
    segment = {"segment": rng.integers(0, 3, N)}
    value = _measure(name, solution, segment, rows)
    carried = rows.assign(sessions=100.0 * segment["segment"], channel="web", outcome_like=1.0)
    assert _measure(name, solution, segment, carried) == pytest.approx(value, abs=0)
    alike = rows.assign(days_since_last=1, frequency=2, monetary_value=3.0)
    for flat in (alike, rows[["row_id"]]):
        assert np.isnan(_measure(name, solution, segment, flat)).all()


@pytest.mark.parametrize(
    ("name", "reference"),
    [("davies_bouldin", davies_bouldin_score), ("calinski_harabasz", calinski_harabasz_score)],
)
def test_spreads_are_those_of_scikit_learn_under_any_weights(name, reference, world):
    rows, solution, rng = world
    segment = np.where(rng.random(N) < 0.3, rng.integers(0, 4, N), (rows["frequency"] > 2).astype(int))
    scaled = segment_input().fit_transform(rows.drop(columns="row_id"))
    weights = rng.poisson(1.0, (4, N))
    weights[3, segment == 2] = 0  # a segment that was not drawn does not count
    values = _measure(name, solution, {"segment": segment}, rows, weights)
    for value, count in zip(values, weights, strict=True):
        drawn = np.repeat(np.arange(N), count)
        assert value == pytest.approx(reference(scaled[drawn], segment[drawn]), rel=1e-9)


def test_spreads_by_hand():
    """A hundred customers each on a line at 0, 2 and at 10, 14: the scale moves neither value."""
    rows = pd.DataFrame({"row_id": range(400)})
    rows["days_since_last"] = np.expm1(np.repeat([0.0, 2.0, 10.0, 14.0], 100))
    segment = {"segment": np.repeat([0, 1], 200)}
    # widths 1 and 2, centres 1 and 12: (1 + 2) / 11
    assert _measure("davies_bouldin", None, segment, rows) == pytest.approx([3 / 11], rel=1e-5)
    # centres 5.5 from the mean: between 400 · 5.5² = 12,100, within 200 · 1² + 200 · 2² = 1,000 over 398
    assert _measure("calinski_harabasz", None, segment, rows) == pytest.approx([12.1 * 398], rel=1e-5)


def test_centres_on_one_point_have_no_davies_bouldin():
    rows = pd.DataFrame({"row_id": range(4), "frequency": [0.0, 1.0, 0.0, 1.0]})
    assert np.isnan(_measure("davies_bouldin", None, {"segment": [0, 0, 1, 1]}, rows)).all()


def test_bic_is_that_of_scikit_learn_per_customer(world):
    rows, solution, _ = world
    points = segment_input().fit_transform(rows.drop(columns="row_id"))
    model = GaussianMixture(2, random_state=0).fit(points)
    # two means and weights of 3 columns, two covariances: 2 · 3 + 1 + 2 · 6 free numbers
    answer = {"log_density": model.score_samples(points), "parameters": np.full(N, 19)}
    weights = np.array([np.ones(N), np.arange(N) % 3])
    values = _measure("bic", solution, answer, rows, weights)
    assert values[0] == pytest.approx(model.bic(points) / N, rel=1e-12)
    drawn = np.repeat(points, np.arange(N) % 3, axis=0)
    assert values[1] == pytest.approx(model.bic(drawn) / len(drawn), rel=1e-12)


def test_the_basis_of_rfm_keeps_ties_and_gaps_together(world):
    rows, _, _ = world
    rows.loc[:99, "monetary_value"] = np.nan
    base = rfm_columns(rows)
    # three splines of eight columns, three marks of gaps, three products
    assert base.shape == (N, 3 * 8 + 3 + 3)
    assert np.isfinite(base).all()
    assert len(np.unique(rfm_columns(pd.concat([rows.iloc[[0]]] * 10)), axis=0)) == 1
    ties = rows["frequency"] == rows["frequency"].iloc[0]
    assert len(np.unique(base[ties][:, 9:17], axis=0)) == 1


def cells(rows):
    """Return the cell of each customer: tenths of recency times tenths of money."""
    tenths = [np.floor(10 * rankdata(rows[c]) / (N + 1)) for c in ("days_since_last", "monetary_value")]
    return (10 * tenths[0] + tenths[1]).astype(int)


def test_only_what_rfm_does_not_know_counts(world):
    rows, solution, _ = world
    beyond = _measure("value_explained", solution, {"segment": solution["truth"]}, rows)[0]
    assert 0.03 < beyond < 0.5
    # one segment says nothing at all
    assert _measure("value_explained", solution, {"segment": np.zeros(N)}, rows) == pytest.approx(
        [0], abs=1e-12
    )


def test_cuts_of_the_same_three_columns_earn_nothing(world):
    """Finer than quintiles, and yet nothing that a smooth model of the columns does not know."""
    rows, solution, _ = world
    found = _measure("value_explained", solution, {"segment": cells(rows) // 10}, rows)[0]
    real = _measure("value_explained", solution, {"segment": solution["truth"]}, rows)[0]
    assert -0.01 < found < 0.002
    assert found < 0.02 * real


def test_labels_permuted_among_alike_customers_earn_nothing(world):
    rows, solution, rng = world
    found = []
    for _ in range(20):
        permuted = pd.Series(solution["truth"]).groupby(cells(rows)).transform(lambda s: rng.permutation(s))
        found.append(_measure("value_explained", solution, {"segment": permuted}, rows)[0])
    # cross-fitted they cost what four effects fitted to 2,500 customers cost: about k / n = .002
    assert -0.005 < np.mean(found) < 0.001
    real = _measure("value_explained", solution, {"segment": solution["truth"]}, rows)[0]
    assert np.abs(found).max() < 0.1 * real


def test_in_sample_useless_labels_would_have_earned_something(world):
    """What the cross-fitting is for: a least-squares fit never gets worse by useless columns."""
    rows, solution, rng = world
    base, value, everyone = rfm_columns(rows), np.log1p(solution["value"].to_numpy()), np.ones(N, dtype=bool)
    alone, full = _predict(value, base, rng.integers(0, 30, N), everyone, everyone)
    assert np.mean((value - alone) ** 2 - (value - full) ** 2) / value.var() > 0.005


def test_the_models_are_least_squares_with_a_trace_of_a_ridge(world):
    rows, solution, rng = world
    base, value = rfm_columns(rows), np.log1p(solution["value"].to_numpy())
    train = rng.random(N) < 0.8
    alone, _ = _predict(value, base, np.zeros(N, dtype=int), train, ~train)
    by_hand = Ridge(alpha=1e-6 * train.sum()).fit(base[train], value[train]).predict(base[~train])
    assert alone == pytest.approx(by_hand, abs=1e-6)


def test_many_useless_segments_are_not_rewarded(world):
    rows, solution, rng = world
    value = _measure("value_explained", solution, {"segment": rng.integers(0, 60, N)}, rows)[0]
    assert value < 0


@pytest.mark.parametrize("missing", ["frequency", "days_since_last"])
def test_rows_without_rfm_have_no_value(world, missing):
    rows, solution, _ = world
    answers = {"segment": solution["truth"]}
    assert np.isnan(_measure("value_explained", solution, answers, rows.drop(columns=missing))).all()
