"""The tables beyond orders move no byte of the others, follow from them, and cause what a knob says."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.data import schemas
from crmlab.data.tables import canonical
from crmlab.errors import UsageError
from crmlab.simulate.beyond.knobs import Beyond
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate

NEW = ("assortment", "consents", "events", "fulfilment", "reviews")
SMALL = Shop(visitors=1500)

# of the demo shop, as they were before there were tables beyond orders
KNOWN = {
    "contacts": "68b819870dce28274409735c814851d95a94dd49858b2cb6159fcacdaf509094",
    "customers": "b5c24d856aa81fd40ac3c5c6f4e0bcbac07d6aa91040ccd9269012c3d29c0937",
}
KNOWN_SHORT = {
    "memberships": "225ec0594d",
    "products": "72df78f19f",
    "sessions": "2f6bb478c5",
    "tickets": "b88c5f5c8d",
    "transactions": "7bd6df24b6",
}


@pytest.fixture(scope="module")
def shop():
    return simulate(SMALL, seed=5)


def digests(made, names):
    return {name: store.digest(canonical(name, made.tables[name])) for name in names}


def test_the_demo_shops_other_tables_are_the_same_bytes_as_before():
    known = store.read_json(store.fingerprint_file("demo_shop"), made_by="")["tables"]
    assert {*NEW} < {*known}
    for table, digest in {**KNOWN, **KNOWN_SHORT}.items():
        assert known[table]["digest"].startswith(digest), table


def test_a_knob_of_what_causes_nothing_moves_no_other_table(shop):
    others = [name for name in shop.tables if name not in NEW]
    busy = simulate(SMALL, beyond=Beyond(promise_days=1.0, reviewed_share=0.9, wish_share=0.5), seed=5)
    assert digests(busy, others) == digests(shop, others)
    assert digests(busy, ["reviews"]) != digests(shop, ["reviews"])
    assert digests(simulate(SMALL, seed=5), NEW) == digests(shop, NEW)


@pytest.mark.parametrize("table", NEW)
def test_a_table_is_as_declared(shop, table):
    span = (SMALL.start.isoformat(), SMALL.end.isoformat())
    checked = schemas.check(table, shop.tables[table], dataset="small", span=span)
    assert len(checked)
    assert {*checked} <= {*registry.find("canonical", table).columns}


def test_a_parcel_is_sent_then_comes_then_goes_back(shop):
    sent = shop.tables["fulfilment"]
    assert (sent["shipped"].dropna() > sent["timestamp"][sent["shipped"].notna()]).all()
    assert not (sent["delivered"] <= sent["shipped"]).any()
    assert not (sent["returned"] <= sent["delivered"]).any()
    lines = shop.tables["transactions"]
    of_customers = lines[lines["customer"].notna() & ~lines["is_cancellation"]]
    assert {*sent["order_id"]} == {*of_customers["order_id"]}
    late = (sent["delivered"] > sent["promised"]).mean()
    assert 0.08 < late < 0.25


def test_reviews_of_late_parcels_are_worse(shop):
    sent = shop.tables["fulfilment"].set_index("order_id")
    reviews = shop.tables["reviews"]
    late = (sent["delivered"] > sent["promised"]).reindex(reviews["order_id"]).to_numpy()
    score = reviews["score"].to_numpy(dtype=float)
    assert score[late].mean() < score[~late].mean() - 0.5
    delivered = sent["delivered"].reindex(reviews["order_id"]).to_numpy()
    assert (reviews["created"].to_numpy() > delivered).all()


def test_events_lie_within_their_sessions_and_hold_every_purchase(shop):
    events, lines = shop.tables["events"], shop.tables["transactions"]
    bought = events[events["kind"] == "buy"]
    sold = lines[lines["customer"].notna() & ~lines["is_cancellation"]]
    assert len(bought) == len(sold.drop_duplicates(["order_id", "product"]))
    assert (bought["customer"].notna() & (bought["signed_in_at"] <= bought["timestamp"])).all()
    ahead = events[events["signed_in_at"] > events["timestamp"]]
    assert len(ahead) > 0
    # who never orders is never known
    assert {*events["customer"].dropna()} == {*sold["customer"]}


def test_a_consent_is_withdrawn_after_it_was_given(shop):
    consents = shop.tables["consents"]
    objected = consents[consents["state"] == "objected"].set_index("customer")["since"]
    given = consents[consents["state"] != "objected"].set_index("customer")["since"]
    assert len(objected) > 5
    assert (objected > given.reindex(objected.index)).all()
    flags = shop.tables["customers"].set_index("customer")["consent"]
    first = consents[consents["state"] == "explicit"]["customer"]
    assert flags.reindex(first).all()


def alive_share(made):
    end = pd.Timestamp(SMALL.end)
    until = made.truth["customers"]["alive_until"]
    return float((until.isna() | (until > end)).mean())


def test_late_deliveries_and_poor_reviews_drive_customers_away_where_they_are_told_to(shop):
    harsh = Beyond(late_hazard_ratio=8.0, poor_review_hazard_ratio=8.0, promise_days=2.0, reviewed_share=0.8)
    made = simulate(SMALL, beyond=harsh, seed=5)
    assert alive_share(made) < alive_share(shop)
    assert len(made.truth["service"]) > len(shop.truth["service"])
    assert made.truth["service"]["hazard_ratio"].max() == 8.0


def test_looks_put_products_into_orders_where_they_are_told_to(shop):
    made = simulate(SMALL, beyond=Beyond(view_pull_share=1.0), seed=5)
    before, after = (s.tables["transactions"] for s in (shop, made))
    sold = [len(t[~t["is_cancellation"]]) for t in (before, after)]
    assert sold[1] > 1.1 * sold[0]
    assert not after[~after["is_cancellation"]].duplicated(["order_id", "product"]).any()


@pytest.mark.parametrize("knob", [{"view_pull_share": 1.5}, {"late_hazard_ratio": 0.0}, {"promise_days": -1}])
def test_a_knob_that_means_nothing_is_refused(knob):
    with pytest.raises(UsageError, match=next(iter(knob))):
        Beyond(**knob)
