"""Who is worth what: the year of each, the tiers by it, and what is said of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small_comparisons

from crmlab.actions import worth
from crmlab.errors import NotApplicable


@pytest.fixture(scope="module")
def compared(make, tmp_path_factory):
    """Yield a comparison of customers who have bought and spent."""
    with small_comparisons.value(make, tmp_path_factory.mktemp("worth")) as found:
        yield found


def test_the_best_of_the_year_come_first_and_segment_a_brings_what_it_says(compared):
    found = worth.make(compared)
    table, rows = found.table, compared.problem.last_fold().test_rows.set_index("customer")
    assert table["spend_12_months"].is_monotonic_decreasing
    assert (table["spend_lower"] <= table["spend_upper"]).all()
    first = table["segment"] == "A"
    assert table.loc[first, "name"].eq("first 80%").all()
    share = table.loc[first, "spend_12_months"].sum() / table["spend_12_months"].sum()
    assert 0.8 <= share < 0.85
    assert f"the best {first.sum()} (segment A) bring" in found.sentences[0]
    # what a shop knows of them stands beside it
    np.testing.assert_allclose(table["total_spend"], rows.loc[table["customer"], "total_spend"])
    once = rows.loc[table["customer"], "frequency"].to_numpy() == 0
    assert (table.loc[once, "reason_1"] == "ordered once").all()
    assert table.loc[~once, "reason_1"].str.fullmatch(r"orders every \d+ days").all()
    due = table["next_order"][table["next_order"] != ""]
    assert len(due)
    assert (pd.to_datetime(due) >= pd.Timestamp(compared.problem.last_fold().cutoff)).all()


def test_whose_first_purchase_is_not_known_is_on_the_list_without_a_year(compared):
    rows = compared.problem.rows
    compared = replace_rows(compared, rows.assign(left_censored=rows.index % 10 == 0))
    found = worth.make(compared)
    late = found.table["segment"] == ""
    assert late.sum() == 10
    assert found.table[late][list(worth.SPEND)].isna().all(axis=None)
    assert found.table["segment"].iloc[-10:].eq("").all()
    assert "Of 10 the first purchase is not known, and so no year." in found.sentences[0]


def test_without_spend_there_is_no_list_and_the_reason_is_said(compared):
    bare = replace_rows(compared, compared.problem.rows.drop(columns="monetary_value"))
    with pytest.raises(NotApplicable, match="no forecast of a year: the rows have no monetary_value"):
        worth.make(bare)


def replace_rows(compared, rows):
    """Return the comparison with other rows."""
    other = type(compared)(**vars(compared))
    other.problem = replace(compared.problem, rows=rows)
    return other
