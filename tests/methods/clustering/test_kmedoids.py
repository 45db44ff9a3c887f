"""k-medoids with Gower's distance: by hand, and against all possible medoids."""

from __future__ import annotations

import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.methods.clustering.kmedoids import GowerScale, Medoids, gower
from crmlab.seeds import generator


def test_gower_by_hand():
    # two numbers with a range of 1, one code; the mean over the columns that both rows know
    a = np.array([[0.0, 0.5, 1], [0.25, np.nan, 2], [np.nan, np.nan, np.nan]])
    b = np.array([[1.0, 0.5, 1], [0.5, 0.0, 2]])
    expected = [[(1 + 0 + 0) / 3, (0.5 + 0.5 + 1) / 3], [(0.75 + 1) / 2, (0.25 + 0) / 2], [1, 1]]
    np.testing.assert_allclose(gower(a, b, numbers=2), expected)


def test_numbers_are_scaled_by_the_range_of_their_logarithm():
    rows = pd.DataFrame({"money": [0.0, np.e - 1, np.e**2 - 1], "flat": 1.0, "where": ["a", "b", "a"]})
    scale = GowerScale().fit(rows)
    points = scale.learn(rows)
    # log(1 + x) is 0, 1, 2; the outer 1 % of three rows is nobody; `flat` tells nothing apart
    np.testing.assert_allclose(points, [[0, 0], [0.5, 1], [1, 0]])
    new = pd.DataFrame({"money": [1e9, np.nan], "flat": [7.0, 7], "where": ["never seen", None]})
    np.testing.assert_allclose(scale.transform(new), [[1, -1], [np.nan, np.nan]])


def test_the_medoids_are_the_best_of_all():
    points = generator(8, "medoids").random((14, 3))
    far = gower(points, points, numbers=3)
    best = min(far[:, list(chosen)].min(axis=1).sum() for chosen in combinations(range(14), 3))
    assert Medoids(3, numbers=3).fit(points).loss_ * 14 == pytest.approx(best)


def test_one_medoid_is_the_most_central_customer():
    points = np.array([[0.0], [0.1], [0.2], [0.9]])
    assert Medoids(1, numbers=1).fit(points).medoids_.tolist() in ([[0.1]], [[0.2]])


def mixed(n: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers of two groups that differ in texts alone, and the group of each."""
    rng = generator(9, "mixed")
    group = (np.arange(n) % 4 == 0).astype(np.int64)
    rows = pd.DataFrame(
        {
            "monetary_value": rng.uniform(10, 20, n) + 30 * group,
            "channel": np.array(["web", "shop"], dtype=object)[group],
            "region": np.array(["north", None], dtype=object)[group],
        }
    )
    return rows, group


def test_texts_make_segments_and_the_valuable_one_is_0():
    rows, group = mixed()
    model = registry.find("methods", "clustering/kmedoids")(k=2, seed=1).fit(rows)
    assert (model.predict(rows) == 1 - group).all()
    sure = model.closeness(rows)
    assert sure["distance"].between(0, 1).all()
    # the next medoid has another channel
    assert sure["margin"].min() > 0.2


def test_a_sample_is_clustered_and_everyone_is_answered():
    rows, group = mixed()
    model = registry.find("methods", "clustering/kmedoids")(k=2, max_rows=40, seed=1).fit(rows)
    assert (model.predict(rows) == 1 - group).all()
    assert model.details_["note"].startswith("clustered a seeded sample of 40 of 200 rows")


def test_without_structure_everyone_is_in_one_segment():
    rng = generator(10, "uniform")
    rows = pd.DataFrame({"spend": rng.normal(50, 5, 400), "channel": rng.choice(["a", "b"], 400)})
    model = registry.find("methods", "clustering/kmedoids")(seed=1).fit(rows)
    assert not model.details_["choice"]["gate"]["rejects"]
    assert model.k_ == 1
    assert model.predict(rows).max() == 0
    assert (model.closeness(rows)["margin"] == 1).all()


def test_k_is_chosen_by_stability_where_there_is_structure():
    rng = generator(11, "three")
    group = np.repeat([0, 1, 2], 100)
    rows = pd.DataFrame(
        {
            "spend": np.exp(np.array([1.0, 3, 5])[group] + rng.normal(0, 0.15, 300)),
            "channel": np.array(["a", "b", "c"], dtype=object)[group],
        }
    )
    model = registry.find("methods", "clustering/kmedoids")(seed=1).fit(rows)
    choice = model.details_["choice"]
    assert choice["gate"]["rejects"]
    assert choice["k"] == model.k_ == 3
    assert [at_k["k"] for at_k in choice["curve"]] == list(range(2, 9))
    assert (pd.crosstab(group, model.predict(rows)) > 0).sum(axis=None) == 3


def test_without_the_package_it_does_not_apply(monkeypatch):
    monkeypatch.setitem(sys.modules, "kmedoids", None)
    with pytest.raises(NotApplicable, match=r"pip install 'crmlab\[copyleft\]'"):
        registry.find("methods", "clustering/kmedoids")(k=2).fit(mixed()[0])


def test_rows_that_are_all_alike_have_no_segments():
    with pytest.raises(NotApplicable, match="the 9 rows are all alike"):
        registry.find("methods", "clustering/kmedoids")().fit(pd.DataFrame({"spend": [3.0] * 9}))
