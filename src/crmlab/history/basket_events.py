"""What was bought in which basket, as it was known on that day: the history of methods that read baskets."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis.expr.types import Table

from crmlab.errors import NotApplicable
from crmlab.history.purchase_lines import purchase_lines, real


def basket_events(tables: Mapping[str, Table], *, by: str) -> Table:
    """Return `customer, at, basket, item, category, amount` of every purchase, in no order.

    A basket is an order of a known customer, one row per item of it. at: when the order was placed. by:
    `product`, or `category`, of which several products in a basket are one item. category: of a product;
    empty where it is not known or is the item itself. amount: what was paid for the item, in the data set's
    currency; what was given back later is not taken off, as nobody knew of it yet. Raises NotApplicable where
    items are to be categories and there are none.
    """
    lines = purchase_lines(tables).filter(lambda t: t.product.notnull())
    known = tables.get("products")
    if known is None:
        if by == "category":
            raise NotApplicable("there is no table of products, so no categories")
        lines = lines.mutate(category=ibis.literal(""))
    else:
        lines = lines.left_join(known.select("product", "category"), "product")
        lines = lines.mutate(category=lines.category.fill_null(""))
    if by == "category":
        lines = lines.filter(lines.category != "").drop("product").rename(product="category")
        lines = lines.mutate(category=ibis.literal(""))
    begun = lines.group_by("order_id").agg(at=lines.timestamp.min())
    summed = lines.group_by("customer", "order_id", item=lines.product).agg(
        amount=lines.amount.sum(), category=lines.category.max()
    )
    rows = summed.inner_join(begun, "order_id")
    return rows.select("customer", "at", "item", "category", basket=rows.order_id, amount=real(rows.amount))
