"""Nulls on real shops: what is left of raw lift, and of order, once frequency and the calendar are kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab.datasets import _online_retail as online_retail
from crmlab.datasets import online_retail_ii as SECOND
from crmlab.explain.basket_coding import coded
from crmlab.maths.mining import counting, orders, swaps
from crmlab.maths.mining.baskets import baskets_of_lists
from crmlab.maths.mining.successions import turns

pytestmark = [pytest.mark.data, pytest.mark.slow]
MIRROR = Path(os.environ.get("CRMLAB_MIRROR") or Path("data") / "raw")


def groceries():
    """The baskets of Hahsler, Hornik and Reutterer (2006)."""
    lines = (MIRROR / "groceries" / "groceries.csv").read_text(encoding="utf-8").splitlines()
    named = [[word.strip() for word in line.split(",")] for line in lines if line]
    number = {word: i for i, word in enumerate(sorted({word for line in named for word in line}))}
    return baskets_of_lists([[number[w] for w in line] for line in named])


def completejourney(level="product_type"):
    """The baskets of completejourney: goods with a quantity and a price, fuel and coupons left out."""
    folder = MIRROR / "completejourney"
    sold = pd.read_parquet(folder / "transactions.parquet").merge(
        pd.read_parquet(folder / "products.parquet")[["product_id", level, "department"]], on="product_id"
    )
    sold = sold[(sold["quantity"] > 0) & (sold["sales_value"] > 0) & sold[level].notna()]
    sold = sold[~sold["department"].isin(["COUPON", "MISC ITEMS", "FUEL"])]
    # weeks turn at 05:00
    at = pd.to_datetime(sold["transaction_timestamp"]).dt.tz_localize(None) - pd.Timedelta(hours=5)
    named = {"household_id": "customer", "basket_id": "basket", level: "item"}
    return coded(sold.rename(columns=named).assign(at=at)[["customer", "basket", "at", "item"]]).baskets


def online_retail_ii():
    """The baskets of both years of online_retail_ii: sales of goods, of unknown customers, too.

    Those of known customers alone have a median of .85.
    """
    first = pd.read_parquet(MIRROR / "online_retail_ii" / SECOND.FIRST_YEAR)
    first = first[first["InvoiceDate"] < SECOND.SECOND_YEAR_BEGINS]
    years = [online_retail.order_lines(y) for y in (first, online_retail.read_days(MIRROR / "online_retail"))]
    lines = pd.concat(years, ignore_index=True)
    code = lines["product"].str.upper()
    good = code.str.fullmatch(r"\d{5}[A-Z]*") & (lines["quantity"] > 0)
    sold = lines[good & (lines["unit_price"] > 0) & ~lines["order_id"].str.startswith("C")].assign(item=code)
    sold = sold.rename(columns={"order_id": "basket", "timestamp": "at"})
    return coded(sold[["customer", "basket", "at", "item"]]).baskets


def median_lifts(baskets, worlds=20):
    """Return raw lift and lift over the free null, the medians over pairs with 20 expected."""
    null = sum(counting.pair_table(w) for w in swaps.worlds(baskets, worlds, seed=1)) / worlds
    often = null >= 20
    both = counting.pair_table(baskets)[often]
    first, second = np.nonzero(often)
    raw = both * baskets.n / (baskets.counts[first] * baskets.counts[second])
    return float(np.median(raw)), float(np.median(both / null[often]))


@pytest.mark.parametrize("shop", [groceries, completejourney, online_retail_ii])
def test_the_median_lift_over_the_null_is_near_one(shop):
    """Recomputed before: .98, .95 and .93; raw lift of completejourney's pairs far above 1."""
    raw, lift = median_lifts(shop())
    assert 0.9 <= lift <= 1.1
    if shop is completejourney:
        assert raw > 1.5


def test_sequences_are_mostly_frequency_and_the_rest_is_the_calendar():
    """completejourney's 60 categories of most households, by first purchase: i before j.

    Recomputed before: of 1,770 pairs 1,038 are ordered at Bonferroni; beyond baskets in another order lie 87
    to 97 by the maximum over pairs, beyond the calendar 8 to 12, and 0 or 1 by Bonferroni.
    """
    shop = completejourney("product_category")
    owners = np.unique(shop.customer[shop.basket] * shop.m + shop.item) % shop.m
    most = np.sort(np.argsort(-np.bincount(owners, minlength=shop.m), kind="stable")[:60])
    shop = shop.only(most)
    data = order_of_pairs(shop)
    assert abs((np.abs(data) > BONFERRONI).sum() - 1038) <= 3
    beyond, largest = {}, {}
    for null, made, worlds in (("order", orders.permuted, 99), ("calendar", orders.calendar_swapped, 19)):
        rows = np.array([order_of_pairs(world) for world in made(shop, worlds, seed=1)])
        apart, allowed = np.abs(data - rows.mean(axis=0)), BONFERRONI * np.sqrt(1 + 1 / worlds)
        beyond[null] = int((apart > allowed).sum())
        # a twentieth of the worlds, the data among them, has a larger one
        highest = np.sort(np.abs(rows - rows.mean(axis=0)).max(axis=1))[-(worlds + 1) // 20]
        largest[null] = int((apart > highest).sum())
    assert beyond["calendar"] <= 1
    assert beyond["order"] >= 20
    assert largest["calendar"] <= 12
    assert 80 <= largest["order"] <= 100


BONFERRONI = 4.3
"""A normal is beyond it in .05 of 3,540 orders of two items."""


def order_of_pairs(baskets):
    """Return z of the sign test that i is first bought before j, for each pair of items."""
    before = first_before(baskets).reshape(baskets.m, baskets.m).astype(float)
    i, j = np.triu_indices(baskets.m, 1)
    return (before[i, j] - before[j, i]) / np.sqrt(before[i, j] + before[j, i])


def first_before(baskets):
    """Return how many customers first bought i before they first bought j, (m * m,)."""
    places = turns(baskets)
    ordered = baskets.taken(places.order)
    first = np.full((places.people, baskets.m), np.iinfo(np.int32).max, dtype=np.int32)
    cell = places.customer[ordered.basket], ordered.item
    np.minimum.at(first, cell, places.turn[ordered.basket].astype(np.int32))
    bought = first < np.iinfo(np.int32).max
    table = [
        np.count_nonzero(bought & bought[:, [i]] & (first[:, [i]] < first), axis=0) for i in range(baskets.m)
    ]
    return np.array(table).ravel()
