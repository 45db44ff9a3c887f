"""The harness: keys that name what made a run, and what each kind hands to its methods."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from crmlab import harness, registry
from crmlab.errors import NotApplicable
from crmlab.kinds import lifetime_value
from crmlab.vocabulary import CARRIED, NUMERIC

ENVIRONMENT = {"python": "3.11", "numpy": "2.4.0"}
MADE = {
    "problem_digest": "0123",
    "method": "classification/logit",
    "parameters": {"C": 1.0},
    "seed": 1,
    "stability_refits": 0,
    "inner_share": 0.0,
    "environment": ENVIRONMENT,
}


# --- keys ---------------------------------------------------------------------------------------
def test_the_same_makings_give_the_same_key():
    key = harness.run_key(**MADE)
    assert key == harness.run_key(**MADE)
    assert len(key) == 20
    assert int(key, 16) >= 0


@pytest.mark.parametrize(
    "changed",
    [
        {"problem_digest": "4567"},
        {"method": "classification/tree"},
        {"parameters": {"C": 2.0}},
        {"seed": 2},
        {"stability_refits": 5},
        {"inner_share": 0.2},
        {"environment": ENVIRONMENT | {"python": "3.12"}},
        {"environment": ENVIRONMENT | {"numpy": "2.4.1"}},
    ],
)
def test_whatever_makes_a_run_changes_its_key(changed):
    assert harness.run_key(**MADE) != harness.run_key(**(MADE | changed))


def test_the_order_of_parameters_does_not_change_a_key():
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert harness.run_key(**(MADE | {"parameters": one})) == harness.run_key(
        **(MADE | {"parameters": other})
    )


def test_the_environment_names_python_and_the_numerical_libraries():
    assert set(harness.environment()) == {"python", *harness.NUMERICAL_LIBRARIES}


KEYS = """
import json
from crmlab import harness, registry
methods = ["classification/one", "classification/two", "classification/prevalence"]
made = {made!r}
def keys():
    return [harness.run_key(**(made | {{"method": m, "parameters": {{}}}})) for m in methods]
found = [[harness.run_key(**made)], keys()]
for path, text in {edits!r}:
    with (registry.PACKAGE / path).open("a") as file:
        file.write(text)
    found.append(keys())
