"""Metrics of segments: against scikit-learn, and what value beyond RFM means."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from crmlab import registry
from crmlab.metrics.value_explained import rfm_cells

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


def _measure(name, solution, segments, rows, weights=None):
    answers = pd.DataFrame(segments)
    weights = np.ones((1, len(rows))) if weights is None else weights
    return registry.find("metrics", name)(solution, answers, rows, weights)


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
    columns = few.drop(columns="row_id").to_numpy(dtype=float)
    scaled = np.log1p(columns)
    scaled = scaled / np.subtract(*np.quantile(scaled, [0.75, 0.25], axis=0))
    value = _measure("silhouette", solution, {"segment": segment}, few)
    assert value == pytest.approx([silhouette_score(scaled, segment)], abs=1e-12)
    # above 2,000 customers the rest is not looked at: their weights change nothing
    segment = (rows["frequency"] > 2).astype(int)
    weights = np.ones((N + 1, N))
    weights[np.arange(N), np.arange(N)] = 2
    values = _measure("silhouette", solution, {"segment": segment}, rows, weights)
    assert (np.abs(values[:N] - values[N]) < 1e-15).sum() == N - 2000


def test_rfm_cells_keep_ties_and_gaps_together(world):
    rows, _, _ = world
    rows.loc[:99, "monetary_value"] = np.nan
    cell = rfm_cells(rows)
    quintiles = pd.DataFrame(
        {"cell": cell, "frequency": rows["frequency"], "gap": rows["monetary_value"].isna()}
    )
    # no cell mixes a gap with a value, and equal customers share a cell
    assert (quintiles.groupby("cell")["gap"].nunique() == 1).all()
    assert cell.max() < 6**3
    same = pd.concat([rows.iloc[[0]]] * 10)
    assert len(np.unique(rfm_cells(same))) == 1


def test_only_what_rfm_does_not_know_counts(world):
    rows, solution, _ = world
    beyond = _measure("value_explained", solution, {"segment": solution["truth"]}, rows)[0]
    assert 0.03 < beyond < 0.5
    # segments that repeat what the cells say add nothing
    cell = rfm_cells(rows)
    assert _measure("value_explained", solution, {"segment": cell // 25}, rows) == pytest.approx(
        [0], abs=1e-12
    )
    assert _measure("value_explained", solution, {"segment": np.zeros(N)}, rows) == pytest.approx(
        [0], abs=1e-15
    )


def test_labels_permuted_within_rfm_cells_earn_nothing(world):
    rows, solution, rng = world
    cell = rfm_cells(rows)
    found = []
    for _ in range(20):
        permuted = pd.Series(solution["truth"]).groupby(cell).transform(lambda s: rng.permutation(s))
        found.append(_measure("value_explained", solution, {"segment": permuted}, rows)[0])
    # in sample they would add about k / n = .002; cross-fitted they cost as much
    assert -0.005 < np.mean(found) < 0.001


def test_many_useless_segments_are_not_rewarded(world):
    rows, solution, rng = world
    value = _measure("value_explained", solution, {"segment": rng.integers(0, 60, N)}, rows)[0]
    assert value < 0


@pytest.mark.parametrize("missing", ["frequency", "days_since_last"])
def test_rows_without_rfm_have_no_value(world, missing):
    rows, solution, _ = world
    answers = {"segment": solution["truth"]}
    assert np.isnan(_measure("value_explained", solution, answers, rows.drop(columns=missing))).all()
