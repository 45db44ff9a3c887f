"""Cleaning flags on lines written by hand."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.canonical.transactions import FLAGS
from crmlab.data.cleaning import NO_RULES, Rules, flag, summary
from crmlab.datasets._online_retail import RULES


def lines(*rows):
    """Make transactions from (order_id, customer, day, product, quantity, unit_price)."""
    frame = pd.DataFrame(
        rows, columns=["order_id", "customer", "day", "product", "quantity", "unit_price"]
    ).astype({"unit_price": "float64", "quantity": "int64", "customer": "str"})
    frame["timestamp"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")
    frame["amount"] = frame["quantity"] * frame["unit_price"]
    frame["line_id"] = [f"L{i}" for i in range(len(frame))]
    return frame


def flags(frame, rules=RULES):
    """Return {line_id: the flags that it has}."""
    flagged = flag(frame, rules).set_index("line_id")
    return {line: {f for f in FLAGS if flagged.loc[line, f]} for line in flagged.index}


def partners(frame, rules=RULES):
    flagged = flag(frame, rules)
    return dict(flagged.dropna(subset="cancels_line")[["line_id", "cancels_line"]].to_numpy())


def test_each_flag_of_online_retail():
    frame = lines(
        ("500001", "1", 0, "85123A", 6, 2.55),
        ("C500002", "1", 1, "85123A", -6, 2.55),
        ("A500003", None, 1, "B", 1, -53594.36),
        ("500004", None, 1, "85123A", -10, 0),
        ("500005", "1", 2, "POST", 1, 18),
        ("C500006", None, 3, "M", 1, 373.57),
        ("500007", "2", 3, "DCGS0058", 1, 1),
    )
    assert flags(frame) == {
        "L0": set(),
        "L1": {"is_cancellation"},
        "L2": {"is_bad_debt", "is_fee", "is_anonymous"},
        "L3": {"is_write_off", "is_anonymous"},
        "L4": {"is_fee"},
        "L5": {"is_cancellation", "is_fee", "is_anonymous"},
        "L6": set(),
    }


@pytest.mark.parametrize(
    ("product", "fee"),
    [
        *((code, False) for code in ("85123A", "10002", "47503J", "DCGSSGIRL", "PADS", "SP1002")),
        *(
            (code, True)
            for code in ("POST", "DOT", "M", "m", "D", "S", "B", "C2", "BANK CHARGES", "AMAZONFEE")
        ),
        *((code, True) for code in ("CRUK", "TEST001", "gift_0001_20", "GIFT", "ADJUST2")),
    ],
)
def test_what_is_merchandise(product, fee):
    assert flags(lines(("1", "1", 0, product, 1, 1)))["L0"] == ({"is_fee"} if fee else set())


def test_without_rules_only_signs_speak():
    frame = lines(("C1", "1", 0, "POST", 1, 5), ("C2", "1", 1, "POST", -1, 5), ("A3", None, 2, "x", 1, 5))
    assert flags(frame, NO_RULES) == {"L0": set(), "L1": {"is_cancellation"}, "L2": {"is_anonymous"}}


def test_a_duplicate_equals_an_earlier_line_in_all_but_its_id():
    row = ("500001", "1", 0, "85123A", 6, 2.55)
    frame = lines(row, row, ("500001", "1", 0, "85123A", 7, 2.55), row)
    assert [line for line, found in flags(frame).items() if "is_duplicate" in found] == ["L1", "L3"]


def test_a_cancellation_takes_back_the_latest_earlier_line_that_has_enough_left():
    frame = lines(
        ("1", "1", 0, "10001", 10, 2),
        ("2", "1", 5, "10001", 4, 2),
        ("C3", "1", 6, "10001", -4, 2),
        ("C4", "1", 7, "10001", -3, 2),
        ("C5", "1", 8, "10001", -7, 2),
        ("C6", "1", 9, "10001", -1, 2),
        ("7", "1", 10, "10001", 1, 2),
    )
    assert partners(frame) == {"L2": "L1", "L3": "L0", "L4": "L0"}


def test_customer_product_and_price_must_agree_and_duplicates_take_no_part():
    row = ("1", "1", 0, "10001", 5, 2)
    frame = lines(
        row,
        row,
        ("C2", "2", 1, "10001", -5, 2),
        ("C3", "1", 1, "10002", -5, 2),
        ("C4", "1", 1, "10001", -5, 3),
        ("C5", None, 1, "10001", -5, 2),
        ("C6", "1", 2, "10001", -5, 2),
    )
    assert partners(frame) == {"L6": "L0"}


def test_flags_that_a_data_set_brings_are_kept():
    frame = lines(("1", "1", 0, "10001", 5, 2)).assign(is_fee=True, cancels_line=None)
    flagged = flag(frame, NO_RULES)
    assert bool(flagged["is_fee"].iloc[0])
    assert flagged["cancels_line"].isna().all()


def test_the_summary_counts_lines_and_money():
    frame = lines(
        ("1", "1", 0, "10001", 10, 9), ("C2", "1", 1, "10001", -1, 9), ("3", None, 2, "POST", 1, 10)
    )
    found = summary(flag(frame, RULES))
    assert found["is_cancellation"] == {
        "lines": 1,
        "share_of_lines": 1 / 3,
        "amount": -9.0,
        "share_of_gross_revenue": -0.09,
        "of_a_known_line": 1,
    }
    assert found["is_fee"]["share_of_gross_revenue"] == 0.1
    assert found["is_write_off"] == {
        "lines": 0,
        "share_of_lines": 0,
        "amount": 0,
        "share_of_gross_revenue": 0,
    }


row = st.tuples(
    st.sampled_from(["C9", "8"]),
    st.sampled_from(["1", "2", None]),
    st.integers(0, 20),
    st.sampled_from(["10001", "POST"]),
    st.integers(-4, 4),
    st.sampled_from([0.0, 2.0]),
)


@settings(max_examples=25, deadline=None)
@given(
    earlier=st.lists(row, min_size=1, max_size=25),
    later=st.lists(row, max_size=10),
    cutoff=st.integers(1, 20),
)
def test_what_happens_later_changes_no_earlier_flag(earlier, later, cutoff):
    earlier = [r for r in earlier if r[2] < cutoff] or [("8", "1", 0, "10001", 1, 2.0)]
    later = [r for r in later if r[2] >= cutoff]
    alone = flag(lines(*earlier), RULES)
    together = flag(lines(*earlier, *later), RULES)
    before = together[together["timestamp"] < pd.Timestamp("2024-01-01") + pd.Timedelta(days=cutoff)]
    pd.testing.assert_frame_equal(before.reset_index(drop=True), alone)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(row, min_size=1, max_size=40))
def test_no_line_is_taken_back_more_than_it_holds(rows):
    flagged = flag(lines(*rows), Rules()).set_index("line_id")
    matched = flagged.dropna(subset="cancels_line")
    taken = matched.groupby("cancels_line")["quantity"].sum()
    assert (flagged.loc[taken.index, "quantity"] + taken >= 0).all()
    assert (flagged.loc[matched["cancels_line"], "timestamp"].to_numpy() <= matched["timestamp"]).all()
