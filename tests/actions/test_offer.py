"""Offers: what was never bought, at a chance that was measured and a margin that is assumed."""

from __future__ import annotations

import pandas as pd
import pytest
from small_comparisons import SMALL

from crmlab.actions import offer
from crmlab.maths.next_basket.texts import items_of


@pytest.fixture(scope="module")
def made(make, tmp_path_factory):
    """The small comparison and its list."""
    with SMALL["cross_sell"](make, tmp_path_factory.mktemp("offer")) as comparison:
        yield comparison, offer.make(comparison)


def test_nobody_is_offered_what_was_bought_before(made):
    comparison, listing = made
    fold = comparison.problem.last_fold()
    ever = fold.history.groupby("customer")["item"].agg(set)
    own = comparison.run_of(comparison.chosen).answers
    lists = own[own["fold"] == fold.number].set_index("row_id").loc[fold.test_row_ids, "offered"]
    offered = dict(zip(fold.test_rows["customer"], map(items_of, lists), strict=True))
    for row in listing.table.itertuples():
        new = [item for item in offered[row.customer] if item not in ever[row.customer]]
        assert [row.product, row.also_1, row.also_2] == [*new[:3], "", "", ""][:3]


def test_the_chance_is_the_rate_among_customers_with_as_many_baskets(made):
    comparison, listing = made
    rows, solution = comparison.problem.rows, comparison.problem.solution
    own = comparison.run_of(comparison.chosen).answers.merge(rows).merge(solution)
    counted = {}
    for row in own.itertuples():
        history = comparison.problem.history
        before = history[(history["customer"] == row.customer) & (history["at"] < row.origin)]
        first = next(item for item in items_of(row.offered) if item not in {*before["item"]})
        band = sum(row.baskets >= edge for edge in offer.EDGES)
        counted.setdefault(band, []).append(first in items_of(row.bought))
    last = rows[rows["origin"] == rows["origin"].max()].set_index("customer")["baskets"]
    for row in listing.table.itertuples():
        hits = counted[sum(last[row.customer] >= edge for edge in offer.EDGES)]
        assert row.probability == pytest.approx(sum(hits) / len(hits))


def test_the_margin_is_assumed_and_says_so(made):
    comparison, listing = made
    history = comparison.problem.last_fold().history
    price = history.groupby("item")["amount"].mean()
    expected = 0.3 * listing.table["probability"] * listing.table["product"].map(price)
    pd.testing.assert_series_equal(listing.table["expected_profit"], expected, check_names=False)
    assert any("margin is assumed: 30%" in sentence for sentence in listing.sentences)
    assert "Assumed margin" in listing.head()


def test_every_offer_has_its_reason(made):
    _, listing = made
    assert (listing.table["reason_1"] != "").all()
    assert listing.table["reason_1"].str.match(r"customers with p\d\d take|bought by [\d.]+% of all").all()
    second = [r.reason_2.startswith(f"{r.also_1}: ") for r in listing.table.itertuples()]
    assert all(second)
