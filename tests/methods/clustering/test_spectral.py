"""Spectral clustering: what hangs together by neighbours, on a sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from crmlab import registry
from crmlab.methods.clustering.spectral import Spectral, leading_vectors
from crmlab.seeds import generator


def rings(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return points on two rings about one centre, and the ring of each."""
    ring = np.arange(n) % 2
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    radius = np.array([1.0, 3.0])[ring] + generator(14, "rings").normal(0, 0.05, n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), ring


def test_rings_that_no_centre_can_tell_apart():
    points, ring = rings()
    assert adjusted_rand_score(ring, Spectral(2).fit(points).predict(points)) == 1
    assert adjusted_rand_score(ring, KMeans(2, n_init=3, random_state=0).fit_predict(points)) < 0.1


def test_a_graph_in_two_parts_has_two_eigenvectors_of_its_parts():
    # three points and three points, each the neighbours of its own: the eigenvalue 1 twice (von Luxburg
    # 2007, proposition 4), so both leading vectors are constant on each part
    points = np.array([[0.0], [1], [2], [100], [101], [102]])
    vectors = leading_vectors(points, 2, neighbours=2)
    for part in (slice(0, 3), slice(3, 6)):
        np.testing.assert_allclose(vectors[part] - vectors[part][0], 0, atol=1e-12)


def test_a_sample_is_clustered_and_the_others_follow_their_nearest_neighbour():
    points, ring = rings(600)
    model = Spectral(2, max_rows=200, seed=1).fit(points)
    assert len(model.points_) == 200
    assert adjusted_rand_score(ring, model.predict(points)) == 1
    assert "a seeded sample of 200 of 600 distinct rows" in model.details_["note"]


def test_copies_of_a_point_are_one_customer():
    points, _ = rings()
    crowded = np.concatenate([points, np.repeat(points[:1], 500, axis=0)])
    model = Spectral(2).fit(crowded)
    assert (model.predict(points) == Spectral(2).fit(points).predict(points)).all()


def test_the_method_finds_planted_groups_on_the_common_scale():
    rng = generator(15, "groups")
    group = np.repeat([0, 1, 2], 60)
    centres = np.array([[1.0, 4], [3, 2], [5, 6]])
    points = np.exp(centres[group] + rng.normal(0, 0.1, (180, 2)))
    rows = pd.DataFrame(points, columns=["visits", "monetary_value"])
    model = registry.find("methods", "clustering/spectral")(k=3, seed=1).fit(rows)
    assert model.predict(rows).tolist() == np.array([1, 2, 0])[group].tolist()
