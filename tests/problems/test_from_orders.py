"""Rows from orders: the columns of a problem on the same orders, and nothing left on the disk."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from own_orders import orders

from crmlab import registry, store
from crmlab.data import own_data
from crmlab.errors import UsageError
from crmlab.problems.from_orders import NAME, rows_of_orders
from crmlab.problems.pose import pose


def test_the_rows_are_those_of_a_problem_on_the_same_orders(project):
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    orders(project / "orders.csv")
    own_data.from_csv("mine", project / "orders.csv")
    spec = {
        "dataset": "mine",
        "protocol": "rolling",
        "horizon_days": 60,
        "gap_days": 0,
        "features": registry.names("features"),
        "train_cutoffs": [],
        "test_cutoffs": ["2024-03-02"],
    }
    posed = pose("churn", "mine", spec | {"train_cutoffs": ["2023-11-01"]}, seed=1)
    there = posed.last_fold().test_rows.set_index("customer")
    rows, day = rows_of_orders("churn", project / "orders.csv", day="2024-03-01")
    assert day == "2024-03-01"
    here = rows.set_index("customer").loc[there.index]
    assert len(here) == len(rows)
    columns = [c for c in posed.facts["roles"] if c in here]
    assert set(columns) == set(posed.facts["roles"])
    pd.testing.assert_frame_equal(here[columns], there[columns], check_dtype=False)
    # nothing stays
    assert not store.tables_folder(NAME).exists()
    assert not store.fingerprint_file(NAME).exists()


def test_what_cannot_be_asked_is_refused_and_nothing_stays(project):
    orders(project / "orders.csv")
    with pytest.raises(UsageError, match=r"nobody in .*orders\.csv has bought by the end of 2020-01-01"):
        rows_of_orders("churn", project / "orders.csv", day="2020-01-01")
    assert not store.tables_folder(NAME).exists()
    with pytest.raises(UsageError, match="acquisition is not asked of orders"):
        rows_of_orders("acquisition", project / "orders.csv")
