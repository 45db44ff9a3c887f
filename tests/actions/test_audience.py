"""Who is contacted: the best within the budget, nobody who rests, and a share left alone at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.actions import _audience
from crmlab.actions._audience import Campaign, contacts


def test_who_rests_takes_no_budget_and_the_gone_are_not_asked():
    rows = pd.DataFrame({"customer": list("abcdef"), "consent": [1, 1, 1, 1, 0, 1]})
    campaign = Campaign("keep", "2024-01-01", resting=frozenset("a"), cool_down_days=28)
    profit = np.array([9.0, 8.0, 7.0, 6.0, 5.0, -1.0])
    gone = np.array([False, True, False, False, False, False])
    found = contacts(profit, rows, campaign, budget=1.0, contact_cost=1.0, gone=gone)
    assert found.tolist() == [
        "contacted lately",
        "probably gone",
        "contact",
        "over budget",
        "no consent",
        "not worth it",
    ]


def test_the_hold_out_is_a_tenth_and_the_same_whoever_else_is_asked():
    rows = pd.DataFrame({"customer": [f"c{i}" for i in range(10_000)]})
    campaign = Campaign("keep", "2024-01-01", share=0.1, seed="1|mine")
    held = campaign.holds_out(rows)
    # four standard errors of a share of .1 of 10,000
    assert held.mean() == pytest.approx(0.1, abs=4 * 0.003)
    assert (campaign.holds_out(rows.iloc[7:500]) == held[7:500]).all()
    other = Campaign("spring", "2024-01-01", share=0.1, seed="1|mine").holds_out(rows)
    # as good as independent: a hundredth is in both
    assert (held & other).mean() == pytest.approx(0.01, abs=4 * 0.001)
    words = np.where(held, "held out", "contact").astype(object)
    assert set(campaign.propensity(words)) == {0.9}
    assert set(campaign.propensity(np.array(["over budget"], dtype=object))) == {0.0}


@pytest.mark.parametrize("yes", [1, 1.0, True, "1", "1.0", "True", "true"])
@pytest.mark.parametrize("no", [0, None, "False", "no", ""])
def test_consent_is_a_yes_however_it_is_written_and_nothing_else(yes, no):
    found = _audience.consented(pd.DataFrame({"consent": pd.Series([yes, no], dtype=object)}))
    assert found.tolist() == [True, False]


def test_a_window_that_is_over_leaves_nobody_out():
    rows = pd.DataFrame({"customer": ["a", "b"]})
    found = contacts(np.array([2.0, 1.0]), rows, _audience.OVER, budget=2.0, contact_cost=1.0)
    assert found.tolist() == ["contact", "contact"]
