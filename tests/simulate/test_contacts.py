"""E-mails: randomised, answered by 28 % within two weeks, with effects that differ in sign."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate


def purchases_within(orders, contacts, days):
    """Return the number of each contact's orders in the days after it."""
    both = contacts[["contact_id", "customer", "timestamp"]].merge(
        orders, on="customer", suffixes=("", "_order")
    )
    after = both["timestamp_order"] - both["timestamp"]
    near = both[(after >= pd.Timedelta(0)) & (after < pd.Timedelta(days=days))]
    return near.groupby("contact_id").size().reindex(contacts["contact_id"], fill_value=0).to_numpy()


def test_28_percent_reply_within_two_weeks(shop):
    contacts = shop.tables["contacts"]
    mailed = contacts[contacts["treatment"] == 1]
    replied = mailed["replied_at"].notna()
    low, high = stats.binomtest(int(replied.sum()), len(mailed)).proportion_ci(0.999)
    assert low <= 0.28 <= high
    delay = (mailed["replied_at"] - mailed["timestamp"]).dropna()
    assert delay.min() >= pd.Timedelta(0)
    assert delay.max() <= pd.Timedelta(weeks=2)


def test_the_reply_share_follows_its_knob():
    simulated = simulate(Shop(visitors=4_000, reply_share=0.85), seed=5)
    truth = simulated.truth["contacts"]
    assert truth.loc[truth["treatment"] == 1, "reply_probability"].mean() == pytest.approx(0.85)
    assert truth["reply_probability"].max() <= 1


def test_controls_cost_nothing_and_never_reply(shop):
    control = shop.tables["contacts"].query("treatment == 0")
    assert (control["unit_cost"] == 0).all()
    assert control["replied_at"].isna().all()


def test_treatment_is_a_fair_coin_whatever_the_customer(shop):
    truth = shop.truth["contacts"].merge(shop.truth["customers"], on="customer")
    low, high = stats.binomtest(int(truth["treatment"].sum()), len(truth)).proportion_ci(0.999)
    assert low <= 0.5 <= high
    assert truth["consent"].all()
    assert stats.chi2_contingency(pd.crosstab(truth["type"], truth["treatment"])).pvalue > 0.001


def test_the_average_effect_comes_back_from_the_coin(shop, orders):
    contacts, truth = shop.tables["contacts"], shop.truth["contacts"]
    counts = purchases_within(orders, contacts, 14)
    mailed = contacts["treatment"].to_numpy() == 1
    difference = counts[mailed].mean() - counts[~mailed].mean()
    spread = np.sqrt(counts[mailed].var() / mailed.sum() + counts[~mailed].var() / (~mailed).sum())
    assert abs(difference - truth["effect_purchases"].mean()) < 3 * spread
    # it is there at all, and the probabilities tell the same
    assert truth["effect_purchases"].mean() > 2 * spread
    bought = counts > 0
    difference = bought[mailed].mean() - bought[~mailed].mean()
    assert abs(difference - truth["effect_probability"].mean()) < 3 * spread


def test_some_effects_are_negative_and_differ_by_type(shop):
    effects = shop.truth["customers"].groupby("type")["treatment_effect"].mean()
    assert effects["passing"] < 0 < effects["bargain"]
    assert 0.1 < (shop.truth["customers"]["treatment_effect"] < 0).mean() < 0.5
    lapsed = ~shop.truth["contacts"]["alive"]
    assert (shop.truth["contacts"].loc[lapsed, "effect_purchases"] == 0).all()


def test_no_effect_where_it_is_switched_off(plain):
    assert (plain.truth["customers"]["treatment_effect"] == 0).all()
    assert (plain.truth["contacts"]["effect_probability"] == 0).all()
