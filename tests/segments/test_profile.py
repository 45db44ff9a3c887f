"""The profile: its numbers by hand, its intervals, what is hidden, and what it reads of the tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.segments import policies
from crmlab.segments.names import names
from crmlab.segments.parts import OTHER, association_parts
from crmlab.segments.profile import differences, profile
from crmlab.segments.rules import rules
from crmlab.segments.suppression import LEAST, hidden


def cell(table, item, segment):
    """Return the only row of an item and a segment."""
    [found] = table[(table["item"] == item) & (table["segment"] == segment)].to_dict("records")
    return found


def test_mean_over_index_and_difference_by_hand(segmented):
    # segment 0: ten times 2 and 4; segment 1: ten times 0 and 2. Means 3 and 1, overall 2; each has
    # the variance 20 × 1² / 19, so the pooled sd is √(40/38) and d = 2 / √(40/38) = 1.949359
    values = np.concatenate([np.tile([0.0, 2.0], 10), np.tile([2.0, 4.0], 10)])
    assigned = segmented(20, 20, baskets=values)
    table = profile(assigned, replicates=80)
    high, low = (cell(table, "baskets", s) for s in (0, 1))
    assert (high["mean"], high["over_index"], high["customers"]) == (3.0, 150.0, 20)
    assert (low["mean"], low["over_index"]) == (1.0, 50.0)
    assert high["difference"] == pytest.approx(2 / np.sqrt(40 / 38))
    assert low["difference"] == pytest.approx(-2 / np.sqrt(40 / 38))
    assert high["over_index_lower"] < 150 < high["over_index_upper"]
    assert differences(assigned).loc["baskets", 0] == pytest.approx(high["difference"])


def test_a_text_is_told_by_shares_of_its_levels(segmented):
    region = ["east"] * 30 + ["west"] * 10 + ["east"] * 15 + ["west"] * 25
    table = profile(segmented(40, 40, region=region), replicates=20)
    assert cell(table, "region = east", 1)["mean"] == 0.75
    assert cell(table, "region = east", 0)["mean"] == 0.375
    # 45 of 80 in all: 0.75 / 0.5625
    assert cell(table, "region = east", 1)["over_index"] == pytest.approx(100 * 0.75 / 0.5625)


def test_an_index_of_negative_values_means_nothing(segmented):
    trend = np.tile([-1.0, 1.5], 20)
    found = cell(profile(segmented(20, 20, trend=trend), replicates=20), "trend", 0)
    assert np.isnan(found["over_index"])
    assert found["difference"] == 0


def test_intervals_of_the_difference_cover_the_truth(segmented):
    """True difference .5: 95 % intervals miss it in few of 60 worlds (expected 3; 9 has p = .003)."""
    missed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        score = np.concatenate([rng.normal(0, 1, 80), rng.normal(0.5, 1, 80)])
        assigned = segmented(80, 80, seed=seed, score=score)
        assigned = replace(assigned, rows=assigned.rows[["customer", "score"]])
        found = cell(profile(assigned, replicates=200), "score", 0)
        missed += not found["difference_lower"] <= 0.5 <= found["difference_upper"]
    assert missed <= 8


def test_an_outcome_is_told_after_the_columns_and_by_its_name(segmented):
    table = profile(segmented(40, 40), replicates=20)
    after = table[table["part"] == "next"]["item"].unique().tolist()
    assert after == ["value", "inactive = no", "inactive = yes"]


def test_one_segment_has_the_index_100_and_no_rest_to_differ_from(segmented):
    found = cell(profile(segmented(40), replicates=20), "total_spend", 0)
    assert found["over_index"] == 100
    assert np.isnan(found["difference"])


# --- too few customers --------------------------------------------------------------------------
def test_a_small_cell_is_hidden_with_another_one():
    # 6 alone could be had by subtraction: the smallest other cell goes with it
    assert hidden(np.array([[6], [30], [20], [40]])).ravel().tolist() == [True, False, True, False]


def test_what_is_hidden_together_is_at_least_ten_customers():
    # 3 + 4 are still only 7 customers, whose mean could be had
    assert hidden(np.array([[3], [4], [50], [60]])).ravel().tolist() == [True, True, True, False]
    assert not hidden(np.array([[10], [11]])).any()


def test_shares_of_one_whole_cannot_be_had_along_the_row_either():
    counts = np.array([[40, 6, 50, 30], [40, 60, 50, 30], [40, 60, 50, 35]])
    found = hidden(counts, adds_up=True)
    assert found[0, 1]
    for direction in (found.sum(axis=0), found.sum(axis=1)):
        assert set(direction) <= {0, 2, 3, 4}
    assert not hidden(counts)[0, 3]


def test_no_cell_under_ten_customers_is_shown_and_hidden_ones_are_marked(segmented):
    rare = np.where(np.arange(160) % 32 == 0, 3.0, np.nan)
    table = profile(segmented(7, 60, 93, rare=rare), replicates=20)
    shown = table[~table["suppressed"]]
    assert (shown["customers"] >= LEAST).all()
    assert table["suppressed"].any()
    assert (
        table.loc[table["suppressed"], ["customers", "mean", "over_index", "difference"]]
        .isna()
        .all(axis=None)
    )
    assert table.loc[table["item"] == "rare", "suppressed"].all()


# --- what was bought where ----------------------------------------------------------------------
LINES = {
    "line_id": "",
    "order_id": "",
    "customer": None,
    "timestamp": pd.Timestamp("2024-05-01"),
    "product": "P1",
    "quantity": 1,
    "unit_price": 1.0,
    "amount": 1.0,
    "cancels_line": None,
    "channel": "web",
}
FLAGS = ("cancellation", "bad_debt", "write_off", "fee", "anonymous", "duplicate")


def lines(*changes):
    """Write a transactions table of order lines with these changes, and a products table."""
    found = pd.DataFrame(
        [LINES | {"line_id": str(i), "order_id": str(i)} | change for i, change in enumerate(changes)]
    ).assign(**{f"is_{flag}": False for flag in FLAGS})
    found["cancels_line"] = found["cancels_line"].astype("str").where(found["cancels_line"].notna())
    found["timestamp"] = found["timestamp"].astype("datetime64[us]")
    store.write_frame(store.tables_folder("made_up") / "transactions.parquet", found)
    products = pd.DataFrame({"product": ["P1", "P2"], "category": ["books", "toys"]})
    store.write_frame(store.tables_folder("made_up") / "products.parquet", products)


def test_category_shares_are_of_spend_and_channel_shares_of_orders(segmented):
    assigned = segmented(20, 20)
    toys = [{"customer": f"c{i:04d}", "product": "P2", "amount": 3.0, "channel": "app"} for i in range(20)]
    books = [{"customer": f"c{i:04d}"} for i in range(40)]
    lines(*toys, *books)
    table = profile(assigned, replicates=20)
    assert association_parts(assigned)[0].items == ["books", "toys"]
    # segment 1 is the first group: 3 of 4 in toys, 1 of 2 orders by app; segment 0 has none of either
    parts = {p.name: p for p in association_parts(assigned)}
    first = parts["category"].above[:20].sum(axis=0) / parts["category"].below[:20].sum(axis=0)
    assert first.tolist() == [0.25, 0.75]
    assert parts["channel"].items == ["app", "web"]
    assert parts["channel"].above[:20].sum(axis=0).tolist() == [20, 20]
    # an empty cell is under ten customers, and takes the rest of its table with it
    assert table.loc[table["part"] == "category", "suppressed"].all()


def test_nothing_from_the_cutoff_on_is_in_a_profile(segmented):
    assigned = segmented(20, 20)
    early = [{"customer": f"c{i:04d}", "product": f"P{1 + i % 2}"} for i in range(40)]
    late = {"customer": "c0001", "product": "P2", "amount": 900.0, "timestamp": pd.Timestamp("2024-07-01")}
    lines(*early)
    before = profile(assigned, replicates=20)
    lines(*early, late)
    pd.testing.assert_frame_equal(profile(assigned, replicates=20), before)


def test_rare_levels_are_told_together(segmented):
    region = ["north"] * 40 + [f"village {i}" for i in range(40)]
    table = profile(segmented(40, 40, region=region), replicates=20)
    regions = table[table["item"].str.startswith("region")]["item"].unique().tolist()
    assert regions == [f"region = {OTHER}", "region = north"]


# --- odd shops ----------------------------------------------------------------------------------
ODD = {
    "one customer": ((1,), {}),
    "a segment of one": ((1, 40), {}),
    "nobody differs": ((30, 30), dict.fromkeys(("total_spend", "days_since_last", "frequency"), 1.0)),
    "nothing is known": ((30, 30), {"monetary_value": np.nan}),
    "everyone has an own level": ((300, 300), {"region": [f"place {i}" for i in range(600)]}),
    "fewer than ten": ((2, 3, 4), {}),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_shop_is_described_without_a_crash(segmented, case):
    sizes, columns = ODD[case]
    assigned = segmented(*sizes, **columns)
    table = profile(assigned, replicates=20)
    assert set(table["segment"]) == set(range(len(sizes)))
    assert (table.loc[~table["suppressed"], "customers"] >= LEAST).all()
    found = rules(assigned)
    assert found["segment"].tolist() == list(range(len(sizes)))
    assert found.loc[found["suppressed"], ["precision", "recall"]].isna().all(axis=None)
    assert found["suppressed"].all() or found["rule"].str.len().max() > 0
    assert len(set(names(assigned).values())) == len(sizes)
    policy = policies.policy_table(assigned, policies.load())
    assert (policy["share"].dropna() >= LEAST / sum(sizes)).all()
