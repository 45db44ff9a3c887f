"""Shopify's export of orders: one row per item, what is the order's own on its first row.

Columns as the admin exports them (Orders, Export, plain CSV): `Name` is the order; `Total` is what was
charged: `Subtotal` (after discounts), `Shipping`, and `Taxes` unless prices hold them. `Discount Amount` is
the order's; `Lineitem discount` the item's, which some exports count in both. `Refunded Amount` has no
date.
"""

from crmlab.data.bench import NUMBER
from crmlab.data.meaning.lines import CENT
from crmlab.data.presets.preset import Columns, Preset, beside, column, number, product

ORDERS = ("Name", "Email", "Financial Status", "Created at", "Lineitem quantity", "Lineitem price", "Total")
PLACES = ("shipping", "taxes", "duties", "discount", "refund")


def select(columns: Columns) -> str:
    """Return the SELECT of the order lines: goods, then fees, discounts and refunds of each order."""
    there = columns["orders"]
    own = {
        "customer": column(there, "Email"),
        "made": column(there, "Created at"),
        "state": column(there, "Financial Status"),
        "cancelled": column(there, "Cancelled at", "Canceled at"),
        "currency": column(there, "Currency"),
        "country": column(there, "Shipping Country", "Billing Country"),
        "subtotal": column(there, "Subtotal"),
        "order_total": column(there, "Total"),
        "shipping": column(there, "Shipping"),
        "taxes": column(there, "Taxes"),
        "duties": column(there, "Duties"),
        "discounts": column(there, "Discount Amount"),
        "refund": column(there, "Refunded Amount"),
    }
    of_order = ", ".join(f"max({sql}) AS {name}" for name, sql in own.items())
    pieces, price, off = (column(there, f"Lineitem {c}") for c in ("quantity", "price", "discount"))
    name = column(there, "Lineitem name")
    further = " UNION ALL BY NAME ".join(_further(i, what) for i, what in enumerate(PLACES, 1))
    return f"""
        WITH of_order AS (
            SELECT "Name" AS name, min({NUMBER}) AS first, {of_order},
                sum({number(pieces)} * {number(price)}) AS gross, sum(coalesce({number(off)}, 0)) AS off
            FROM orders GROUP BY 1
        ), meant AS (
            SELECT *, {_taxed()} AS taxed, {_discount()} AS of_discount,
                regexp_replace(made, ' ?([+-]\\d\\d:?\\d\\d|UTC|Z)$', '') AS timestamp,
                CASE WHEN cancelled IS NULL THEN state ELSE 'cancelled' END AS status FROM of_order
        ), goods AS (
            SELECT i.{NUMBER}, o.customer, o.timestamp, o.name AS order_id,
                coalesce({column(there, "Lineitem sku")}, {name}) AS product, {name} AS description,
                {pieces} AS quantity, {price} AS unit_price, {product(pieces, price)} AS amount,
                {off} AS discount, o.order_total, o.status, o.currency, o.country,
                CASE WHEN lower({name}) IN ('tip', 'gratuity') THEN 'fee' ELSE 'goods' END AS role
            FROM orders AS i JOIN meant AS o ON i."Name" = o.name
        )
        SELECT * FROM goods UNION ALL BY NAME {further}"""


def _taxed() -> str:
    """Return the condition that the taxes of an order are not in its prices already."""
    total, subtotal, shipping = (f"coalesce({number(c)}, 0)" for c in ("order_total", "subtotal", "shipping"))
    return f"abs({total} - {subtotal} - {shipping}) > {CENT}"


def _discount() -> str:
    """Return the SQL of the discount of an order beside those of its items, as its subtotal says."""
    subtotal, discounts = number("subtotal"), f"coalesce({number('discounts')}, 0)"
    return (
        f"CASE WHEN abs(gross - off - {subtotal}) <= {CENT} THEN 0 "
        f"WHEN abs(gross - {discounts} - {subtotal}) <= {CENT} THEN {discounts} - off ELSE {discounts} END"
    )


def _further(place: int, what: str) -> str:
    """Return the SELECT of the lines of a kind that stand beside an order's goods."""
    stated = {"taxes": "CASE WHEN taxed THEN taxes END", "discount": "of_discount::VARCHAR"}.get(what, what)
    row = beside(what, number(stated), off=what in ("discount", "refund"))
    return f"""
        SELECT (SELECT count(*) FROM orders) * {place} + first AS {NUMBER}, customer, timestamp,
            name AS order_id, {row}, order_total, status, currency, country
        FROM meant WHERE coalesce({number(stated)}, 0) <> 0"""


PRESET = Preset(
    label="Shopify: export of orders",
    files={"orders": ORDERS},
    select=select,
    fields={
        "customer": "Email",
        "timestamp": "Created at (the shop's own clock)",
        "order_id": "Name",
        "product": "Lineitem sku, else Lineitem name",
        "quantity": "Lineitem quantity",
        "unit_price": "Lineitem price",
        "discount": "Lineitem discount",
        "order_total": "Total",
        "status": "Cancelled at, else Financial Status",
        "currency": "Currency",
        "country": "Shipping Country",
    },
    answers={"discount": "money"},
)
