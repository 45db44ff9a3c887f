"""What the distance-based clustering methods must do with structure, and with little of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.maths.convergence import DidNotConverge
from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.seeds import generator

METHODS = ["clustering/kmeans", "clustering/gaussian_mixture", "clustering/ward"]


def groups(sizes: tuple[int, ...] = (100, 60, 40)) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers of three groups far apart (in the logarithm), and the group of each."""
    rng = generator(21, "groups")
    group = np.repeat(np.arange(3), sizes)
    rows = pd.DataFrame(
        {
            "days_since_last": np.exp(np.array([1.0, 3, 5])[group] + rng.normal(0, 0.1, len(group))),
            "monetary_value": np.exp(np.array([4.0, 2, 6])[group] + rng.normal(0, 0.1, len(group))),
        }
    )
    return rows, group


@pytest.mark.parametrize("name", METHODS)
def test_planted_groups_are_found_and_numbered_by_value(name):
    rows, group = groups()
    labels = registry.find("methods", name)(k=3, seed=1).fit(rows).predict(rows)
    assert adjusted_rand_score(group, labels) == 1
    # group 2 spends most, then 0, then 1
    assert labels[[0, 100, 160]].tolist() == [1, 2, 0]


@pytest.mark.parametrize("name", METHODS)
def test_without_money_segments_are_numbered_by_size(name):
    rows, group = groups(sizes=(40, 100, 60))
    rows = rows.rename(columns={"monetary_value": "spend"})
    labels = registry.find("methods", name)(k=3, seed=1).fit(rows).predict(rows)
    assert adjusted_rand_score(group, labels) == 1
    assert (np.diff(np.bincount(labels)) < 0).all()


@pytest.mark.parametrize("name", METHODS)
def test_fewer_distinct_customers_than_segments_give_fewer_segments(name):
    rows = pd.DataFrame({"days_since_last": [1.0, 1.0, 50.0] * 40, "monetary_value": [9.0, 9.0, 1.0] * 40})
    labels = registry.find("methods", name)(k=5, seed=1).fit(rows).predict(rows)
    assert labels.tolist() == [0, 0, 1] * 40


@pytest.mark.parametrize("name", METHODS)
def test_customers_who_are_all_alike_have_no_segments(name):
    rows = pd.DataFrame({"days_since_last": [4.0] * 30, "monetary_value": [np.nan] * 30})
    with pytest.raises(NotApplicable, match="the 30 rows are all alike"):
        registry.find("methods", name)().fit(rows)


def test_a_mixture_that_does_not_converge_says_so():
    rows, _ = groups()
    stuck = Segmenter(GaussianMixture(5, max_iter=1, tol=1e-12, random_state=0), "n_components", k=5)
    with pytest.raises(DidNotConverge, match="no convergence in 1 steps on 200 rows with 5 segments"):
        stuck.fit(rows)


def test_ward_clusters_a_sample_and_answers_for_everyone():
    rows, group = groups()
    model = registry.find("methods", "clustering/ward")(k=3, max_rows=50, seed=1).fit(rows)
    assert adjusted_rand_score(group, model.predict(rows)) == 1
    again = registry.find("methods", "clustering/ward")(k=3, max_rows=50, seed=1).fit(rows)
    assert model.learner_.centroids_.tobytes() == again.learner_.centroids_.tobytes()
    other = registry.find("methods", "clustering/ward")(k=3, max_rows=50, seed=2).fit(rows)
    assert model.learner_.centroids_.tobytes() != other.learner_.centroids_.tobytes()
