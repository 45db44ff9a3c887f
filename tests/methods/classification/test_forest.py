"""Random forest: a limit on the rows of a tree, which changes nothing below it."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from crmlab.errors import UsageError
from crmlab.methods.classification.forest import Forest
from crmlab.seeds import generator


@pytest.fixture
def table():
    rng = generator(1, "forest")
    X = rng.normal(size=(2_000, 5))
    return X, (X[:, 0] + rng.normal(size=2_000) > 0).astype(np.int8)


def test_below_the_limit_it_is_scikit_learns(table):
    theirs = RandomForestClassifier(10, min_samples_leaf=5, random_state=3).fit(*table)
    ours = clone(Forest(10, random_state=3, max_rows_per_tree=9_000)).fit(*table)
    assert (ours.predict_proba(table[0]) == theirs.predict_proba(table[0])).all()


def test_a_tree_is_grown_on_no_more_rows_than_it_may(table):
    grown = Forest(10, random_state=3, max_rows_per_tree=300).fit(*table)
    drawn = [tree.tree_.weighted_n_node_samples[0] for tree in grown.estimators_]
    assert drawn == [300] * 10
    # each tree draws its own: more rows than one tree may have are known to the forest
    known = np.unique(np.concatenate(grown.estimators_samples_))
    assert len(known) > 3 * 300


def test_a_tree_needs_a_row(table):
    with pytest.raises(UsageError, match="max_rows_per_tree = 0 must be 1 or more"):
        Forest(10, max_rows_per_tree=0).fit(*table)
