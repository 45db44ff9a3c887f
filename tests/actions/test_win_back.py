"""The win-back list: who is probably gone, at which response a contact pays, and that nothing is claimed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_comparisons import SMALL

from crmlab import store
from crmlab.actions import keep, win_back
from crmlab.errors import NotApplicable

DECLARED = """
lists:
  hold_out_share: 0.1
  cool_down_days: 28
  responses:
    win_back: {share: 0.15, because: "the trial of last spring"}
"""


@pytest.fixture
def compared(make, tmp_path):
    """A comparison by whose Pareto/NBD a part of the customers is probably gone."""
    with SMALL["win_back"](make, tmp_path) as found:
        yield found


def test_keep_and_win_back_divide_the_customers(compared):
    kept, back = keep.make(compared), win_back.make(compared)
    gone = kept.table.set_index("customer")["p_alive"] < 0.6
    assert 10 < gone.sum() < 90
    assert set(back.table["customer"]) == set(gone[gone].index)
    # the living stand first, whatever the profit says
    assert not gone.to_numpy()[: (~gone).sum()].any()
    assert (back.table["p_alive_by"] == "Pareto/NBD").all()
    assert f"{gone.sum()} are probably gone" in kept.sentences[0]
    assert f"Of 100 customers {gone.sum()} are probably gone" in back.sentences[0]


def test_without_a_response_nobody_is_contacted_and_nothing_is_claimed(compared):
    found = win_back.make(compared)
    assert found.count("contact") == 0
    said = (
        "nobody is contacted: no response is declared. `lists.responses.win_back` in params.yaml says which"
    )
    assert said in found.sentences[0]
    assert found.sentences[1].startswith("For the best tenth a contact would pay from a response of ")
    assert "is assumed" not in found.sentences[1]
    assert (found.table["expected_profit"] < 0).all()
    assert found.table["pays_from"].is_monotonic_increasing
    assert "Expected profit" not in found.head()


def test_a_declared_response_pays_those_above_it_by_hand(compared):
    (store.project() / store.PARAMS).write_text(f"seed: 1\n{DECLARED}")
    found = win_back.make(compared)
    table = found.table
    rows = compared.problem.last_fold().test_rows.set_index("customer").loc[table["customer"]]
    value = 0.5 * rows["total_spend"].to_numpy()
    expected = 0.15 * (value - 5) - table["probability"] * 5 - 1
    np.testing.assert_allclose(table["expected_profit"], expected)
    assert table["expected_profit"].is_monotonic_decreasing
    worth = table["contact"].isin(["contact", "over budget"])
    assert 0 < worth.sum() < len(table)
    allowed = table["contact"] != "no consent"
    assert ((table["pays_from"] < 0.15) == worth)[allowed].all()
    assert "15.0% come back for the offer (the trial of last spring;" in found.sentences[1]
    assert "Expected profit" in found.head()
    # 100 of 1,000 at a cost of 1 each: a tenth of the list
    assert found.count("contact") == len(table) // 10


def test_the_list_says_when_they_last_bought_and_why_they_are_on_it(compared):
    table = win_back.make(compared).table
    rows = compared.problem.last_fold().test_rows.set_index("customer").loc[table["customer"]]
    days = rows["days_since_last"].to_numpy()
    # the cutoff is the midnight before 2024-07-01
    last = pd.Timestamp("2024-06-30") - pd.to_timedelta(days, unit="D")
    assert table["last_purchase"].tolist() == last.strftime("%Y-%m-%d").tolist()
    words = [f"{d:.0f} day{'s' if d != 1 else ''}" for d in days]
    assert table["reason_1"].tolist() == [f"has not bought for {w}" for w in words]
    assert table["reason_2"].str.match(r"used to buy every \d+ days?|bought once").all()
    np.testing.assert_array_equal(table["total_spend"], rows["total_spend"])


def test_looking_back_says_how_many_bought_again(compared):
    found = win_back.make(compared)
    outcome = compared.problem.solution["outcome"].to_numpy()[compared.problem.last_fold().test_row_ids]
    by = pd.Series(outcome, index=compared.problem.last_fold().test_rows["customer"])
    again = 1 - by.loc[found.table["customer"]].mean()
    assert found.sentences[-1].startswith(
        f"Looking back, {again:.1%} of the listed bought within the 90 days"
    )


def test_where_nobody_tells_who_is_gone_there_is_no_list(compared):
    compared.runs.pop()
    with pytest.raises(NotApplicable, match="nobody tells who is gone"):
        win_back.make(compared)
