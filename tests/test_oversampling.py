"""Oversampling before the split, by every door there is: each is shut, or leads behind the split.

Copies of a row on both sides of a split let a model recognise test rows: on the online shoppers that
makes an F1 of .97 out of .67.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.base import BaseEstimator
from sklearn.neighbors import KNeighborsClassifier

from crmlab import params, registry
from crmlab.comparison import harness
from crmlab.data import tables
from crmlab.declare.dataset import Dataset
from crmlab.declare.method import Method
from crmlab.errors import DataError, UsageError
from crmlab.kinds import Fitting
from crmlab.problems import files, folds
from crmlab.seeds import generator
from crmlab.vocabulary import NUMERIC

ROOT = Path(__file__).parents[1]


def repeated(frame: pd.DataFrame, outcome: np.ndarray) -> pd.DataFrame:
    """Return a frame with the rows of class 1 four times."""
    return frame.loc[np.repeat(frame.index, 1 + 3 * np.asarray(outcome))].reset_index(drop=True)


def labelled() -> pd.DataFrame:
    """Return 200 rows, told apart by a column, whose outcome nothing tells."""
    rng = generator(1, "labelled")
    ids = np.arange(200)
    return pd.DataFrame(
        {
            "row_id": [f"{i:03d}" for i in ids],
            "outcome": (rng.random(200) < 0.2).astype(np.int64),
            "period": ids,
            "fingerprint": rng.permutation(200) + 0.5,
        }
    )


def noise_problem(make):
    """Return the 200 rows posed under cross-validation."""
    table = labelled()
    rows = pd.DataFrame(
        {
            "row_id": np.arange(200),
            "customer": table["row_id"],
            "origin": pd.Series([pd.NaT] * 200, dtype="datetime64[us]"),
            "fingerprint": table["fingerprint"],
        }
    )
    solution = pd.DataFrame({"row_id": np.arange(200), "outcome": table["outcome"]})
    split = folds.cross_validation(table["outcome"].to_numpy(), folds=5, seed=1)
    roles = {"fingerprint": NUMERIC}
    return make.posed(rows, solution, split, "cross_validation", task="acquisition", roles=roles)


class Oversampler(BaseEstimator):
    """Repeats what it is given to learn from, and remembers; then the nearest row answers."""

    def __init__(self, seen: list, copies: int = 1):
        self.seen, self.copies = seen, copies

    def fit(self, X, y):
        grown = repeated(X.assign(y=y), y)
        self.model = KNeighborsClassifier(1).fit(grown[["fingerprint"]], grown["y"])
        self.seen.append({"learned": set(X["fingerprint"]), "grown": len(grown), "given": len(X)})
        return self

    def predict_proba(self, X):
        self.seen[-1]["asked"] = X["fingerprint"].tolist()
        return np.tile(self.model.predict_proba(X), (self.copies, 1))


@pytest.fixture
def oversampled(make, monkeypatch):
    """Run the oversampler on the problem; return the answers and what it saw, fold by fold."""

    def run(copies: int = 1):
        seen: list[dict] = []
        declared = Method(lambda: Oversampler(seen, copies), "Oversampler", "")
        monkeypatch.setattr(registry, "find", lambda folder, name: declared)
        return harness.answer_folds(noise_problem(make), "classification/any", {}, Fitting(1)).answers, seen

    return run


# --- behind the split it is a method's own affair ------------------------------------------------
def test_a_method_that_oversamples_repeats_no_row_that_it_is_asked_about(oversampled):
    answers, seen = oversampled()
    assert len(seen) == 5
    for fold in seen:
        assert fold["grown"] > fold["given"]
        assert len(set(fold["asked"])) == len(fold["asked"]) == 40
        assert not fold["learned"] & set(fold["asked"])
    assert sorted(answers["row_id"]) == list(range(200))


def test_copies_in_front_of_the_split_would_find_what_cannot_be_known(oversampled):
    answers, _ = oversampled()
    table = labelled()
    outcome = table["outcome"].to_numpy()
    claimed = np.zeros(200)
    claimed[answers["row_id"]] = answers["score"]
    # nothing tells the outcome: the nearest other row finds a 1 as often as there are ones, .2
    assert claimed[outcome == 1].mean() < 0.5
    # with copies on both sides the nearest row is the same one: the leak that the doors keep out
    copies = repeated(table, outcome)
    found = []
    for part in range(5):
        test = np.arange(len(copies)) % 5 == part
        nearest = KNeighborsClassifier(1).fit(
            copies.loc[~test, ["fingerprint"]], copies.loc[~test, "outcome"]
        )
        found.extend(nearest.predict(copies.loc[test & (copies["outcome"] == 1), ["fingerprint"]]))
    assert np.mean(found) > 0.95


def test_answers_to_more_rows_than_were_asked_are_refused(oversampled):
    with pytest.raises(ValueError, match="answered 80 rows of 40"):
        oversampled(copies=2)


# --- before the split every door is shut ----------------------------------------------------------
def test_a_table_with_repeated_rows_is_refused(project):
    about = Dataset(label="Copies", cite="none", licence="CC0", homepage="none")
    table = labelled()
    with pytest.raises(DataError, match="row_id"):
        tables.write_tables("copies", about, {"labelled": repeated(table, table["outcome"])})


def test_a_posed_problem_that_was_changed_is_refused(project, make):
    posed = noise_problem(make)
    outcome = posed.solution["outcome"]
    changes = {
        "rows": {"rows": repeated(posed.rows, outcome), "solution": repeated(posed.solution, outcome)},
        "folds": {"folds": pd.concat([posed.folds, posed.folds[posed.folds["part"] == "train"]])},
    }
    for changed in changes.values():
        files.save(dataclasses.replace(posed, **changed))
        with pytest.raises(DataError, match="changed or damaged"):
            files.load("acquisition", "small")


@pytest.mark.parametrize(
    "where",
    [
        ("acquisition",),
        ("problems", "acquisition-demo_shop"),
        ("acquisition", "methods", "classification", "logit"),
    ],
    ids="/".join,
)
def test_params_have_no_word_for_it(project, where):
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    place = content
    for key in where:
        place = place[key]
    place["oversample"] = 4
    path = project / "params.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(UsageError, match="oversample"):
        params.load(path)


@pytest.mark.parametrize("protocol", ["cross_validation", "rolling"])
def test_no_row_is_on_both_sides_or_twice_on_the_side_that_tests(make, protocol):
    posed = make.resampled() if protocol == "cross_validation" else make.rolling()
    for number in posed.fold_numbers():
        mine = posed.folds[posed.folds["fold"] == number]
        assert not mine["row_id"].duplicated().any()


def test_a_refit_s_bootstrap_copies_train_rows_only(make, monkeypatch):
    frames = []

    class Watcher(BaseEstimator):
        def fit(self, X, y):
            frames.append(X)
            return self

        def predict_proba(self, X):
            frames.append(X)
            return np.full((len(X), 2), 0.5)

    posed = make.rolling()
    posed.rows["visits"] = np.arange(len(posed.rows)) + 0.5  # tells rows apart
    monkeypatch.setattr(registry, "find", lambda folder, name: Method(Watcher, "Watcher", ""))
    harness.answer_folds(posed, "classification/any", {}, Fitting(1, refits=2))
    pairs = list(zip(frames[::2], frames[1::2], strict=True))
    assert any(train["visits"].duplicated().any() for train, _ in pairs)
    for train, test in pairs:
        assert not test["visits"].duplicated().any()
        assert not set(train["visits"]) & set(test["visits"])
