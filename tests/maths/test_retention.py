"""What keeping a customer is worth, against numbers worked out by hand and published ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.maths import profit, retention


def test_a_year_is_the_spend_so_far_over_the_years_and_never_less_than_one_year():
    rows = pd.DataFrame({"total_spend": [730.0, 100.0, -20.0], "T_days": [729.0, 9.0, 400.0]})
    value = retention.yearly_margin(rows, margin_share=0.3, otherwise=7.0)
    # 730 in two years, 100 in ten days (counts as a year), more given back than bought
    np.testing.assert_allclose(value, [0.3 * 365, 30.0, 0.0])
    assert retention.yearly_margin(rows[["T_days"]], margin_share=0.3, otherwise=7.0).tolist() == [7.0] * 3


def test_a_contact_earns_what_is_worked_out_by_hand():
    prices = {"accept_rate": 0.3, "incentive_cost": 10.0, "contact_cost": 1.0}
    found = retention.contact_profit(np.array([1.0, 0.0, 0.5]), np.array([200.0, 200.0, 110.0]), **prices)
    # .3 (200 - 10) - 1; the incentive and the contact; half of .3 (110 - 10), less half an incentive, less 1
    np.testing.assert_allclose(found, [56.0, -11.0, 15.0 - 5.0 - 1.0])


def test_it_is_the_published_profit_where_all_are_worth_the_same_and_acceptance_is_known():
    money = {"incentive_cost": 10.0, "contact_cost": 1.0}
    rate = np.array([0.4, 0.6, 0.9])
    own = retention.contact_profit(rate, np.full(3, 200.0), accept_rate=0.3, **money)
    # a Beta distribution with its mass at .3: nothing of the acceptance is uncertain
    narrow = profit.retention_value(rate, customer_value=200.0, accept_alpha=3e7, accept_beta=7e7, **money)
    np.testing.assert_allclose(own, narrow, rtol=1e-4)


@pytest.mark.parametrize("r", [0.3, 0.8, 0.95])
def test_the_lifetime_value_is_the_sum(r):
    t = np.arange(5000)
    found = retention.lifetime_value(r, margin=20.0, discount_rate=0.1)
    assert found == pytest.approx((20.0 * r**t / 1.1**t).sum(), rel=1e-12)


def test_the_margin_multiple_is_the_published_one():
    # the margin multiples r / (1 + i - r) of Gupta and Lehmann 2003: 2.50 at retention 80 % and discount
    # 12 %, 4.50 at 90 % and 10 %; they pay the first margin after a period, here it is paid at once: 1 more
    for r, d, multiple in ((0.8, 0.12, 2.50), (0.9, 0.10, 4.50), (0.6, 0.16, 1.07)):
        value = retention.lifetime_value(r, margin=1.0, discount_rate=d)
        assert value - 1 == pytest.approx(multiple, abs=0.005)


def test_five_points_more_retention():
    # 1.1 - .8 = .3 becomes .25: a fifth more; 1.1 - .95 = .15 becomes .10: half as much again
    found = retention.retention_gain(np.array([0.8, 0.95]), more=0.05, discount_rate=0.1)
    np.testing.assert_allclose(found, [0.2, 0.5])
    values = [retention.lifetime_value(r, margin=3.0, discount_rate=0.1) for r in (0.8, 0.85)]
    assert values[1] / values[0] - 1 == pytest.approx(0.2)
    # nobody is kept more than always
    assert retention.retention_gain(0.98, more=0.05, discount_rate=0.1) == pytest.approx(0.12 / 0.10 - 1)


def test_five_per_cent_more_loyal_customers():
    # 100 customers, 20 of them loyal and worth 50, 80 worth 5: 1,400; one more loyal: 1,445
    assert retention.loyal_gain(50.0, 5.0, loyal_share=0.2, more=0.05) == pytest.approx(45 / 1400)
    assert retention.loyal_gain(5.0, 5.0, loyal_share=0.2, more=0.05) == 0


def test_the_gain_is_a_larger_share_of_a_profit_that_winning_has_made_small():
    given = {"more": 0.05, "margin": 12.0, "discount_rate": 0.1, "retention_cost": 2.0}
    found = retention.gain_after_acquisition(0.8, cost_ratio=np.array([0.0, 5.0, 100.0]), **given)
    # (12 - 2) 1.1 / .3 = 36.67, with five points more 44, less 5 times 2; at 100 it never pays back
    np.testing.assert_allclose(found[:2], [0.2, (44 - 110 / 3) / (110 / 3 - 10)])
    assert np.isnan(found[2])
