"""As of a day: everyone known by then is asked about, what came later is not there, and nothing is scored."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from own_orders import orders

from crmlab import registry, store
from crmlab.data import own_data
from crmlab.errors import NotApplicable, UsageError
from crmlab.problems.as_of import pose_as_of
from crmlab.problems.default_windows import auto_spec


@pytest.fixture
def mine(project):
    """Return the orders of an own shop whose tables were made."""
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    frame = orders(project / "orders.csv")
    own_data.from_csv("mine", project / "orders.csv")
    return frame


def test_everyone_known_by_the_last_day_is_asked_about_and_nobody_s_future_is_known(mine):
    problem = pose_as_of("churn", "mine", auto_spec("mine", "churn"))
    fold = problem.last_fold()
    last = mine["timestamp"].max()
    assert problem.facts["as_of"] == last
    assert set(fold.test_rows["customer"]) == set(mine["customer"])
    assert problem.solution.iloc[fold.test_row_ids, 1:].isna().all(axis=None)
    assert fold.train_outcomes.notna().all(axis=None)
    # who bought on the last day did so 0 days ago
    today = mine.loc[mine["timestamp"] == last, "customer"]
    since = fold.test_rows.set_index("customer")["days_since_last"]
    assert (since.loc[today] == 0).all()


def test_the_last_label_window_ends_with_the_day_and_the_others_lie_as_far_apart(mine):
    spec = auto_spec("mine", "churn")
    problem = pose_as_of("churn", "mine", spec)
    cutoff = pd.Timestamp(problem.last_fold().cutoff)
    origins = pd.to_datetime(problem.spec["train_cutoffs"])
    assert origins[-1] + pd.Timedelta(days=spec["horizon_days"]) == cutoff
    told = pd.to_datetime([*spec["train_cutoffs"], *spec["test_cutoffs"]])
    assert np.diff(origins).tolist() == np.diff(told).tolist()


def test_what_came_after_the_day_changes_nothing(project, mine):
    spec, day = auto_spec("mine", "churn"), "2023-12-01"
    whole = pose_as_of("churn", "mine", spec, day=day)
    orders(project / "until.csv", until=day)
    own_data.from_csv("mine", project / "until.csv")
    cut = pose_as_of("churn", "mine", spec, day=day)
    assert cut.facts["digest"] == whole.facts["digest"]
    # from the next day on, other things are known
    assert whole.facts["as_of"] == "2023-12-01"


NOT_A_DAY = ("soon", "", "20240101", "2024-01-01T12:00", "2024-W40-2")


@pytest.mark.parametrize(
    ("day", "said"),
    [("2031-01-01", "nothing is known as of 2031-01-01"), *((day, "YYYY-MM-DD") for day in NOT_A_DAY)],
)
def test_a_day_that_cannot_be_is_refused(mine, day, said):
    with pytest.raises(UsageError, match=said):
        pose_as_of("churn", "mine", auto_spec("mine", "churn"), day=day)


def test_a_day_before_any_label_window_is_over_has_no_list(mine):
    with pytest.raises(NotApplicable, match="by the end of 2023-02-01 no label window"):
        pose_as_of("churn", "mine", auto_spec("mine", "churn"), day="2023-02-01")


def test_a_table_without_dates_has_none(mine):
    with pytest.raises(NotApplicable, match="no dates"):
        pose_as_of("churn", "telco", {"dataset": "telco", "protocol": "cross_validation"})


def test_baskets_are_offered_by_another_verb(mine):
    spec = {
        "dataset": "mine",
        "protocol": "next_basket",
        "by": "product",
        "horizon_days": 30,
        "test_cutoffs": [],
    }
    with pytest.raises(NotApplicable, match="crmlab recommend mine --customer"):
        pose_as_of("cross_sell", "mine", spec)
