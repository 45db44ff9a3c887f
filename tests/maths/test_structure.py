"""Structure: published values of R's packages, hand-computed ones, and what the gate must not see."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from crmlab.errors import NotApplicable
from crmlab.maths import structure
from crmlab.seeds import generator


@pytest.fixture(autouse=True)
def one_thread():
    """Many small k-means fits: threads that wait for each other would take most of the time."""
    with threadpool_limits(1):
        yield


def scaled(table: np.ndarray) -> np.ndarray:
    """Return columns as R's `scale` gives them: mean 0, standard deviation (n - 1) 1."""
    return (table - table.mean(axis=0)) / table.std(axis=0, ddof=1)


def kmeans_labels(points, ks):
    """Return k-means labels for each k."""
    return [KMeans(k, n_init=5, random_state=0).fit_predict(points) for k in ks]


# --- the gap ------------------------------------------------------------------------------------
# printed by R: clusGap(scale(iris[, 1:4]), FUN = kmeans, nstart = 25, K.max = 10, B = 10), cluster package
# (Maechler et al.), for k = 1, 2, 3: logW, gap, SE.sim. Its dispersion takes distances to the power 1
# and a factor 1/2, which leaves the gap as it is.
CLUSGAP = np.array(
    [
        [4.534565, 0.2112157, 0.024271468],
        [4.021316, 0.4597287, 0.023247363],
        [3.806577, 0.4805310, 0.022005009],
    ]
)


def test_the_dispersion_of_iris_is_that_of_clusgap():
    points = scaled(load_iris().data)
    found = [
        np.log(structure.dispersion(points, labels, power=1) / 2)
        for labels in [np.zeros(150, dtype=int), *kmeans_labels(points, (2, 3))]
    ]
    assert found == pytest.approx(CLUSGAP[:, 0], abs=1e-6)


def test_the_gap_of_iris_is_that_of_clusgap():
    points = scaled(load_iris().data)
    found = structure.gap_statistic(points, kmeans_labels, most=3, references=40, seed=0, power=1)
    # R's mean over 10 reference clouds and ours over 40 differ by chance: four standard errors
    allowed = 4 * CLUSGAP[:, 2] * np.sqrt(1 / 10 + 1 / 40)
    assert (np.abs(found.gap - CLUSGAP[:, 1]) < allowed).all()
    # a standard deviation of 10 numbers is itself known to a factor of two
    assert ((found.error / CLUSGAP[:, 2] > 0.5) & (found.error / CLUSGAP[:, 2] < 2)).all()


def test_the_dispersion_by_hand():
    points = np.array([[0.0], [2.0], [10.0], [11.0], [12.0]])
    # about the means 1 and 11: 1 + 1 + 1 + 0 + 1; distances: 2/2 + (1 + 2 + 1)/3
    labels = np.array([7, 7, 3, 3, 3])
    assert structure.dispersion(points, labels) == pytest.approx(4)
    assert structure.dispersion(points, labels, power=1) == pytest.approx(1 + 4 / 3)


@pytest.mark.parametrize(
    ("gap", "error", "k"),
    [
        ([0.2, 0.9, 0.8], [0.1, 0.1, 0.1], 2),
        # 1 is enough where 2 gains no more than its standard error
        ([0.2, 0.25, 0.8], [0.1, 0.1, 0.1], 1),
        # Gap(k+1) - s_{k+1}, not s_k
        ([0.2, 0.5, 0.8], [0.9, 0.1, 0.31], 2),
        ([0.1, 0.5, 0.9], [0.1, 0.1, 0.1], 3),
    ],
)
def test_the_rule_of_the_gap(gap, error, k):
    assert structure.Gap(np.array(gap), np.array(error)).smallest() == k


# --- Jaccard and Rand ---------------------------------------------------------------------------
def test_jaccard_of_wine_is_that_of_clusterboot():
    # printed by R: clusterboot(scale(wine[, -1]), B = 100, bootmethod = "boot", clustermethod = kmeansCBI,
    # krange = 3), fpc package (Hennig): mean .9784658 .9532739 .9693787, in an order of its own
    points, rng = scaled(load_wine().data), generator(0, "wine")
    kept = KMeans(3, n_init=10, random_state=0).fit_predict(points)
    found = []
    for b in range(60):
        drawn = rng.integers(0, len(points), len(points))
        model, once = KMeans(3, n_init=2, random_state=b).fit(points[drawn]), np.unique(drawn)
        found.append(structure.jaccard(kept[once], model.predict(points[once])))
    # one sample's spread is near .04, R's starts differ (two of its 100 samples lost a cluster)
    assert np.sort(np.mean(found, axis=0)) == pytest.approx([0.9532739, 0.9693787, 0.9784658], abs=0.02)


