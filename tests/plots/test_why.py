"""Pictures of why: the columns that matter with their intervals, and the curves behind a score."""

from __future__ import annotations

import hashlib
import json
import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.comparison.run import Run
from crmlab.errors import NotApplicable
from crmlab.explain.shapes import curves, pairs
from crmlab.explain.window import BOOSTING
from crmlab.findings.why.importance import Importance
from crmlab.methods.classification.explainable_boosting import ExplainableBoosting
from crmlab.plots import _style, importance, shapes
from crmlab.store.seal import sealed
from crmlab.vocabulary import OK


@pytest.fixture
def compared(project: Any, make: SimpleNamespace) -> SimpleNamespace:
    """A comparison of one explainable boosting machine over two windows."""
    problem = make.rolling(n=300)
    details = {}
    for fact in problem.facts["folds"]:
        fold, columns = problem.fold(fact["fold"]), list(problem.facts["roles"])
        model = ExplainableBoosting(learning_rate=0.1, max_rounds=20, max_bins=16, interactions=2, seed=1)
        model.fit(fold.train_rows[columns], fold.train_outcomes["outcome"].to_numpy())
        details[fact["fold"]] = model.details_
    content = pickle.dumps(model)
    folder = store.run_folder("ebm")
    folder.mkdir(parents=True)
    (folder / "model.pickle").write_bytes(content)
    (folder / "run.json").write_text(
        json.dumps(sealed({"model_sha256": hashlib.sha256(content).hexdigest()}))
    )
    run = Run(BOOSTING, "Explainable boosting", None, {}, "ebm", OK, details=details)
    return SimpleNamespace(
        problem=problem, task="churn", name="small", runs=[run], seed=1, level=0.95, model=model
    )


def found(methods: int = 2) -> Importance:
    """Return the importance of twelve columns and a group to some methods."""
    names = ["a_column_with_quite_a_long_name_indeed", *(f"column_{i}" for i in range(11))]
    drops = np.linspace(0.2, -0.1, 12)
    rows = [
        {
            "permuted": c,
            "columns": (c,),
            "together": False,
            "auc_drop": d,
            "lower": d - 0.03,
            "upper": d + 0.03,
        }
        for c, d in zip(names, drops, strict=True)
    ]
    group = {"permuted": "a + b", "columns": (names[0], "b"), "together": True, "auc_drop": 0.3}
    table = pd.DataFrame([group | {"lower": 0.2, "upper": 0.4}, *rows]).assign(shares_with="", auc=0.8)
    parts = [table.assign(method=f"m{i}", label=f"Gradient boosting number {i}") for i in range(methods)]
    return Importance("acquisition", "small", 0.95, 4000, pd.concat(parts, ignore_index=True))


# --- importance ---------------------------------------------------------------------------------
def test_importance_shows_the_first_ten_of_each_model(whole):
    shown = found()
    figure = importance.draw(shown)
    assert figure.title == "Acquisition · small: permutation importance"
    for axes, method in zip(figure.axes, ("m0", "m1"), strict=True):
        names = [t.get_text() for t in axes.get_yticklabels()]
        assert len(names) == 10
        assert names[2] == "column_0"
        points = [ln for ln in axes.get_lines() if ln.get_marker() in "os"]
        np.testing.assert_allclose([ln.get_xdata()[0] for ln in points], shown.top(method)["auc_drop"])
        assert [ln.get_marker() for ln in points[:2]] == ["s", "o"]
    texts = whole(figure)
    assert "Gradient boosting number 1\nAUC 0.800" in texts


def test_importance_greys_what_is_not_established():
    shown = found(1)
    axes = importance.draw(shown).axes[0]
    points = [ln for ln in axes.get_lines() if ln.get_marker() in "os"]
    established = (shown.top()["lower"] > 0).tolist()
    assert [ln.get_color() == _style.PALETTE[0] for ln in points] == established
    assert False in established


def test_importance_of_nothing_is_no_picture():
    with pytest.raises(NotApplicable, match="no model"):
        importance.draw(None)


# --- shapes -------------------------------------------------------------------------------------
def test_shapes_draw_the_curves_and_the_pairs(compared, whole):
    figure = shapes.draw(compared)
    assert figure.title == "Churn · small: shapes of explainable boosting"
    by_title = {axes.get_title("left"): axes for axes in figure.axes}
    shown = {c.column: c for c in curves(compared.model.details_)}
    assert set(shown) <= set(by_title)
    curve = shown["days_since_last"]
    steps = [p for p in by_title["days_since_last"].patches if hasattr(p, "get_data")]
    # one per window, the last window's on top
    assert len(steps) == len(compared.runs[0].details)
    drawn = steps[-1].get_data()
    expected = curve.log_odds[np.searchsorted(curve.cuts, drawn.edges[:-1], side="right")]
    np.testing.assert_allclose(drawn.values, expected)
    bars = [p.get_width() for p in by_title["channel"].patches]
    np.testing.assert_allclose(sorted(bars), sorted(shown["channel"].log_odds))
    strongest = pairs(compared.model)[0]
    drawn = by_title[" × ".join(strongest.columns)].images[0].get_array()
    np.testing.assert_allclose(np.asarray(drawn), strongest.log_odds.T)
    whole(figure)
    assert figure.png() == shapes.draw(compared).png()


def test_shapes_without_a_machine_do_not_apply(churn):
    with pytest.raises(NotApplicable, match="no explainable boosting machine"):
        shapes.draw(churn)
