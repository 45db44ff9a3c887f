"""Naive Bayes and the nearest neighbours, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from crmlab import registry
from crmlab.maths.encoding import signed_log
from crmlab.methods.classification.nearest_neighbours import NearestNeighbours
from crmlab.seeds import generator

NAIVE_BAYES = registry.find("methods", "classification/naive_bayes")


def numbers(n: int, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return n rows of three columns and outcomes."""
    rng = generator(seed, "likeness")
    X = rng.normal(size=(n, 3))
    return X, (rng.random(n) < 1 / (1 + np.exp(-X[:, 0]))).astype(np.int64)


# --- naive Bayes --------------------------------------------------------------------------------
def test_numbers_alone_are_gaussian_naive_bayes():
    X, y = numbers(300)
    rows = pd.DataFrame(X, columns=list("abc"))
    ours = NAIVE_BAYES().fit(rows, y).predict_proba(rows)
    theirs = GaussianNB(var_smoothing=0).fit(signed_log(X), y).predict_proba(signed_log(X))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def levels(ones: int, zeros: int, name: str) -> pd.DataFrame:
    """Return rows of one level."""
    return pd.DataFrame({"channel": [name] * (ones + zeros), "outcome": [1] * ones + [0] * zeros})


def test_one_text_column_gives_the_rates_of_its_levels():
    train = pd.concat([levels(10, 30, "web"), levels(30, 10, "shop"), levels(20, 20, "app")])
    y = train.pop("outcome").to_numpy()
    new = pd.DataFrame({"channel": ["web", "shop", "app", "never seen"]})
    # without smoothing Bayes' rule gives back the observed rates; an unknown level the base rate
    score = NAIVE_BAYES(prior_rows=0.0).fit(train, y).predict_proba(new)[:, 1]
    np.testing.assert_allclose(score, [0.25, 0.75, 0.5, 0.5])
    # by hand: (10 + 60/3) / (60 + 60) = 1/4 of the ones are "web", (30 + 20) / 120 of the zeros
    smoothed = NAIVE_BAYES(prior_rows=60.0).fit(train, y).predict_proba(new)[:, 1]
    np.testing.assert_allclose(smoothed[0], (30 / 120) / (30 / 120 + 50 / 120))


def test_a_missing_number_says_nothing():
    X, y = numbers(300)
    rows = pd.DataFrame(X, columns=list("abc"))
    blank = rows.assign(b=np.nan, c=np.nan)
    whole = NAIVE_BAYES().fit(rows, y).predict_proba(blank)
    alone = NAIVE_BAYES().fit(rows[["a"]], y).predict_proba(rows[["a"]])
    np.testing.assert_allclose(whole, alone)


# --- nearest neighbours -------------------------------------------------------------------------
@pytest.mark.parametrize("k", [1, 7, 300])
def test_without_ties_it_is_scikit_learn_s(k):
    X, y = numbers(300)
    new, _ = numbers(600, seed=2)
    ours = NearestNeighbours(k, 10_000, 0).fit(X, y).predict_proba(new)
    theirs = KNeighborsClassifier(k, algorithm="brute").fit(X, y).predict_proba(new)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_all_rows_as_near_as_the_kth_count():
    # at 0: two rows; at distance 1: four, one of which would complete the three
    X, y = np.array([[0.0], [0.0], [1.0], [-1.0], [1.0], [-1.0], [5.0]]), np.array([1, 0, 1, 1, 1, 0, 0])
    model = NearestNeighbours(3, 100, 0).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(np.array([[0.0]]))[:, 1], 4 / 6)
    np.testing.assert_allclose(NearestNeighbours(2, 100, 0).fit(X, y).predict_proba([[0.0]])[:, 1], 1 / 2)


def test_many_rows_are_sampled_and_it_says_so():
    X, y = numbers(500)
    model = NearestNeighbours(10, 200, 1).fit(X, y)
    assert len(model.rows_) == 200
    assert "sample of 200 of 500" in model.details_["note"]
    assert NearestNeighbours(10, 500, 1).fit(X, y).details_ == {}
