"""What lies in the basket: size, value, price, variety, and how it was rated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import most_common, purchase_lines, ratio


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return orders, mean order value, units and products, price per unit, variety and rating.

    Values are gross (as ordered), in the data set's currency. Products, categories and ratings
    are null where the data set does not publish them.
    """
    lines = purchase_lines(tables)
    rated = (
        {"rating_mean": ratio(lines.rating.sum(), lines.rating.count())} if "rating" in lines.columns else {}
    )
    sums = lines.group_by("customer").agg(
        orders=lines.order_id.nunique(),
        value=lines.amount.sum(),
        units=lines.quantity.sum(),
        order_products=(lines.order_id + "\x1f" + lines["product"]).nunique(),
        products=lines["product"].nunique().nullif(0),
        **rated,
    )
    baskets = sums.select(
        "customer",
        "orders",
        "products",
        *rated,
        basket_value=ratio(sums.value, sums.orders),
        basket_units=ratio(sums.units, sums.orders),
        basket_products=ratio(sums.order_products.nullif(0), sums.orders),
        unit_price_mean=ratio(sums.value, sums.units),
    )
    return _with_categories(baskets, lines, tables)


def _with_categories(baskets: ibis.Table, lines: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Add the number of distinct categories, the main one and its share of lines."""
    if "products" not in tables:
        return baskets
    named = lines.inner_join(tables["products"].select("product", "category"), "product")
    distinct = named.group_by("customer").agg(categories=named.category.nunique().nullif(0))
    main = most_common(named, "category").rename(main_category="value", main_category_share="share")
    joined = baskets.left_join(distinct, "customer").drop("customer_right")
    return joined.left_join(main, "customer").drop("customer_right")


FEATURE = Feature(columns, needs=("transactions",), uses=("products",))
