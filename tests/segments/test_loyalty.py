"""Loyalty: three scales by hand, apart from each other, and none where the tables carry none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.segments import loyalty


def test_a_scale_is_the_mean_percentile_rank_of_what_is_known(segmented):
    # ratings of 4 customers: ranks 1, 2.5, 2.5, 4 of 4 → (rank − .5) / 4; satisfaction only of two
    rating = np.array([1.0, 3.0, 3.0, 5.0])
    satisfaction = np.array([np.nan, 2.0, np.nan, 4.0])
    found = loyalty.scales(segmented(4, rating_mean=rating, satisfaction_mean=satisfaction))
    assert found["attitudinal"].tolist() == pytest.approx([12.5, (50 + 25) / 2, 50, (87.5 + 75) / 2])


def test_what_is_expected_grows_with_tenure():
    # 6 repeat days in 600 days of tenure: .01 a day, so 1 and 5 are expected of 100 and 500 days
    found = loyalty.repeat_over_expected(pd.Series([3.0, 3.0]), pd.Series([100.0, 500.0]))
    assert found.tolist() == pytest.approx([4 / 2, 4 / 6])


def test_without_ratings_or_referrals_there_is_no_such_scale(segmented):
    assigned = segmented(30, 30)
    found = loyalty.scales(assigned)
    assert found["behavioural"].notna().all()
    assert found[["attitudinal", "emotional"]].isna().all(axis=None)
    table = loyalty.table(assigned).set_index("scale")
    assert table.loc["behavioural", "items"] == "frequency, repeat_over_expected"
    assert (table.loc["emotional", "items"], table.loc["emotional", "customers"]) == ("", 0)
    assert np.isnan(table.loc["behavioural × emotional", "rank_correlation"])


def test_repeat_buying_and_ratings_stay_apart(segmented):
    rating = np.random.default_rng(2).integers(1, 6, 400).astype(float)
    assigned = segmented(200, 200, rating_mean=rating)
    row = loyalty.table(assigned).set_index("scale").loc["behavioural × attitudinal"]
    assert row["customers"] == 400
    assert row["rank_correlation_lower"] < 0 < row["rank_correlation_upper"]
    # Bonett and Wright 2000: about ±.098 for r near 0 and n = 400
    assert row["rank_correlation_upper"] - row["rank_correlation_lower"] == pytest.approx(0.196, abs=0.002)


def test_referrals_count_from_when_the_new_customer_came(segmented):
    assigned = segmented(20, 20)
    people = pd.DataFrame(
        {"customer": ["c0000", "n1", "n2", "n3"], "referred_by": [None, "c0000", "c0000", "c0001"]}
    ).astype("str")
    people["referred_by"] = people["referred_by"].where(people["referred_by"] != "None")
    days = pd.to_datetime(["2024-06-30", "2024-07-01", "2024-06-01"]).astype("datetime64[us]")
    visits = pd.DataFrame({"session_id": ["1", "2", "3"], "customer": ["n1", "n2", "n3"], "timestamp": days})
    folder = store.tables_folder("made_up")
    store.write_frame(folder / "customers.parquet", people)
    store.write_frame(folder / "sessions.parquet", visits)
    referrals = loyalty.items(assigned)["referrals"]
    # n2 came at the cutoff, which is after it
    assert referrals[:3].tolist() == [1.0, 1.0, 0.0]
    assert referrals.sum() == 2
