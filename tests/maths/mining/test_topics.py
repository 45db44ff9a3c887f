"""Topics: the updates of the textbook, planted topics, and how many there are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import NMF

from crmlab.errors import UsageError
from crmlab.maths.mining import topics


def drawn(seed=1, *, customers=600, groups=3, each=12, mixed=0.15):
    """Return who bought what: each customer mostly from the items of one group."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, customers)
    m = groups * each
    rows = []
    for g in group:
        share = np.full(m, mixed / m)
        share[g * each : (g + 1) * each] += (1 - mixed) / each
        rows.append(np.isin(np.arange(m), rng.choice(m, 8, p=share)))
    return sparse.csr_matrix(np.array(rows, dtype=float)), group


def test_the_loss_is_scikit_learns_and_as_low():
    held, _ = drawn(customers=200)
    found = topics.fitted(held, 3, seed=1, iterations=400)
    theirs = NMF(3, beta_loss="kullback-leibler", solver="mu", max_iter=400, tol=1e-6, random_state=1)
    weight = theirs.fit_transform(held)
    # theirs is the square root of twice the divergence
    assert topics.divergence(held, weight, theirs.components_) == pytest.approx(
        theirs.reconstruction_err_**2 / 2, rel=1e-6
    )
    assert found.loss < 1.01 * theirs.reconstruction_err_**2 / 2
    assert found.profile.sum(axis=1) == pytest.approx(np.ones(3))
    assert found.weight.sum() == pytest.approx(held.sum(), rel=1e-3)


def test_the_likelihood_never_falls():
    held, _ = drawn(customers=150)
    losses = [topics.fitted(held, 4, seed=2, iterations=i).loss for i in (1, 2, 3, 5, 10, 40)]
    assert (np.diff(losses) <= 1e-9).all()


def test_one_topic_is_popularity():
    held, _ = drawn(customers=100)
    found = topics.fitted(held, 1, seed=1)
    popular = np.asarray(held.sum(axis=0)).ravel()
    assert found.profile[0] == pytest.approx(popular / popular.sum())
    assert found.weight[:, 0] == pytest.approx(np.asarray(held.sum(axis=1)).ravel())


def test_planted_groups_come_back_and_so_does_their_number():
    held, group = drawn()
    best, table = topics.number(held, (1, 2, 3, 5, 8), seed=1)
    assert best == 3
    assert [k for k, *_ in table] == [1, 2, 3, 5, 8]
    found = topics.fitted(held, 3, seed=1)
    mine = found.weight.argmax(axis=1)
    agreed = max((mine[group == g] == t).mean() for g in range(3) for t in range(3))
    assert agreed > 0.95
    again = topics.folded(held, found.profile)
    assert (again.argmax(axis=1) == mine).mean() > 0.95


def test_where_there_is_one_taste_there_is_one_topic():
    rng = np.random.default_rng(4)
    share = 1 / (np.arange(40) + 3.0)
    rows = [np.isin(np.arange(40), rng.choice(40, 8, p=share / share.sum())) for _ in range(500)]
    best, _ = topics.number(sparse.csr_matrix(np.array(rows, dtype=float)), (1, 2, 4), seed=1)
    assert best == 1


def test_no_topics_are_refused():
    with pytest.raises(UsageError, match="k = 0 topics"):
        topics.fitted(drawn(customers=5)[0], 0, seed=1)
