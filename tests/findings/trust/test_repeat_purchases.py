"""Repeat purchases: counted by hand, expected over customers, and said for the weeks after the cutoff."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.trust import repeat_purchases


def test_repeat_purchases_are_counted_up_to_the_horizons_end(lives):
    found = repeat_purchases.repeat_days("made_up", cutoff=lives.cutoff.to_pydatetime(), horizon_days=90)
    # six on day 20 and one on day 200; day 400 lies beyond 2024-09-29
    first = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
    assert sorted(found["day"] - first) == [20] * 6 + [200]


def test_expectations_are_summed_over_customers_from_their_first_day_on(lives):
    births, ends = np.array([100, 100, 107]), np.array([101, 108, 118])
    # before day 108 the first two are seven days old and the third is new; before 118 they are 17 and 10
    found = repeat_purchases.expected_repeats(lives.model, births, ends)
    np.testing.assert_allclose(found, [0, 2 * 0.7, 2 * 1.7 + 1.0])


def test_what_came_after_the_cutoff_stands_beside_what_was_expected(lives, keeps_contract):
    found = repeat_purchases.find(lives)
    keeps_contract(found)
    assert found.table["actual"].iloc[[0, -1]].tolist() == [0, 7]
    assert found.at == pytest.approx((lives.cutoff - lives.begin).days / 7)
    # six customers, 182 days old at the cutoff, each of whom buys every ten days
    assert found.sentences[0].startswith(
        "6 customers known on 2024-07-01 made 1 repeat purchase in the weeks"
    )
    assert found.sentences[1].startswith("Expected of them were, by Steady ")
    assert found.head().loc["What happened"].tolist() == ["6", "1"]


def test_without_a_lifetime_model_it_does_not_apply(lives):
    lives.runs.clear()
    with pytest.raises(NotApplicable, match="no lifetime model takes part"):
        repeat_purchases.find(lives)
