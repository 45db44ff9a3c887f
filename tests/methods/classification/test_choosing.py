"""Methods that choose on later train rows: tuned twins, the stack, the neural net."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlab import registry
from crmlab.errors import UsageError
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._tuning import Tuned
from crmlab.methods.classification.neural_net import NeuralNet
from crmlab.seeds import generator

TWINS = ["logit", "forest", "lightgbm", "hist_boosting"]
GRID = {"logisticregression__C": [1e-6, 1.0, 100.0]}


def drifting(n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a column that always tells, one that told strongly until the last fifth, and outcomes."""
    rng = generator(1, "drifting")
    steady, clock = rng.normal(size=(2, n))
    early = np.arange(n) < 0.8 * n
    odds = steady + np.where(early, 3 * clock, -3 * clock)
    return pd.DataFrame({"steady": steady, "clock": clock}), (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(
        int
    )


def ridge(**settings: object) -> Tuned:
    """Return a tuned ridge."""
    pipeline = make_pipeline(linear_input(), LogisticRegression(C=1.0))
    return Tuned(pipeline, GRID, **({"trials": 3, "max_rows": 10_000, "seed": 1} | settings))


# --- tuning -------------------------------------------------------------------------------------
def test_the_first_trial_is_the_untuned_twin_and_none_is_repeated():
    assert ridge()._candidates()[0] == {}
    tried = [c.get("logisticregression__C", 1.0) for c in ridge()._candidates()]
    assert sorted(tried) == [1e-6, 1.0, 100.0]
    assert len(ridge(trials=2)._candidates()) == 2


def test_the_winner_is_the_best_of_the_later_rows():
    rng = generator(2, "noise")
    X = pd.DataFrame(rng.normal(size=(500, 60)), columns=[f"c{i}" for i in range(60)])
    y = (rng.random(500) < 1 / (1 + np.exp(-X.sum(axis=1) / 8))).astype(int).to_numpy()
    model = ridge().fit(X, y)
    told = model.details_["tuned"]
    aucs = model._aucs(X, y, np.arange(400), np.arange(400, 500))
    best = model._candidates()[int(np.argmax(aucs))].get("logisticregression__C", 1.0)
    assert told["parameters"] == {"C": best}
    assert told["auc_later"] == round(max(aucs), 6)
    assert told["auc_later_untuned"] == round(aucs[0], 6)
    assert told["trials"] == 3
    # the last fit is on all rows
    whole = make_pipeline(linear_input(), LogisticRegression(C=best)).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), whole.predict_proba(X))


def test_trials_use_a_sample_and_cheaper_settings_that_the_last_fit_does_not():
    rows, y = drifting(1000)
    model = ridge(max_rows=400, in_trials={"logisticregression__max_iter": 57}).fit(rows, y)
    assert abs(model.details_["tuned"]["rows"] - 400) <= 1
    assert model.model_[-1].max_iter == 100


def test_with_too_few_of_a_class_nothing_is_tuned_and_it_says_so():
    rows, _ = drifting(1000)
    y = (np.arange(1000) % 50 == 0).astype(int)
    model = ridge().fit(rows, y)
    assert "not tuned" in model.details_["note"]
    assert model.model_[-1].C == 1.0


@pytest.mark.parametrize("trials", [0, 21])
def test_the_budget_has_a_limit(trials):
    with pytest.raises(UsageError, match="between 1 and 20"):
        ridge(trials=trials).fit(*drifting(100))


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_starts_from_its_default_and_declares_a_legal_budget(name):
    plain = registry.find("methods", f"classification/{name}")(seed=1)[-1]
    twin = registry.find("methods", f"classification/{name}_tuned")(seed=1)
    begins = twin.pipeline[-1].get_params()
    assert begins == {parameter: getattr(plain, parameter) for parameter in begins}
    assert 1 <= twin.trials <= 20
    assert len(twin._candidates()) == twin.trials
    assert all(
        given in twin.grid[name] for name, given in twin.pipeline.get_params().items() if name in twin.grid
    )


# --- the stack ----------------------------------------------------------------------------------
def test_the_stack_weights_by_later_rows():
    rows, y = drifting(2000)
    stack = registry.find("methods", "classification/stack")(n_estimators=20, max_iter=20, seed=1)
    drifted = stack.fit(rows, y)
    # what the learners knew of the clock misleads on the later rows: they are not believed
    assert max(drifted.details_["weights"].values()) < 0.1
    steady = stack.fit(rows, np.where(rows["steady"] + rows["clock"] > 0, 1, 0))
    assert max(steady.details_["weights"].values()) > 0.3
    assert (steady.weights_ >= 0).all()


def test_without_later_rows_the_learners_have_equal_weights():
    rows, _ = drifting(200)
    y = (np.arange(200) < 50).astype(int)
    model = registry.find("methods", "classification/stack")(n_estimators=5, max_iter=5, seed=1).fit(rows, y)
    np.testing.assert_allclose(list(model.details_["weights"].values()), 1 / 3, atol=1e-4)


# --- the neural net -----------------------------------------------------------------------------
def test_the_net_learns_what_no_line_can():
    rng = generator(3, "xor")
    X = rng.normal(size=(2000, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    score = NeuralNet(16, 1e-4, 60, 10, 1).fit(X[:1500], y[:1500]).predict_proba(X[1500:])[:, 1]
    assert np.mean((score > 0.5) == y[1500:]) > 0.9


def test_the_net_stops_early_where_later_rows_gain_nothing():
    rng = generator(4, "noise")
    X, y = rng.normal(size=(3000, 20)), rng.integers(0, 2, 3000)
    model = NeuralNet(32, 1e-4, 100, 5, 1).fit(X, y)
    assert model.details_["epochs"] < 50


def test_the_net_s_arrays_answer_as_scikit_learn_s_net():
    rng = generator(5, "net")
    X, y = rng.normal(size=(300, 4)), rng.integers(0, 2, 300)
    model = NeuralNet(8, 1e-4, 6, 5, 1)
    epochs = model.fit(X, y).details_["epochs"]
    net = model._net()
    for _ in range(epochs):
        net.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_allclose(model.predict_proba(X), net.predict_proba(X), rtol=1e-12)
