"""Latent classes: levels by hand, and posteriors as stepmix gives them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.methods.clustering._levels import UNSEEN, Levels
from crmlab.methods.clustering.latent_class import SETTLED, STEPS, Classes
from crmlab.seeds import generator

with warnings.catch_warnings():
    # stepmix 3.0 has an invalid escape in a docstring, of which Python warns as it compiles it
    warnings.simplefilter("ignore")
    from stepmix import StepMix


def test_levels_by_hand():
    rows = pd.DataFrame(
        {
            "orders": [1.0, 1, 1, 1, 1, 1, 2, 3],  # quartiles 1, 1, 1.25: two edges, three levels
            "gap": [np.nan, 4, 8, 12, 16, np.nan, np.nan, np.nan],  # quartiles 7, 10, 13
            "flat": 5.0,
            "empty": np.nan,
        }
    )
    levels = Levels(4).fit(rows)
    # of `orders` no value lies between the edges 1 and 1.25: two levels are left
    expected = [[0, 4], [0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [1, 4], [1, 4]]
    assert levels.transform(rows).tolist() == expected
    new = pd.DataFrame({"orders": [1.1, np.nan], "gap": [7.0, 1e9], "flat": 9.0, "empty": 1.0})
    # between the edges, and a gap, are levels that no train row had
    assert levels.transform(new).tolist() == [[UNSEEN, 0], [UNSEEN, 3]]


def test_rare_levels_of_texts_share_one():
    rows = pd.DataFrame({"channel": ["web"] * 30 + ["shop"] * 25 + ["fax"] * 3 + [None] * 2})
    levels = Levels(4).fit(rows)
    new = pd.DataFrame({"channel": ["web", "shop", "fax", "telex", None]})
    assert levels.transform(new)[:, 0].tolist() == [0, 1, 2, 2, 2]


def planted(n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return levels of five columns from two classes (a third, two thirds), and the class of each row."""
    rng = generator(17, "classes")
    group = (rng.random(n) < 1 / 3).astype(np.int64)
    shares = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7]])
    drawn = rng.random((n, 5, 1)) > shares.cumsum(axis=1)[group][:, None, :]
    return drawn.sum(axis=2), group


def test_posteriors_and_criteria_are_those_of_stepmix():
    levels, group = planted()
    model = Classes(2, n_init=3, seed=4).fit(levels)
    reference = StepMix(
        2,
        measurement="categorical",
        n_init=3,
        abs_tol=SETTLED,
        max_iter=STEPS,
        random_state=4,
        progress_bar=0,
    )
    patterns, counts = np.unique(levels, axis=0, return_counts=True)
    reference.fit(patterns, sample_weight=counts)
    np.testing.assert_allclose(model.predict_proba(levels), reference.predict_proba(levels), atol=1e-9)
    assert model.score_samples(levels).mean() == pytest.approx(reference.score(levels))
    assert model.bic(levels) == pytest.approx(reference.bic(levels))
    # 2 classes × 5 columns × 2 free shares, and 1 weight
    assert model.free_ == 21
    agree = (model.predict(levels) == group).mean()
    assert max(agree, 1 - agree) > 0.95


def test_a_level_never_seen_says_nothing():
    levels, _ = planted()
    model = Classes(2, seed=4).fit(levels)
    np.testing.assert_allclose(
        model.predict_proba(np.full((1, 5), UNSEEN))[0], np.exp(model.log_weights_), rtol=1e-9
    )
    # by Bayes' rule, one known level
    one = np.array([[2, *[UNSEEN] * 4]])
    joint = np.exp(model.log_weights_ + model.log_shares_[:, 0, 2])
    np.testing.assert_allclose(model.predict_proba(one)[0], joint / joint.sum(), rtol=1e-9)


def customers(n: int = 240) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers of two types who differ in numbers and in channel, and the type of each."""
    rng = generator(18, "types")
    kind = (np.arange(n) % 4 == 0).astype(np.int64)
    rows = pd.DataFrame(
        {
            "monetary_value": np.exp(np.array([2.0, 5])[kind] + rng.normal(0, 0.3, n)),
            "days_since_last": np.exp(np.array([5.0, 2])[kind] + rng.normal(0, 0.3, n)),
            "visits": rng.uniform(0, 10, n),
            "channel": np.where(rng.random(n) < np.array([0.1, 0.9])[kind], "shop", "web"),
        }
    )
    return rows, kind


def test_types_are_found_and_the_valuable_one_is_0():
    rows, kind = customers()
    model = registry.find("methods", "clustering/latent_class")(k=2, bins=2, seed=1).fit(rows)
    # at two bins the half of monetary_value is not the quarter of the valuable: some are mixed up
    assert (model.predict(rows) == 1 - kind).mean() > 0.9
    sure = model.closeness(rows)
    np.testing.assert_allclose(sure["margin"], 2 * sure["probability"] - 1)


def test_k_is_chosen_by_bic_after_the_gate():
    rows, kind = customers()
    model = registry.find("methods", "clustering/latent_class")(n_init=1, bins=3, seed=1).fit(rows)
    choice = model.details_["choice"]
    assert choice["gate"]["rejects"]
    values = {at_k["k"]: at_k["bic"] for at_k in choice["curve"]} | {1: choice["bic_of_one"]}
    assert model.k_ == choice["k"] == min(values, key=values.get) > 1
    assert (pd.crosstab(kind, model.predict(rows)).max() / np.bincount(model.predict(rows))).min() > 0.9


def test_one_class_is_taken_where_the_levels_are_independent():
    # one column of two lumps passes the gate, and tells nothing of the others
    rng = generator(19, "independent")
    lump = np.exp(np.where(rng.random(300) < 0.5, 1.0, 6.0) + rng.normal(0, 0.2, 300))
    rows = pd.DataFrame(rng.uniform(5, 9, (300, 3)), columns=["a", "b", "c"]).assign(lump=lump)
    model = registry.find("methods", "clustering/latent_class")(n_init=1, bins=3, seed=1).fit(rows)
    assert model.details_["choice"]["gate"]["rejects"]
    assert model.k_ == 1
    assert model.closeness(rows).to_numpy().tolist() == [[1.0, 1.0]] * 300


def test_rows_that_are_all_alike_have_no_classes():
    with pytest.raises(NotApplicable, match="the 9 rows are all alike"):
        registry.find("methods", "clustering/latent_class")().fit(pd.DataFrame({"spend": [3.0] * 9}))
