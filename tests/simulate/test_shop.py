"""The simulated shop as a whole: bytes, canonical tables, references between tables, moments."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab import registry
from crmlab.data import schemas
from crmlab.errors import UsageError
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate
from crmlab.store import digest

SMALL = Shop(visitors=2_000)


def digests(simulated):
    both = {**simulated.tables, **{f"truth/{n}": f for n, f in simulated.truth.items()}}
    return {name: digest(frame) for name, frame in both.items()}


def test_same_seed_same_bytes():
    assert digests(simulate(SMALL, seed=1)) == digests(simulate(SMALL, seed=1))


def test_another_seed_changes_every_table():
    one, two = digests(simulate(SMALL, seed=1)), digests(simulate(SMALL, seed=2))
    # the knobs and the dates of the campaigns are asked for, not drawn
    assert {name for name in one if one[name] == two[name]} == {"truth/shop", "truth/campaigns"}


def test_every_table_is_canonical(shop):
    for name, frame in shop.tables.items():
        schemas.check(name, frame, dataset="demo_shop", span=("2023-01-01", "2024-12-31"))
    assert set(shop.tables) == {
        "transactions", "customers", "products", "sessions", "contacts", "tickets", "memberships",
        "assortment", "consents", "events", "fulfilment", "reviews",
    }  # fmt: skip


def test_times_are_microseconds(shop):
    times = [
        (name, column)
        for name, frame in {**shop.tables, **shop.truth}.items()
        for column in frame
        if pd.api.types.is_datetime64_dtype(frame[column])
    ]
    assert times
    assert {str({**shop.tables, **shop.truth}[n][c].dtype) for n, c in times} == {"datetime64[us]"}


def test_tables_stay_modest(shop):
    assert max(len(frame) for name, frame in shop.tables.items() if name != "events") < 300_000
    assert len(shop.tables["events"]) < 450_000


def test_about_80_percent_never_buy(shop):
    visitors = shop.truth["visitors"]
    ever = visitors["conversion_probability"]
    assert ever.mean() == pytest.approx(0.20, abs=1e-9)
    # buyers whose purchase would come after the span are missing: the rest is binomial around the truth
    end = pd.Timestamp(2025, 1, 1)
    weeks = (end - visitors["first_seen"]) / pd.Timedelta(weeks=1)
    expected = ever * (1 - 0.8 * np.exp(-weeks / 3.5))
    spread = np.sqrt((expected * (1 - expected)).sum())
    assert abs(visitors["first_purchase"].notna().sum() - expected.sum()) < 4 * spread
    assert 0.78 < visitors["first_purchase"].isna().mean() < 0.82
    assert len(shop.truth["customers"]) == pytest.approx(5_000, rel=0.05)


def test_references_hold(shop):
    tables, truth = shop.tables, shop.truth
    everyone = set(tables["customers"]["customer"])
    for name in ("transactions", "sessions", "contacts", "tickets", "memberships"):
        assert set(tables[name]["customer"].dropna()) <= everyone
    assert set(tables["customers"]["referred_by"].dropna()) <= set(truth["customers"]["customer"])
    lines = tables["transactions"]
    assert set(lines["product"]) <= set(tables["products"]["product"])
    buyers = set(truth["customers"]["customer"])
    assert set(lines["customer"].dropna()) == buyers
    for name in ("contacts", "tickets", "memberships"):
        assert set(tables[name]["customer"]) <= buyers


def test_a_referrer_bought_before(shop):
    visitors = shop.truth["visitors"].set_index("customer")
    referred = shop.tables["customers"].dropna(subset="referred_by")
    assert len(referred) > 1_000
    assert (referred["source"] == "referral").all()
    bought = visitors.loc[referred["referred_by"], "first_purchase"].to_numpy()
    assert (bought <= visitors.loc[referred["customer"], "first_seen"].to_numpy()).all()


def test_nobody_buys_after_leaving(shop, orders):
    truth = shop.truth["customers"].set_index("customer")
    assert (
        orders["timestamp"] <= orders["customer"].map(truth["alive_until"]).fillna(pd.Timestamp("2262-01-01"))
    ).all()
    first = orders.groupby("customer")["timestamp"].min()
    pd.testing.assert_series_equal(
        first, truth["first_purchase"].sort_index(), check_names=False, check_index_type=False
    )


def test_each_order_of_a_customer_has_one_session(shop, orders):
    sessions = shop.tables["sessions"].dropna(subset="order_id")
    both = orders.merge(sessions, on="order_id", how="outer", suffixes=("", "_session"))
    assert len(both) == len(orders) == len(sessions)
    for column in ("customer", "timestamp", "channel"):
        assert (both[column] == both[f"{column}_session"]).all()
    assert sessions["carted"].all()


def test_late_facts_come_later(shop):
    for name, frame in shop.tables.items():
        declared = registry.find("canonical", name)
        for column in declared.late:
            known = frame.dropna(subset=column)
            assert len(known) > (2 if name == "assortment" else 100)  # few of 160 products leave
            assert (known[column] >= known[declared.time]).all()


def test_attributes_do_not_tell_who_will_buy(shop):
    """Consent and birthday hang on nothing: the share among buyers is that among the others."""
    customers = shop.tables["customers"]
    buys = customers["customer"].isin(shop.truth["customers"]["customer"])
    for known in (customers["birthday"].notna(), customers["consent"]):
        assert stats.chi2_contingency(pd.crosstab(buys, known)).pvalue > 0.001


@pytest.mark.parametrize(
    ("knob", "value"), [("guest_share", 0.10), ("guest_share", 0.0), ("conversion_share", 0.4)]
)
def test_shares_follow_their_knobs(knob, value):
    simulated = simulate(Shop(visitors=4_000, **{knob: value}), seed=3)
    if knob == "guest_share":
        placed = simulated.tables["transactions"].query("~is_cancellation").drop_duplicates("order_id")
        low, high = stats.binomtest(int(placed["is_anonymous"].sum()), len(placed)).proportion_ci(0.999)
        assert low <= value <= high
    else:
        assert simulated.truth["visitors"]["conversion_probability"].mean() == pytest.approx(value)


def test_a_shorter_shop_keeps_to_its_span():
    simulated = simulate(Shop(start=dt.date(2023, 5, 3), end=dt.date(2023, 8, 31), visitors=1_500), seed=4)
    for name, frame in simulated.tables.items():
        schemas.check(name, frame, dataset="demo_shop", span=("2023-05-03", "2023-08-31"))
    assert len(simulated.tables["transactions"]) > 100


def test_a_shop_without_a_buyer_says_so():
    with pytest.raises(UsageError, match="none of 1 visitors bought by 2024-12-31"):
        simulate(Shop(visitors=1, conversion_share=0.001), seed=1)
