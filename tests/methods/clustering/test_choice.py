"""How many segments: the gate first, then the rule, and what the model says of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from crmlab import registry
from crmlab.methods.clustering import _choice
from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.methods.clustering.ward import Ward
from crmlab.seeds import generator
from crmlab.studies._clouds import four_kinds, one_kind

METHODS = ["kmeans", "gaussian_mixture", "ward"]


def fitted(name: str, rows: pd.DataFrame, **parameters):
    """Return a method fitted on rows."""
    return registry.find("methods", f"clustering/{name}")(**parameters, seed=4).fit(rows)


@pytest.mark.parametrize("name", METHODS)
def test_four_planted_groups_are_four_segments(name):
    rows, _ = four_kinds(2, separation=8)
    model = fitted(name, rows)
    choice = model.details_["choice"]
    assert model.k_ == choice["k"] == choice["gap_k"] == 4
    assert choice["gate"]["rejects"]
    assert choice["gate"]["p"] < choice["gate"]["alpha"] == 0.01
    assert [at_k["k"] for at_k in choice["curve"]] == list(range(2, 9))
    at_four = choice["curve"][2]
    assert len(at_four["stability_values"]) == 45
    assert at_four["stability"] == pytest.approx(np.mean(at_four["stability_values"]), abs=1e-5)
    # the mixture refits from one start, and one of ten may end elsewhere
    assert at_four["stability"] > 0.9
    assert json.loads(json.dumps(choice)) == choice
    known = [at_k["bic"] is not None for at_k in choice["curve"]]
    assert known == [name == "gaussian_mixture"] * 7


@pytest.mark.parametrize("name", METHODS)
def test_one_kind_of_customers_is_one_segment(name):
    rows = one_kind(1, "lognormal")
    model = fitted(name, rows)
    assert model.k_ == 1
    assert not model.details_["choice"]["gate"]["rejects"]
    assert model.details_["choice"]["curve"] == []
    assert (model.predict(rows) == 0).all()
    assert (model.closeness(rows)["margin"] == 1).all()
    assert hasattr(model, "log_density") == (name == "gaussian_mixture")


def test_the_model_chosen_is_the_model_asked_for():
    rows, _ = four_kinds(2, separation=8)
    chosen, asked = fitted("kmeans", rows), fitted("kmeans", rows, k=4)
    assert (chosen.predict(rows) == asked.predict(rows)).all()
    assert "choice" not in asked.details_


@pytest.mark.parametrize(
    ("stability", "error", "k"),
    [
        ([0.9, 0.95, 0.7], [0.01, 0.01, 0.01], 3),
        # the larger k is within its own standard error of the best
        ([0.95, 0.94, 0.7], [0.0, 0.02, 0.01], 3),
        # the best one's error lets nobody in
        ([0.5, 0.3, 0.3], [0.3, 0.05, 0.05], 2),
    ],
)
def test_the_rule_of_stability(stability, error, k):
    curve = [
        {"k": i + 2, "stability": s, "stability_se": e, "bic": None}
        for i, (s, e) in enumerate(zip(stability, error, strict=True))
    ]
    assert _choice.best_of(curve, "stability") == _choice.best_of(curve, "bic") == k
    curve[2]["bic"], curve[0]["bic"] = 100.0, 200.0
    assert _choice.best_of(curve, "bic") == 4


def test_the_jackknife_of_stability_by_hand():
    # three labellings of four points: the first two agree, the third has ARI -.5 with both:
    # no pair is together in both, expected (2 x 2)/6, most 2: (0 - 2/3) / (2 - 2/3) = -1/2
    found = _choice.stability(np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]]))
    assert found["stability_values"] == [1, -0.5, -0.5]
    assert found["stability"] == pytest.approx(0)
    # without one of them: -.5, -.5, 1, mean 0; sqrt(2/3 (.25 + .25 + 1)) = 1
    assert found["stability_se"] == pytest.approx(1)


def test_two_kinds_of_points_are_two_segments():
    rows = pd.DataFrame({"spend": [1.0, 50.0] * 100})
    model = fitted("kmeans", rows)
    assert model.k_ == 2
    assert len(set(model.predict(rows))) == 2


def test_texts_and_empty_columns_do_not_matter():
    rows, kind = four_kinds(2, separation=8)
    named = rows.assign(channel=["web", "shop"] * 500, nothing=np.nan, constant=1.0)
    model = fitted("kmeans", named, k=4)
    assert model.columns_ == [*rows, "nothing", "constant"]
    assert len(set(zip(model.predict(named), kind, strict=True))) <= 12


def test_closeness_is_distance_and_margin():
    rows = pd.DataFrame({"x0": [0.0, 1, 2, 100, 110, 120], "constant": 5.0})
    model = Segmenter(KMeans(n_init=3, random_state=0), "n_clusters", k=2).fit(rows)
    points, segment = model.input_.transform(rows)[:, 0], model.predict(rows)
    centres = np.array([points[segment == s].mean() for s in (0, 1)])
    found = model.closeness(rows)
    own, other = np.abs(points - centres[segment]), np.abs(points - centres[1 - segment])
    np.testing.assert_allclose(found["distance"], own, atol=1e-12)
    np.testing.assert_allclose(found["margin"], 1 - own / other)


def test_a_density_says_so():
    rows, _ = four_kinds(2, separation=8)
    model = fitted("gaussian_mixture", rows, k=4)
    # 3 shares, 4 means of 4 columns, 4 covariances of 10 numbers
    assert model.parameters_ == 3 + 16 + 40
    density = model.log_density(rows)
    assert density.shape == (1000,)
    assert structure_bic(density, model.parameters_) == pytest.approx(
        model.learner_.bic(model.input_.transform(rows))
    )
    sure = model.closeness(rows)
    assert ((sure["probability"] >= sure["margin"]) & (sure["margin"] > 0)).all()


def structure_bic(density: np.ndarray, parameters: int) -> float:
    """Return the BIC (Schwarz 1978)."""
    return parameters * np.log(len(density)) - 2 * density.sum()


def test_ward_cuts_one_tree_as_it_cuts_many():
    points = generator(6, "tree").standard_normal((80, 2))
    each = Ward(seed=1).fit_each(points, [2, 5, 80])
    for k, model in zip([2, 5, 80], each, strict=True):
        alone = Ward(k, seed=1).fit(points)
        np.testing.assert_array_equal(model.centroids_, alone.centroids_)
        assert len(model.centroids_) == k


def test_ward_is_scikit_learns():
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import adjusted_rand_score

    rows, _ = four_kinds(3, separation=6)
    points = rows.to_numpy()
    model = Ward(4).fit(points)
    labels = AgglomerativeClustering(4).fit_predict(points)
    expected = np.array([points[labels == j].mean(axis=0) for j in range(4)])
    np.testing.assert_allclose(np.sort(model.centroids_, axis=0), np.sort(expected, axis=0))
    assert adjusted_rand_score(labels, model.predict(points)) > 0.95


def test_a_sample_is_noted():
    rows, _ = four_kinds(3, separation=6)
    assert "note" not in fitted("ward", rows, k=4).details_
    note = fitted("ward", rows, k=4, max_rows=200).details_["note"]
    assert "a seeded sample of 200 of 1,000 rows" in note
