"""Olist's published data set (Brazilian e-commerce): orders, items, payments and customers in a folder.

`customer_id` is one per order; the person is `customer_unique_id`. A row of items is one piece, told from
its like by `order_item_id`. What was paid is the order's own total: items and their freight.
"""

from crmlab.data.bench import NUMBER
from crmlab.data.presets.preset import Columns, Preset, beside, number

ORDERS = ("order_id", "customer_id", "order_status", "order_purchase_timestamp")


def select(columns: Columns) -> str:
    """Return the SELECT of the order lines: a piece of goods each, and its freight."""
    joined = "FROM items AS i JOIN orders AS o USING (order_id) LEFT JOIN customers AS c USING (customer_id)"
    own = (
        "c.customer_unique_id AS customer, o.order_purchase_timestamp AS timestamp, i.order_id, "
        "i.order_item_id AS line_number, o.order_status AS status, 'BRL' AS currency"
    )
    return f"""
        SELECT i.{NUMBER}, {own}, i.product_id AS product, '1' AS quantity, i.price AS unit_price,
            i.price AS amount, 'goods' AS role {joined}
        UNION ALL BY NAME
        SELECT (SELECT count(*) FROM items) + i.{NUMBER} AS {NUMBER}, {own},
            {beside("freight", number("i.freight_value"), off=False)} {joined}
        WHERE coalesce({number("i.freight_value")}, 0) <> 0"""


PRESET = Preset(
    label="Olist: orders, items, payments and customers",
    files={
        "items": ("order_id", "order_item_id", "product_id", "price", "freight_value"),
        "orders": ORDERS,
        "customers": ("customer_id", "customer_unique_id"),
        "payments": ("order_id", "payment_sequential", "payment_value"),
    },
    select=select,
    fields={
        "customer": "customer_unique_id",
        "timestamp": "order_purchase_timestamp",
        "order_id": "order_id",
        "line_number": "order_item_id",
        "product": "product_id",
        "unit_price": "price",
        "order_total": "payment_value",
        "status": "order_status",
    },
    announced=f"""
        SELECT o.order_id, p.total FROM orders AS o LEFT JOIN (
            SELECT order_id, sum({number("payment_value")}) AS total FROM payments GROUP BY order_id
        ) AS p USING (order_id)""",
)
