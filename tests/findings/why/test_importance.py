"""Permutation importance: what a model does not use costs nothing, what it uses does; credit is shared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from crmlab.errors import NotApplicable
from crmlab.findings.why import importance as module
from crmlab.findings.why import patterns
from crmlab.findings.why.importance import Importance, importance
from crmlab.plots import importance as picture
from crmlab.vocabulary import CHANCE


class Additive:
    """A model whose score is a weighted sum of columns."""

    def __init__(self, **weights: float) -> None:
        self.weights = weights

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of both classes."""
        odds = sum(weight * rows[column].to_numpy() for column, weight in self.weights.items()) - 8
        one = 1 / (1 + np.exp(-odds))
        return np.column_stack([1 - one, one])


def rows_of(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the rows of a table by what was permuted."""
    return {row["permuted"]: row for _, row in table.iterrows()}


def test_an_unused_column_costs_nothing_and_a_perfect_one_what_chance_leaves(window):
    perfect = replace(window, test_outcome=(window.test["pages"].to_numpy() >= 8).astype(int))
    found = rows_of(importance(Additive(pages=1.0), perfect))
    for column in ("seconds", "age", "carted", "channel"):
        assert [found[column][c] for c in ("auc_drop", "lower", "upper")] == [0, 0, 0]
    # from a perfect order to a random one
    assert found["pages"]["auc"] == 1
    assert found["pages"]["auc_drop"] == pytest.approx(0.5, abs=0.03)
    assert found["pages"]["lower"] > 0.45


def test_columns_that_say_the_same_share_their_credit(window):
    # the two columns weigh the same, and either keeps the order nearly as it was
    found = rows_of(importance(Additive(pages=1.0, seconds=0.05), window))
    assert found["pages"]["shares_with"] == "seconds"
    assert found["age"]["shares_with"] == ""
    both = found["pages + seconds"]
    assert both["columns"] == ("pages", "seconds")
    assert both["together"]
    assert both["lower"] > 0
    assert both["auc_drop"] > 1.5 * max(found["pages"]["auc_drop"], found["seconds"]["auc_drop"])


def test_a_group_keeps_what_holds_between_its_columns(window):
    class Difference(Additive):
        """A model of a difference that is nearly constant while the two columns stay together."""

        def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
            """Return the probabilities of both classes."""
            one = 1 / (1 + np.exp(rows["seconds"] - 20 * rows["pages"] - 4))
            return np.column_stack([1 - one, one])

    noise = window.test["seconds"] - 20 * window.test["pages"]
    judged = replace(window, test_outcome=(noise < 4).to_numpy().astype(int))
    found = rows_of(importance(Difference(), judged))
    # the difference moves with its row: shuffled together it is as useless as any other row's
    assert found["pages + seconds"]["auc_drop"] == pytest.approx(0.5, abs=0.03)


def test_the_interval_holds_the_spread_of_permutations(monkeypatch):
    rng = np.random.default_rng(1)
    replicates = rng.normal(0.1, 0.001, 500)
    calm = np.tile(np.r_[0.1, replicates], (5, 1))
    wild = calm + np.array([[-0.02], [-0.01], [0.0], [0.01], [0.02]])
    low, high = (module._interval(d, 0.95, np.random.default_rng(2)) for d in (calm, wild))
    assert low["auc_drop"] == pytest.approx(high["auc_drop"])
    assert low["upper"] - low["lower"] == pytest.approx(2 * 1.96 * 0.001, rel=0.15)
    # the standard error of a mean of five is .0158 / √5 = .0071, with 4 degrees of freedom: ± 2.78 of it
    assert high["upper"] - high["lower"] == pytest.approx(2 * 2.776 * 0.00707, rel=0.25)


def test_the_same_seed_gives_the_same_and_the_rows_stay(window):
    before = window.test.copy()
    first, again = (importance(Additive(pages=1.0), window, permutations=2) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(window.test, before)


def test_types_reach_the_model_as_they_were(window):
    seen = []

    class Looking(Additive):
        """A model that remembers the types it was given."""

        def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
            """Return the probabilities of both classes."""
            seen.append(rows.dtypes.tolist())
            return super().predict_proba(rows)

    importance(Looking(pages=1.0), window, permutations=1)
    assert all(types == window.test.dtypes.tolist() for types in seen)


def test_what_carries_is_said_with_its_company():
    rows = [
        ("a", ("a",), False, 0.10, 0.05, 0.15, "b"),
        ("a + b", ("a", "b"), True, 0.20, 0.15, 0.25, ""),
        ("b", ("b",), False, 0.01, -0.02, 0.04, "a"),
        ("c", ("c",), False, 0.00, -0.01, 0.01, ""),
    ]
    names = ("permuted", "columns", "together", "auc_drop", "lower", "upper", "shares_with")
    table = pd.DataFrame(rows, columns=list(names)).assign(method="m", label="Model", auc=0.8)
    found = Importance("acquisition", "small", 0.95, 100, table)
    assert found.carrying("m") == {
        "a": "shuffling a costs 0.100 of AUC",
        "b": "shuffling b with the columns like it costs 0.200 of AUC",
    }
    assert found.sentences == (
        "Model loses most AUC when a is shuffled: 0.100 of 0.800 (95% interval 0.050 to 0.150); together "
        "with b, which say nearly the same, it loses 0.200 (95% interval 0.150 to 0.250).",
    )
    nothing = replace(found, table=table.assign(lower=-0.1))
    assert nothing.sentences == ("Model: shuffling no column costs AUC beyond chance.",)
    assert found.top(count=2)["permuted"].tolist() == ["a", "a + b"]


def test_a_comparison_is_explained_by_its_kept_models(compared, keeps_contract):
    found = module.find(compared)
    keeps_contract(found)
    assert found.table["label"].unique().tolist() == ["Explainable boosting"]
    assert found.top()["permuted"].iloc[0] == "days_since_last"
    assert found.top()["lower"].iloc[0] > 0
    assert found.rows == 200


def test_a_comparison_without_a_classifier_says_so(compared):
    compared.runs[0] = replace(compared.runs[0], method="lifetime/bg_nbd")
    compared.verdict.champion = "lifetime/bg_nbd"
    compared.order = lambda: ["lifetime/bg_nbd"]
    compared.run_of = lambda method: compared.runs[0]
    with pytest.raises(NotApplicable, match="no classifier to explain"):
        module.find(compared)


def test_a_champion_without_columns_is_stood_in_for_by_the_best_classifier(compared):
    model = replace(compared.runs[0], method="classification/other", label="Other")
    champion = replace(compared.runs[0], method="lifetime/bg_nbd", label="BG/NBD")
    chance = replace(model, method="classification/prevalence", label="Base rate", control=CHANCE)
    known = {r.method: r for r in (champion, chance, model)}
    compared.runs, compared.run_of, compared.order = list(known.values()), known.get, lambda: list(known)
    compared.verdict.champion = champion.method
    found = module.find(compared)
    assert found.table["label"].unique().tolist() == ["Other"]
    said = "Other: the champion, BG/NBD, is no classifier and has no columns to explain."
    assert found.sentences[0] == f"Explained is {said}"
    assert found.sentences[1].startswith("Other loses most AUC")
    assert patterns.find(compared, found).sentences[-1] == f"Which columns matter is told by {said}"
    assert "the champion, BG/NBD, is no classifier" in " ".join(t.get_text() for t in texts(found))
    # a champion that is a classifier is explained itself
    compared.verdict.champion = model.method
    found = module.find(compared)
    assert found.sentences[0].startswith("Other loses most AUC")
    assert patterns.find(compared, found).sentences[-1] == "Which columns matter is told by Other."


def texts(found: Importance) -> list[Any]:
    """Return the texts above the picture of an importance."""
    return picture.draw(found).findobj(Text)
