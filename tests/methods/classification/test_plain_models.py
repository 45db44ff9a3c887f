"""Models kept as plain arrays answer as the library that fitted them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.methods.classification.cost_sensitive import CostSensitiveForest
from crmlab.seeds import generator

EBM = registry.find("methods", "classification/explainable_boosting")


def visitors(n: int, *, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows with gaps, rare levels and an interaction, and outcomes."""
    rng = generator(seed, "visitors")
    channel = rng.choice(
        np.array(["web", "app", "shop", "rare", None], dtype=object), n, p=[0.4, 0.3, 0.25, 0.01, 0.04]
    )
    rows = pd.DataFrame(
        {
            "channel": pd.Series(channel, dtype="str"),
            "pages": rng.poisson(5, n).astype(float),
            "balance": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "constant": 1.0,
        }
    )
    odds = -1 + 0.3 * (rows["pages"] - 5) * (channel == "app") + rows["balance"].fillna(1)
    return rows, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def test_explainable_boosting_answers_as_interpret():
    rows, y = visitors(1500)
    new, _ = visitors(500, seed=2)
    new.loc[:20, "channel"] = "never seen"
    new.loc[10:40, ["pages", "constant"]] = np.nan
    new.loc[41:50, "pages"] = 1e9
    model = EBM(interactions=3, seed=3).fit(rows, y)
    assert any(len(term) == 2 for term in model.terms_)
    machine = model.machine(rows, y)
    theirs = machine.predict_proba(model.input_.transform(new))
    np.testing.assert_allclose(model.predict_proba(new), theirs, rtol=1e-10)


def test_its_shapes_are_told_and_add_up():
    rows, y = visitors(1500)
    model = EBM(interactions=0, seed=3).fit(rows, y)
    shapes = {shape["column"]: shape for shape in json.loads(json.dumps(model.details_))["shapes"]}
    assert set(shapes) == set(rows)
    assert shapes["channel"]["levels"] == ["(missing)", "app", "shop", "web", "(rare)"]
    assert shapes["balance"]["missing_log_odds"] > 0  # a gap was planted as a balance of 1
    assert np.all(np.diff(np.array(shapes["balance"]["log_odds"])[[0, 15, 31, 47, -1]]) > 0)
    assert shapes["constant"]["importance"] < 1e-6
    one = pd.DataFrame({"channel": ["shop"], "pages": [4.0], "balance": [0.0], "constant": [1.0]})
    total = model.intercept_ + shapes["channel"]["log_odds"][2] + shapes["constant"]["log_odds"][-1]
    for column in ("pages", "balance"):
        shape = shapes[column]
        total += shape["log_odds"][np.searchsorted(shape["cuts"], one[column].item(), side="right")]
    np.testing.assert_allclose(model.predict_proba(one)[0, 1], 1 / (1 + np.exp(-total)), atol=1e-5)


def test_an_interaction_that_is_there_is_named():
    rows, y = visitors(4000)
    model = EBM(interactions=1, seed=3).fit(rows, y)
    assert [set(pair["columns"]) for pair in model.details_["interactions"]] == [{"pages", "channel"}]


def test_the_cost_sensitive_forest_answers_as_empulse():
    rng = generator(4, "gaps")
    X = rng.normal(size=(800, 4))
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 3] = np.round(X[:, 3])
    y = (rng.random(800) < 1 / (1 + np.exp(2 - np.nan_to_num(X[:, 0])))).astype(np.int64)
    model = CostSensitiveForest(1.0, 20.0, 10, 5, 400, 1).fit(X[:500], y[:500])
    theirs = model.forest(X[:500], y[:500]).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X), theirs, rtol=1e-12)


def test_costs_decide_where_trees_split():
    rng = generator(5, "costs")
    X = rng.normal(size=(1000, 3))
    y = (rng.random(1000) < 1 / (1 + np.exp(-X[:, 0]))).astype(np.int64)
    cheap, dear = (CostSensitiveForest(cost, 20.0, 5, 20, 1000, 1).fit(X, y) for cost in (1.0, 10.0))
    assert cheap.threshold_.tolist() != dear.threshold_.tolist()
