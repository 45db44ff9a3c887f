"""k-means on many rows: the same optimum as scikit-learn's, the same result on few rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from crmlab.methods.clustering import _fast_kmeans
from crmlab.methods.clustering._fast_kmeans import FastKMeans
from crmlab.seeds import generator


def groups(n: int, *, apart: float) -> np.ndarray:
    """Return n points in 8 dimensions around four corners, `apart` standard deviations from each other."""
    rng = generator(1, "groups")
    return np.eye(4, 8)[rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])] * apart / np.sqrt(2) + rng.normal(
        size=(n, 8)
    )


MANY = _fast_kmeans.AT_ONCE + 20_000


@pytest.mark.parametrize("apart", [6.0, 1.5])
def test_the_inertia_is_within_a_thousandth_of_scikit_learns(apart):
    points = groups(MANY, apart=apart)
    reference = KMeans(4, n_init=2, random_state=1).fit(points)
    ours = FastKMeans(4, n_init=2, random_state=1).fit(points)
    assert ours.inertia_ <= reference.inertia_ * 1.001


def test_what_is_kept_belongs_together():
    points = groups(MANY, apart=3.0)
    model = FastKMeans(4, n_init=2, random_state=3).fit(points)
    squares = ((points[:, None, :] - model.cluster_centers_) ** 2).sum(axis=2)
    np.testing.assert_array_equal(model.predict(points), squares.argmin(axis=1))
    assert model.inertia_ == pytest.approx(squares.min(axis=1).sum(), rel=1e-9)
    assert 1 <= model.n_iter_ <= _fast_kmeans.PASSES + 1


def test_the_same_seed_gives_the_same_centres():
    points = groups(MANY, apart=1.5)
    first, again = (FastKMeans(4, n_init=1, random_state=5).fit(points).cluster_centers_ for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_few_rows_are_scikit_learns_own():
    points = groups(2_000, apart=1.5)
    ours, theirs = FastKMeans(4, n_init=3, random_state=2), KMeans(4, n_init=3, random_state=2)
    np.testing.assert_array_equal(ours.fit_predict(points), theirs.fit_predict(points))
    np.testing.assert_array_equal(ours.cluster_centers_, theirs.cluster_centers_)
    assert ours.inertia_ == theirs.inertia_


def test_the_mean_of_each_labels_rows():
    points, otherwise = np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 0.0]]), np.array([[9.0, 9.0]] * 3)
    means = _fast_kmeans._means(points, np.array([0, 0, 2]), otherwise)
    # by hand; nobody is nearest to the second centre, which stays
    np.testing.assert_array_equal(means, [[2.0, 3.0], [9.0, 9.0], [10.0, 0.0]])


def test_fewer_rows_than_clusters_is_refused():
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=4"):
        FastKMeans(4).fit(np.eye(3))
