"""Baskets: values, planted bundles and sequences, returns and ratings."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate


@pytest.fixture(scope="module")
def sold(shop):
    return shop.tables["transactions"].query("~is_cancellation")


def shares_with(sold, trigger_orders, companion):
    """Return how many of the orders hold the companion."""
    holds = set(sold.loc[sold["product"] == companion, "order_id"])
    return sum(order in holds for order in trigger_orders)


def test_bundles_have_the_planted_confidence_and_lift(shop, sold):
    hits, orders, lifts = 0, 0, []
    for pair in shop.truth["bundles"].itertuples():
        with_trigger = sold.loc[sold["product"] == pair.trigger, "order_id"].unique()
        found = shares_with(sold, with_trigger, pair.companion)
        base = (sold["product"] == pair.companion).sum() / sold["order_id"].nunique()
        hits, orders = hits + found, orders + len(with_trigger)
        lifts.append(found / len(with_trigger) / base)
    # a companion that the customer would have chosen anyway adds a little to the planted share
    low, high = stats.binomtest(hits, orders).proportion_ci(0.999)
    assert low <= 0.35 + 0.02
    assert high >= 0.35
    assert min(lifts) > 3


def test_sequences_have_an_order(shop, sold):
    known = sold[sold["customer"].notna()]
    placed = known.drop_duplicates("order_id").sort_values(["customer", "timestamp"])
    follows = placed.groupby("customer")["order_id"].shift(-1)
    following = dict(zip(placed["order_id"], follows, strict=True))
    forward = backward = chances = chances_back = 0
    for pair in shop.truth["sequences"].itertuples():
        for first, then, way in ((pair.trigger, pair.companion, 1), (pair.companion, pair.trigger, 0)):
            starts = known.loc[known["product"] == first, "order_id"].unique()
            nexts = [following[o] for o in starts if isinstance(following[o], str)]
            found = shares_with(known, nexts, then)
            if way:
                forward, chances = forward + found, chances + len(nexts)
            else:
                backward, chances_back = backward + found, chances_back + len(nexts)
    low, high = stats.binomtest(forward, chances).proportion_ci(0.999)
    assert low <= 0.30 + 0.02
    assert high >= 0.30
    assert forward / chances > 3 * backward / chances_back


def test_lines_sum_to_a_gamma_gamma_value(shop, sold):
    """Given the customer's spend rate v, an order is Gamma(6.25, v): v times it is Gamma(6.25, 1)."""
    rate = shop.truth["customers"].set_index("customer")["spend_rate_per_usd"]
    value = sold.dropna(subset="customer").groupby("order_id").agg({"amount": "sum", "customer": "first"})
    scaled = value["amount"] * value["customer"].map(rate)
    assert stats.kstest(scaled, stats.gamma(6.25).cdf).pvalue > 0.001
    np.testing.assert_allclose(sold["amount"], (sold["quantity"] * sold["unit_price"]).round(2), atol=1e-9)


def test_prices_paid_are_near_the_catalogue(shop, sold):
    listed = sold["product"].map(shop.tables["products"].set_index("product")["unit_price"])
    ratio = sold["unit_price"] / listed
    # a shop with discounts: most prices lie between half and one and a half of the list price
    assert 0.75 < ratio.median() < 1.0
    assert ((ratio > 0.5) & (ratio < 1.5)).mean() > 0.85


def test_returns_take_back_an_earlier_line(shop):
    lines = shop.tables["transactions"].set_index("line_id")
    back = lines[lines["is_cancellation"]]
    assert back["cancels_line"].is_unique
    taken = lines.loc[back["cancels_line"]]
    assert not taken["is_cancellation"].any()
    assert (taken["timestamp"].to_numpy() < back["timestamp"].to_numpy()).all()
    for column in ("quantity", "amount"):
        assert (taken[column].to_numpy() == -back[column].to_numpy()).all()
    assert (taken["product"].to_numpy() == back["product"].to_numpy()).all()
    assert lines.loc[~lines["is_cancellation"], "cancels_line"].isna().all()


def test_the_return_share_comes_back(shop):
    lines = shop.tables["transactions"]
    sold = lines[~lines["is_cancellation"] & (lines["timestamp"] < "2024-10-01")]
    returned = sold["line_id"].isin(lines["cancels_line"])
    # of returns within three months, 99.99 % have come
    low, high = stats.binomtest(int(returned.sum()), len(sold)).proportion_ci(0.999)
    assert low <= 0.07 <= high


def test_types_have_tastes(shop, sold):
    category = sold["product"].map(shop.tables["products"].set_index("product")["category"])
    kind = sold["customer"].map(shop.truth["customers"].set_index("customer")["type"])
    table = pd.crosstab(kind, category, normalize="index")
    assert table["electronics"].idxmax() == "premium"
    assert table["toys"].idxmax() == "bargain"


def test_no_bundles_no_returns_no_ratings_where_switched_off():
    off = Shop(visitors=800, bundles=0, sequences=0, return_share=0, rated_share=0)
    simulated = simulate(off, seed=1)
    lines = simulated.tables["transactions"]
    assert len(simulated.truth["bundles"]) == len(simulated.truth["sequences"]) == 0
    assert not lines["is_cancellation"].any()
    assert lines["rating"].isna().all()