print(json.dumps(found))
"""


def test_editing_a_module_changes_the_keys_of_those_that_import_it(copied_package):
    shared = "methods/classification/_shared.py"
    copied_package.add(shared, '"""What two methods share."""\nSHARE = 0.5\n')
    for name in ("one", "two"):
        copied_package.add(
            f"methods/classification/{name}.py",
            f'"""{name}"""\nfrom crmlab.methods.classification._shared import SHARE\n'
            f"from crmlab.registry import method\n\n"
            f"@method(label='{name}')\ndef {name}():\n    return SHARE\n",
        )
    edits = [
        (shared, "# a word\n"),
        ("methods/classification/one.py", "# a word\n"),
        ("metrics/auc.py", "# a word\n"),
        ("kinds/classification.py", "# a word\n"),
    ]
    (logit,), *keys = copied_package.ask(KEYS.format(made=MADE, edits=edits))
    # another place, the same key: no path is in it
    assert logit == harness.run_key(**MADE)
    moved = [[a != b for a, b in zip(*pair, strict=True)] for pair in pairwise(keys)]
    assert moved == [[True, True, False], [True, False, False], [False] * 3, [True] * 3]


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
        return registry.Method(lambda: recorder(gathered), "Recorder", "")

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


@pytest.mark.parametrize("kind", registry.names("kinds"))
def test_no_kind_hands_out_the_solution(make, received, kind):
    problem = summary_problem(make)
    answered = harness.answer_folds(problem, f"{kind}/recorder", {}, seed=1)
    answers = answered.answers
    assert isinstance(answered.model, Recorder)
    assert answered.inner is None
    fitted = [r for r in received if r[0] == "fit"]
    assert len(fitted) == 3
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
    assert len(answers) == 180
    assert answers["fold"].unique().tolist() == [0, 1, 2]


def test_a_label_free_kind_is_fitted_on_the_test_rows(make, received):
    problem = summary_problem(make)
    harness.answer_folds(problem, "lifetime/recorder", {}, seed=1)
    tested = problem.fold(0).test_rows
    seen = tested[tested["days_since_last"] <= 150]
    pd.testing.assert_frame_equal(
        received[0][1], seen[["frequency", "recency_days", "T_days", "monetary_value", "left_censored"]]
    )


def test_a_problem_without_folds_does_not_apply(make):
    problem = make.rolling()
    problem.facts["folds"] = []
    with pytest.raises(NotApplicable, match="no folds"):
        harness.answer_folds(problem, "classification/prevalence", {}, seed=1)


def test_an_answer_without_its_column_is_refused(make, monkeypatch):
    problem = make.rolling()
    kind = registry.module("kinds", "classification")
    monkeypatch.setattr(kind, "answer", lambda model, rows, context: pd.DataFrame({"points": rows["visits"]}))
    with pytest.raises(ValueError, match="classification/prevalence answered without the column score"):
        harness.answer_folds(problem, "classification/prevalence", {}, seed=1)


# --- the inner hold-out ---------------------------------------------------------------------------
def test_the_inner_hold_out_is_scored_by_models_that_did_not_see_it(make, received):
    problem = make.rolling()
    answered = harness.answer_folds(problem, "classification/recorder", {}, seed=1, inner_share=0.2)
    windows = [f for f in problem.facts["folds"] if f["refit"] == 0]
    assert answered.inner["fold"].unique().tolist() == [f["fold"] for f in windows]
    for fact in windows:
        fold = problem.fold(fact["fold"])
        held = answered.inner.loc[answered.inner["fold"] == fact["fold"], "row_id"]
        assert set(held) <= set(fold.train_rows["row_id"])
        assert not set(held) & set(fold.test_row_ids)
    fits = [len(y) for verb, _, y in received if verb == "fit"]
    assert len(fits) == len(problem.facts["folds"]) + len(windows)


EVENT_FACTS = {"protocol": "rolling", "horizon_days": 30, "gap_days": 10}


def test_inner_rows_of_events_come_after_every_label_of_the_earlier_ones():
    origins = pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"] * 3 + ["2024-03-01"] * 2)
    rows = pd.DataFrame({"origin": origins, "customer": list("abcabcab")})
    earlier, later = harness.inner_split(rows, EVENT_FACTS, 0.2, seed=1)
    # labels of 2024-02-01 end on 2024-03-12, after the last origin: only 2024-01-01 may be fitted on
    assert earlier.tolist() == [0, 1, 2]
    assert later.tolist() == [6, 7]


def test_inner_rows_of_one_origin_are_other_customers():
    rows = pd.DataFrame(
        {"origin": pd.Timestamp("2024-01-01"), "customer": [f"c{i // 2}" for i in range(400)]}
    )
    earlier, later = harness.inner_split(rows, EVENT_FACTS, 0.2, seed=1)
    assert sorted([*earlier, *later]) == list(range(400))
    assert not set(rows["customer"][earlier]) & set(rows["customer"][later])
    assert 40 < len(later) < 120


def test_inner_rows_of_a_table_in_time_order_are_the_last_by_period():
    rows = pd.DataFrame({"origin": pd.NaT, "customer": list("abcde"), "period": [3, 1, 2, 5, 4]})
    earlier, later = harness.inner_split(rows, {"protocol": "chronological"}, 0.4, seed=1)
    assert earlier.tolist() == [0, 1, 2]
    assert later.tolist() == [3, 4]
    without = rows.drop(columns="period")
    assert harness.inner_split(without, {"protocol": "chronological"}, 0.4, seed=1)[1].tolist() == [3, 4]


def test_a_refit_without_train_rows_is_a_rule_s_own_affair(make):
    problem = make.rolling()
    object.__setattr__(problem, "folds", problem.folds[problem.folds["part"] == "test"])
    answered = harness.answer_folds(problem, "classification/hiatus", {"column": "days_since_last"}, seed=1)
    assert set(answered.answers["fold"]) == set(problem.fold_numbers())


def test_a_bootstrap_of_customers_takes_each_with_all_of_its_rows():
    owners = pd.Series(["a", "b", "a", None, "c", None])
    drawn = harness.customers_drawn(owners, seed=3)
    counts = np.bincount(drawn, minlength=6)
    assert counts[0] == counts[2]
    # five owners (the two unknown ones are not one) are drawn five times
    assert counts[0] + counts[1] + counts[3] + counts[4] + counts[5] == 5
    np.testing.assert_array_equal(drawn, harness.customers_drawn(owners, seed=3))
    assert not np.array_equal(drawn, harness.customers_drawn(owners, seed=4))
