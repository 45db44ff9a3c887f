"""Names: from the columns that set a segment apart, and unique."""

from __future__ import annotations

import numpy as np

from crmlab.segments.names import names


def test_a_name_says_what_sets_a_segment_apart(segmented):
    found = names(segmented(60, 60, frequency=1.0))
    assert found == {0: "recent big spenders", 1: "lapsed small spenders"}


def test_names_are_unique_also_where_segments_are_alike(segmented):
    labels = np.random.default_rng(1).integers(0, 4, 800)
    found = names(segmented(400, 400, labels=labels))
    assert len(set(found.values())) == 4
    assert found[0].startswith("average customers")


def test_two_segments_of_the_same_kind_get_further_words(segmented):
    # 0 and 1 spend alike and are recent; they differ in how long they have been customers
    spend, days = np.repeat([100.0, 105.0, 900.0, 905.0], 50), np.repeat([300.0, 310.0, 10.0, 12.0], 50)
    tenure = np.tile([500.0, 510.0], 100) - np.repeat([0.0, 0.0, 0.0, 400.0], 50)
    labels = np.repeat([2, 2, 1, 0], 50)
    changed = {"total_spend": spend + np.tile([0.0, 3.0], 100), "days_since_last": days, "T_days": tenure}
    found = names(segmented(50, 50, 50, 50, labels=labels, frequency=1.0, **changed))
    assert found == {
        0: "recent, new big spenders",
        1: "recent, long-standing big spenders",
        2: "lapsed small spenders",
    }


def test_a_column_without_words_of_its_own_is_said_plainly(segmented):
    alike = {"total_spend": 1.0, "days_since_last": 1.0, "frequency": 1.0, "T_days": 400.0}
    visits = np.repeat([1.0, 9.0], 40) + np.tile([0.0, 0.5], 40)
    found = names(segmented(40, 40, store_visits=visits, **alike))
    assert found == {0: "high store visits customers", 1: "low store visits customers"}


def test_one_segment_is_all_customers(segmented):
    assert names(segmented(40)) == {0: "all customers"}