def test_jaccard_by_hand():
    labels, others = np.array([0, 0, 0, 1, 1, 3]), np.array([5, 5, 2, 2, 2, 2])
    # {0,1,2} with {0,1}: 2/3; {3,4} and {5} with {2,3,4,5}: 2/4 and 1/4; nobody has the number 2
    assert structure.jaccard(labels, others) == pytest.approx([2 / 3, 1 / 2, np.nan, 1 / 4], nan_ok=True)


def test_pairwise_rand_is_scikit_learns():
    labels = generator(1, "labels").integers(0, 4, (5, 60))
    labels[1] = np.where(labels[0] > 1, 2, labels[0])
    expected = [[adjusted_rand_score(a, b) for b in labels] for a in labels]
    np.testing.assert_allclose(structure.pairwise_rand(labels), expected, atol=1e-12)
    trivial = np.array([[0, 0, 0], [0, 0, 0], [0, 1, 1]])
    assert structure.pairwise_rand(trivial)[0].tolist() == [1, 1, 0]


# --- BIC and ICL --------------------------------------------------------------------------------
def test_bic_and_icl_of_iris_are_those_of_mclust():
    # mclustBIC(iris[, 1:4]) prints -829.9782 for VVV with 1 component and -574.0178 with 2; its sign is the
    # other one. A Gaussian has 14 free parameters, two of them 29 with their share
    points = load_iris().data
    one = multivariate_normal(points.mean(axis=0), np.cov(points.T, bias=True)).logpdf(points)
    assert structure.bic(one, 14) == pytest.approx(829.9782, abs=5e-5)
    model = GaussianMixture(2, tol=1e-8, max_iter=500, random_state=0).fit(points)
    density = model.score_samples(points)
    assert structure.bic(density, 29) == pytest.approx(574.0178, abs=5e-5)
    # mclustICL's definition with the assigned component's probability, from the joint densities
    joint = np.array([w * multivariate_normal(m, c).pdf(points) for w, m, c in _components(model)])
    sure = joint.max(axis=0) / joint.sum(axis=0)
    expected = 29 * np.log(150) - 2 * logsumexp(np.log(joint), axis=0).sum() - 2 * np.log(sure).sum()
    assert structure.icl(density, 29, model.predict_proba(points).max(axis=1)) == pytest.approx(expected)


def _components(model):
    """Return weight, mean and covariance of each component."""
    return zip(model.weights_, model.means_, model.covariances_, strict=True)


# --- the gate -----------------------------------------------------------------------------------
def test_the_gate_tells_lumps_from_a_cloud():
    rng = generator(3, "gate")
    cloud = rng.standard_normal((800, 3))
    assert structure.dip_gate(cloud, seed=1, most=4000).p > 0.2
    lumps = cloud + 6 * rng.integers(0, 2, (800, 1))
    gate = structure.dip_gate(lumps, seed=1, most=500)
    # 1 + 3 + 6 pairs of centres, both ways, in ten splits
    assert (gate.p < 1e-3, gate.tests, gate.rows) == (True, 200, 500)


def test_too_few_or_equal_points_show_no_structure():
    assert structure.dip_gate(np.array([[0.0], [0.1], [9.0], [9.1]]), seed=0, most=100) == (1, 0, 4)
    assert structure.dip_gate(np.ones((50, 2)), seed=0, most=100) == (1, 0, 50)


def test_a_lattice_is_no_structure_and_a_far_spike_is():
    rng = generator(5, "ties")
    counts = np.column_stack([rng.geometric(0.5, 2000) - 1, rng.poisson(4, 2000)]).astype(float)
    counts[:1800, 0] = 0  # 90 % ties
    smooth = structure.unrounded(counts, seed=0)
    assert structure.dip_gate(np.log1p(smooth), seed=0, most=4000).p > 0.2
    # the same counts on their lattice would be called lumps
    assert structure.dip_gate(np.log1p(counts), seed=0, most=4000).p < 0.01
    spend = np.where(rng.random((2000, 1)) < 0.5, 0, rng.normal(6, 1, (2000, 1)))
    assert structure.dip_gate(structure.unrounded(spend, seed=0), seed=0, most=4000).p < 0.01


def test_only_whole_numbers_that_vary_are_spread():
    values = np.array([[1.0, 0.5, 3.0, np.nan], [2.0, 1.0, 3.0, 7.0], [-4.0, 2.0, 3.0, 8.0]])
    spread = structure.unrounded(values, seed=0)
    np.testing.assert_array_equal(spread[:, 1:3], values[:, 1:3])
    np.testing.assert_array_equal(np.floor(spread), np.floor(values))
    assert (spread[:, 0] > values[:, 0]).all()
    assert np.isnan(spread[0, 3])


def test_without_the_package_the_gate_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "diptest", None)
    with pytest.raises(NotApplicable, match=r"needs the package diptest: pip install 'crmlab\[copyleft\]'"):
        structure.dip_gate(np.arange(20.0)[:, None], seed=0, most=100)
