"""Every family against values computed by hand from the shop in conftest.py."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.errors import UsageError
from crmlab.history.gather import as_known, gather
from crmlab.problems.reads import families_of

NULL = None


def check(found: dict, **expected) -> None:
    assert set(found) == set(expected)
    for name, value in expected.items():
        if value is None:
            assert pd.isna(found[name]), name
        elif isinstance(value, str):
            assert found[name] == value, name
        else:
            assert found[name] == pytest.approx(value, rel=1e-12), name


def test_purchases_merge_a_day_and_net_what_was_known(features):
    found = features("purchases")
    # days 01-06, 01-16, 02-05; last observed day 02-29; a5 took 5.00 of a3 back, a6 comes too late
    check(
        found["A"],
        frequency=2,
        recency_days=30,
        T_days=54,
        days_since_last=24,
        monetary_value=(20 - 5 + 30) / 2,
        total_spend=75,
    )


def test_a_day_given_back_whole_is_still_a_purchase_day(features):
    check(
        features("purchases")["B"],
        frequency=0,
        recency_days=0,
        T_days=1,
        days_since_last=1,
        monetary_value=NULL,
        total_spend=0,
    )


def test_rhythm(features):
    found = features("rhythm")
    check(
        found["A"],
        gap_mean_days=15,
        gap_sd_days=math.sqrt(50),  # gaps 10 and 20
        gap_ratio=24 / 15,
        days_90=3,
        days_180=3,
        spend_90=75,
        spend_180=75,
        days_trend=1,
        spend_trend=1,
        weekend_share=0.5,  # 2024-01-06 was a Saturday
        evening_share=0.25,
    )
    assert pd.isna(found["B"]["gap_mean_days"])
    assert pd.isna(found["B"]["gap_sd_days"])
    assert pd.isna(found["B"]["spend_trend"])


def test_basket(features):
    check(
        features("basket")["A"],
        orders=4,
        products=3,
        rating_mean=4,  # the other rating came at the cutoff
        basket_value=20,
        basket_units=2,
        basket_products=1,
        unit_price_mean=10,
        categories=2,
        main_category="toys",
        main_category_share=0.75,
    )


def test_basket_without_a_catalogue_has_no_categories(features):
    assert "categories" not in features("basket", without=("products",))["A"]


def test_returns(features):
    found = features("returns")
    check(
        found["A"],
        return_share=5 / 80,
        returned_line_share=0.25,
        return_lines=1,
        return_value=5,
        days_since_return=19,
    )
    # b3 names no line that is known: it is counted, and takes no net amount away
    check(
        found["B"],
        return_share=1,
        returned_line_share=1,
        return_lines=2,
        return_value=17.5,
        days_since_return=0,
    )


def test_channels(features):
    check(
        features("channels")["A"],
        order_channel="web",
        order_channel_share=0.75,
        distinct_order_channel=2,
    )


def test_browsing(features):
    found = features("browsing")
    check(
        found["A"],
        sessions=2,
        sessions_30=1,
        days_since_session=9,
        days_since_first_session=55,
        session_pages_mean=4.5,
        session_seconds_mean=15.375,
        carts=2,
        abandoned_carts=1,
        first_pages=3,
        first_seconds=10.5,
        first_carted=1,
        first_source="search",
    )
    assert found["B"]["sessions"] == 0
    assert pd.isna(found["B"]["days_since_session"])


def test_contacts_count_what_was_sent(features):
    found = features("contacts")
    check(
        found["A"],
        contacts=3,
        contacts_90=2,
        replies=1,  # the second reply came at the cutoff
        reply_share=1 / 3,
        days_since_contact=9,
        days_since_reply=118,
    )
    assert found["B"]["contacts"] == 0


def test_service_does_not_know_a_late_answer(features):
    check(
        features("service")["B"],
        tickets=2,
        open_tickets=1,
        response_hours_mean=3.5,
        satisfaction_mean=4,
        days_since_ticket=0,
    )


def test_membership_does_not_know_a_late_end(features):
    found = features("membership")
    check(
        found["A"],
        memberships=1,
        is_member=1,
        member_days=50,
        member_monthly_fee=4.99,
        days_since_membership_ended=NULL,
    )
    check(
        found["B"],
        memberships=1,
        is_member=0,
        member_days=NULL,
        member_monthly_fee=NULL,
        days_since_membership_ended=28,
    )


def test_profile(features):
    found = features("profile")
    check(found["A"], source="search", consent=1, age_years=14610 / 365.2425, is_referred=0)
    check(found["B"], source=NULL, consent=0, age_years=NULL, is_referred=1)


@pytest.mark.parametrize("family", registry.names("features"))
def test_a_count_names_a_column_of_its_family(features, family):
    columns = features(family)["A"]
    assert set(registry.find("features", family).counts) <= set(columns)


def test_no_two_families_share_a_column_and_bytes_repeat(tables):
    families, people = registry.names("features"), pd.DataFrame({"customer": ["A", "B"]})
    cutoff = pd.Timestamp("2024-03-01").to_pydatetime()

    def digest() -> str:
        connection = store.engine()
        known = as_known(tables, cutoff, connection)
        return store.digest(gather(known, people, connection, cutoff=cutoff, families=families))

    assert digest() == digest()


def test_a_column_given_twice_is_refused(tables):
    connection = store.engine()
    cutoff = pd.Timestamp("2024-03-01").to_pydatetime()
    known = as_known(tables, cutoff, connection)
    people = pd.DataFrame({"customer": ["A"]})
    with pytest.raises(UsageError, match=r"features/purchases\.py gives the column 'T_days'"):
        gather(known, people, connection, cutoff=cutoff, families=["purchases", "purchases"])


def test_families_without_their_tables_are_skipped():
    churn, asked = registry.find("tasks", "churn"), {"features": ["purchases", "service"]}
    assert families_of(churn, asked, ["transactions"]) == ["purchases"]
    assert families_of(churn, asked, ["tickets", "transactions"]) == ["purchases", "service"]
    with pytest.raises(UsageError, match="Did you mean 'purchases'"):
        families_of(churn, {"features": ["purchase"]}, [])
