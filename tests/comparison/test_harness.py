"""The harness: what each kind hands to its methods, fold by fold, and what it asks of their answers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.comparison import harness
from crmlab.declare.method import Method
from crmlab.errors import NotApplicable
from crmlab.kinds import EARLIER, LATER, Fitting, lifetime_value
from crmlab.vocabulary import CARRIED, NUMERIC


# --- what is handed out -------------------------------------------------------------------------
class Recorder:
    """A model of any kind that remembers every frame it is given."""

    refits_: list

    def __init__(self, received: list) -> None:
        self.received = received

    def fit(self, X, *outcomes, **context):
        self.received.append(("fit", X.copy(), outcomes or None))
        X.iloc[:, 0] = -1  # what a method does to its frame must not reach the next one
        return self

    def predict(self, X):
        self.received.append(("predict", X.copy(), None))
        return np.zeros(len(X))

    def predict_proba(self, X):
        return np.column_stack([self.predict(X), self.predict(X)])

    def p_zero(self, X, horizon_days):
        return self.predict(X)

    def expected_purchases(self, X, horizon_days):
        return np.zeros(len(X))

    def survival(self, X, times):
        return np.ones((len(self.predict(X)), len(times)))


class SpendRecorder(Recorder):
    """A model that answers with spend."""

    def predict(self, X, **context):
        return pd.DataFrame(
            0.0, index=X.index, columns=[*lifetime_value.ANSWER, *lifetime_value.PARTS]
        ).assign(score=super().predict(X))


@pytest.fixture
def received(monkeypatch):
    """What the methods get from the harness, where every method is a Recorder."""
    gathered = []

    def found(folder, name):
        recorder = SpendRecorder if name.startswith(("value/", "lifetime_value/")) else Recorder
        return Method(lambda: recorder(gathered), "Recorder", "")

    monkeypatch.setattr(registry, "find", found)
    return gathered


def summary_problem(make):
    """Return a rolling problem with a purchase summary and some left-censored customers."""
    problem = make.rolling()
    days = problem.rows["days_since_last"]
    summary = {"frequency": days % 3, "recency_days": days / 2, "T_days": days, "left_censored": days > 150}
    summary["monetary_value"] = days + 1
    roles = dict.fromkeys(("frequency", "recency_days", "T_days", "monetary_value"), NUMERIC)
    problem.facts["roles"] = problem.facts["roles"] | roles
    problem.facts["roles"]["left_censored"] = CARRIED
    frame = problem.rows.assign(**summary)
    problem.rows[frame.columns] = frame
    problem.solution["duration_days"], problem.solution["event"] = 90, problem.solution["outcome"]
    return problem


ROWS = [k for k in registry.names("kinds") if not getattr(registry.module("kinds", k), "HISTORY", False)]
"""Kinds whose methods are handed rows; those that read events are handed purchases (tests/problems)."""


@pytest.mark.parametrize("kind", ROWS)
def test_no_kind_hands_out_the_solution(make, received, kind):
    problem = summary_problem(make)
    answered = harness.answer_folds(problem, f"{kind}/recorder", {}, Fitting(1, refits=1))
    answers = answered.answers
    assert isinstance(answered.model, Recorder)
    assert answered.inner is None
    fitted = [r for r in received if r[0] == "fit"]
    assert len(fitted) == 4
    known = set(problem.rows)
    for _, frame, y in received:
        assert set(frame) <= known - {
            "row_id",
            "customer",
            "origin",
            "outcome",
            "value",
            "purchases",
            "duration_days",
            "event",
            "truth",
        }
        assert (frame.iloc[:, 0] >= 0).all()
        assert y is None or registry.module("kinds", kind).TARGET
    assert len(answers) == 120
    assert answers["fold"].unique().tolist() == [0, 1]
    assert len(answered.refits) == 120
    assert answered.refits[["fold", "refit"]].drop_duplicates().to_numpy().tolist() == [[0, 1], [1, 1]]


def test_a_label_free_kind_is_fitted_on_the_test_rows(make, received):
    problem = summary_problem(make)
    harness.answer_folds(problem, "lifetime/recorder", {}, Fitting(1))
    tested = problem.fold(0).test_rows
    seen = tested[tested["days_since_last"] <= 150]
    pd.testing.assert_frame_equal(
        received[0][1], seen[["frequency", "recency_days", "T_days", "monetary_value", "left_censored"]]
    )


def test_a_problem_without_folds_does_not_apply(make):
    problem = make.rolling()
    problem.facts["folds"] = []
    with pytest.raises(NotApplicable, match="no folds"):
        harness.answer_folds(problem, "classification/prevalence", {}, Fitting(1))


def test_an_answer_without_its_column_is_refused(make, monkeypatch):
    problem = make.rolling()
    kind = registry.module("kinds", "classification")
    monkeypatch.setattr(kind, "answer", lambda model, rows, context: pd.DataFrame({"points": rows["visits"]}))
    with pytest.raises(ValueError, match="classification/prevalence answered without the column score"):
        harness.answer_folds(problem, "classification/prevalence", {}, Fitting(1))


# --- the inner hold-out ---------------------------------------------------------------------------
def test_the_inner_hold_out_is_scored_by_models_that_did_not_see_it(make, received):
    problem = make.rolling()
    answered = harness.answer_folds(problem, "classification/recorder", {}, Fitting(1, inner_share=0.2))
    windows = problem.facts["folds"]
    assert answered.inner["fold"].unique().tolist() == [f["fold"] for f in windows]
    for fact in windows:
        fold = problem.fold(fact["fold"])
        held = answered.inner.loc[answered.inner["fold"] == fact["fold"], "row_id"]
        assert set(held) <= set(fold.train_rows["row_id"])
        assert not set(held) & set(fold.test_row_ids)
    fits = [len(y) for verb, _, y in received if verb == "fit"]
    assert len(fits) == len(problem.facts["folds"]) + len(windows)


EVENT_FACTS = {"horizon_days": 30, "gap_days": 10}
IN_ORDER = Fitting(1, inner_share=0.4)


def test_inner_rows_of_events_come_after_every_label_of_the_earlier_ones():
    origins = pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"] * 3 + ["2024-03-01"] * 2)
    rows = pd.DataFrame({"origin": origins, "customer": list("abcabcab")})
    earlier, later = harness.inner_split(rows, EVENT_FACTS, Fitting(1, inner_share=0.2), seed=1)
    # labels of 2024-02-01 end on 2024-03-12, after the last origin: only 2024-01-01 may be fitted on
    assert earlier.tolist() == [0, 1, 2]
    assert later.tolist() == [6, 7]


def test_inner_rows_of_one_origin_are_other_customers():
    rows = pd.DataFrame(
        {"origin": pd.Timestamp("2024-01-01"), "customer": [f"c{i // 2}" for i in range(400)]}
    )
    earlier, later = harness.inner_split(rows, EVENT_FACTS, Fitting(1, inner_share=0.2), seed=1)
    assert sorted([*earlier, *later]) == list(range(400))
    assert not set(rows["customer"][earlier]) & set(rows["customer"][later])
    assert 40 < len(later) < 120


def test_inner_rows_of_a_table_in_time_order_are_the_last_by_period():
    rows = pd.DataFrame({"origin": pd.NaT, "customer": list("abcde"), "period": [3, 1, 2, 5, 4]})
    earlier, later = harness.inner_split(rows, {}, IN_ORDER, seed=1)
    assert earlier.tolist() == [0, 1, 2]
    assert later.tolist() == [3, 4]
    without = rows.drop(columns="period")
    assert harness.inner_split(without, {}, IN_ORDER, seed=1)[1].tolist() == [3, 4]


def test_a_refit_without_train_rows_is_a_rule_s_own_affair(make):
    problem = make.rolling()
    object.__setattr__(problem, "folds", problem.folds[problem.folds["part"] == "test"])
    answered = harness.answer_folds(
        problem, "classification/hiatus", {"column": "days_since_last"}, Fitting(1)
    )
    assert set(answered.answers["fold"]) == set(problem.fold_numbers())


def test_a_refit_draws_the_same_customers_for_every_window_and_method(make, received):
    problem = make.rolling()
    problem.rows["visits"] = problem.rows["row_id"].astype(float)  # tells the rows apart
    drawn = []
    for method in ("classification/one", "classification/two"):
        received.clear()
        harness.answer_folds(problem, method, {}, Fitting(1, refits=2))
        fits = [frame for verb, frame, _ in received if verb == "fit"]
        drawn.append([Counter(problem.rows["customer"].iloc[f["visits"].astype(int)]) for f in fits])
    # per window: the estimate, refit 1, refit 2; the first window trains on one origin, the second on two
    (whole, *first), (_, *second) = drawn[0][:3], drawn[0][3:]
    assert drawn[0] == drawn[1]
    assert set(whole.values()) == {1}
    for one, two in zip(first, second, strict=True):
        assert {c: 2 * n for c, n in one.items()} == dict(two)
    assert first[0] != first[1]


def test_a_bootstrap_of_customers_draws_as_many_as_there_are():
    owners = pd.Series(["a", "b", "a", "c"])
    copies = harness.customers_drawn(owners, 1, 3)
    assert copies.index.tolist() == ["a", "b", "c"]
    assert copies.sum() == 3
    assert not copies.equals(harness.customers_drawn(owners, 1, 4))


def test_a_refit_that_cannot_be_fitted_is_left_out(make, monkeypatch):
    problem, calls = make.rolling(), []
    kind = registry.module("kinds", "classification")
    fit = kind.fit

    def fitted(make_, rows, outcomes, context):
        calls.append(len(rows))
        if len(calls) == 2:
            raise NotApplicable("all train rows have the outcome 0")
        return fit(make_, rows, outcomes, context)

    monkeypatch.setattr(kind, "fit", fitted)
    answered = harness.answer_folds(problem, "classification/prevalence", {}, Fitting(1, refits=1))
    assert answered.answers["fold"].unique().tolist() == [0, 1]
    assert answered.refits["fold"].unique().tolist() == [1]


def test_methods_are_told_which_train_rows_judge(make, monkeypatch):
    """No label of a row that is learned from reaches into the time of those that judge."""
    problem, handed = make.rolling(), []
    kind = registry.module("kinds", "classification")
    fit = kind.fit
    monkeypatch.setattr(kind, "fit", lambda *given: handed.append(given) or fit(*given))
    harness.answer_folds(problem, "classification/prevalence", {}, Fitting(1, refits=1))
    for _, rows, _, context in handed:
        assert len(context.inner) == len(rows)
    # the second window: origins 2024-01-01 and 2024-04-01 with labels of 90 days
    fold, inner = problem.fold(1), handed[2][-1].inner
    origins = fold.train_rows["origin"]
    assert set(origins[inner == EARLIER]) == {origins.min()}
    assert set(origins[inner == LATER]) == {origins.max()}
    # the first window has one origin: other customers judge
    first = problem.fold(0).train_rows["customer"]
    parts = handed[0][-1].inner
    assert not set(first[parts == EARLIER]) & set(first[parts == LATER])
    assert 0 < (parts == LATER).mean() < 0.5
