"""WooCommerce's export of orders (Customer/Order/Coupon Export), default format, one row per item.

Every row repeats what is the order's own. `item_subtotal` is before coupons, `item_total` after them, both
without tax; `order_total` holds items, shipping, fees and taxes. Guests have the customer 0 and an e-mail
address, so the address is who bought. `item_refunded` and `refunded_total` have no date.
"""

from crmlab.data.bench import NUMBER
from crmlab.data.meaning.lines import CENT, FEE_BACK
from crmlab.data.presets.preset import Columns, Preset, as_text, beside, column, number

ORDERS = ("order_id", "order_date", "status", "order_total", "item_quantity", "item_total", "billing_email")
PLACES = ("shipping", "fees", "taxes", "refund", "refund of fees")


def select(columns: Columns) -> str:
    """Return the SELECT of the order lines: goods and their refunds, then fees and other refunds."""
    there = columns["orders"]
    mail, registered = column(there, "billing_email"), column(there, "customer_id")
    name, sku, item = (column(there, f"item_{c}") for c in ("name", "sku", "product_id"))
    own = {
        "customer": f"coalesce({mail}, nullif({registered}, '0'))",
        "timestamp": f"regexp_replace({column(there, 'order_date')}, ' ?([+-]\\d\\d:?\\d\\d|UTC|Z)$', '')",
        "status": column(there, "status", "order_status"),
        "currency": column(there, "order_currency", "currency"),
        "country": column(there, "shipping_country", "billing_country"),
        "order_total": column(there, "order_total"),
        "shipping": column(there, "shipping_total"),
        "fees": column(there, "fee_total"),
        "tax": column(there, "tax_total"),
        "shipping_tax": column(there, "shipping_tax_total"),
        "refund": column(there, "refunded_total"),
    }
    of_order = ", ".join(f"max({sql}) AS {name}" for name, sql in own.items())
    total, back, pieces_back = (column(there, f"item_{c}") for c in ("total", "refunded", "refunded_qty"))
    subtotal = f"coalesce({column(there, 'item_subtotal')}, {total})"
    further = " UNION ALL BY NAME ".join(_further(i, what) for i, what in enumerate(PLACES, 2))
    return f"""
        WITH of_order AS (
            SELECT order_id AS name, min({NUMBER}) AS first, {of_order}, sum({number(total)}) AS items,
                sum(abs(coalesce({number(back)}, 0))) AS items_back
            FROM orders GROUP BY 1
        ), meant AS (SELECT *, {_taxes()} AS taxes FROM of_order),
        items AS (
            SELECT i.{NUMBER}, o.* EXCLUDE (name, first), name AS order_id,
                coalesce({sku}, {item}, {name}) AS product, {name} AS description,
                {column(there, "item_id")} AS line_number,
                {column(there, "item_quantity")} AS quantity, {subtotal} AS amount,
                {as_text(f"{number(subtotal)} - {number(total)}")} AS discount,
                abs({number(back)}) AS back, {pieces_back} AS pieces_back
            FROM orders AS i JOIN meant AS o ON i.order_id = o.name
        )
        SELECT * EXCLUDE (unit_price) FROM (
        SELECT {NUMBER}, customer, timestamp, order_id, product, description, line_number, quantity, amount,
            discount, order_total, status, currency, country, 'goods' AS role FROM items
        UNION ALL BY NAME
        SELECT (SELECT count(*) FROM orders) + {NUMBER} AS {NUMBER}, customer, timestamp, order_id, product,
            description, line_number, coalesce(pieces_back, '0') AS quantity, {as_text("-back")} AS amount,
            order_total, status, currency, country, 'refund' AS role FROM items WHERE back > 0
        UNION ALL BY NAME {further})"""


def _taxes() -> str:
    """Return the SQL of the taxes of an order: with those of shipping where the total says so."""
    tax, of_shipping, total = (f"coalesce({number(c)}, 0)" for c in ("tax", "shipping_tax", "order_total"))
    rest = f"{total} - items - coalesce({number('shipping')}, 0) - coalesce({number('fees')}, 0)"
    return (
        f"CASE WHEN abs({rest} - {tax} - {of_shipping}) <= {CENT} THEN {tax} + {of_shipping} ELSE {tax} END"
    )


def _further(place: int, what: str) -> str:
    """Return the SELECT of the lines of a kind that stand beside an order's goods."""
    refund = f"abs(coalesce({number('refund')}, 0))"
    amount = {
        "shipping": number("shipping"),
        "fees": number("fees"),
        "taxes": "taxes",
        # where items say what was refunded of them, the rest is of shipping and fees
        "refund": f"CASE WHEN items_back = 0 THEN {refund} END",
        "refund of fees": f"CASE WHEN items_back > 0 THEN items_back - {refund} END",
    }[what]
    row = beside(what, amount, off=what == "refund")
    if what == "refund of fees":
        row = row.replace("'fee' AS role", f"'{FEE_BACK}' AS role")
    return f"""
        SELECT (SELECT count(*) FROM orders) * {place} + first AS {NUMBER}, customer, timestamp,
            name AS order_id, {row}, order_total, status, currency, country
        FROM meant WHERE abs(coalesce({amount}, 0)) > {CENT}"""


PRESET = Preset(
    label="WooCommerce: export of orders, one row per item",
    files={"orders": ORDERS},
    select=select,
    fields={
        "customer": "billing_email, else customer_id",
        "timestamp": "order_date",
        "order_id": "order_id",
        "product": "item_sku, else item_product_id",
        "quantity": "item_quantity",
        "amount": "item_subtotal",
        "discount": "item_subtotal - item_total",
        "line_number": "item_id",
        "order_total": "order_total",
        "status": "status",
        "currency": "order_currency",
        "country": "shipping_country",
    },
    answers={"discount": "money", "total": "line"},
)
