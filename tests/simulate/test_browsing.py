"""Sessions: abandoned carts, and first sessions that tell of a later purchase without giving it away."""

import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate


def test_carts_are_abandoned_at_the_rate_asked_for(shop):
    sessions = shop.tables["sessions"]
    browsing = sessions[sessions["order_id"].isna()]
    # the planted share is the mean of unequal probabilities: the binomial interval is a little wide
    low, high = stats.binomtest(int(browsing["carted"].sum()), len(browsing)).proportion_ci(0.999)
    assert low <= 0.20 <= high
    carted = sessions["carted"]
    assert 0.5 < sessions.loc[carted, "order_id"].isna().mean() < 0.8


def test_every_visitor_has_a_first_session_on_arrival(shop):
    first = shop.tables["sessions"].groupby("customer")["timestamp"].min()
    seen = shop.truth["visitors"].set_index("customer")["first_seen"]
    assert first.equals(seen.sort_index().rename("timestamp"))


def test_first_sessions_tell_of_a_later_purchase(shop):
    """Of visitors who did not buy at once: depth of the first session against buying later."""
    sessions = shop.tables["sessions"]
    first = sessions.drop_duplicates("customer")
    first = first[first["order_id"].isna()]
    later = first["customer"].isin(shop.truth["customers"]["customer"])
    auc = roc_auc_score(later, first["pages"] + 3 * first["carted"])
    assert 0.58 < auc < 0.75


def test_browsing_before_the_purchase_tells_the_intent_only(shop):
    """Among visitors of like intent, the first session is the same for buyers and others."""
    sessions = shop.tables["sessions"].drop_duplicates("customer")
    first = sessions[sessions["order_id"].isna()].merge(shop.truth["visitors"], on="customer")
    buys = first["first_purchase"].notna()
    like = first["intent"].between(-0.1, 0.1)
    assert (
        stats.mannwhitneyu(first.loc[like & buys, "pages"], first.loc[like & ~buys, "pages"]).pvalue > 0.001
    )


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_the_cart_share_follows_its_knob(share):
    sessions = simulate(Shop(visitors=3_000, cart_share=share), seed=2).tables["sessions"]
    browsing = sessions[sessions["order_id"].isna()]
    low, high = stats.binomtest(int(browsing["carted"].sum()), len(browsing)).proportion_ci(0.999)
    assert low <= share <= high
