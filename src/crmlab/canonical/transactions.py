"""Transactions: order lines.

One row is an order line.
"""

from crmlab.declare.table import FLAG, MONEY, TEXT, TIME, WHOLE, Column, Table, optional

FLAGS = (
    "is_cancellation",
    "is_bad_debt",
    "is_write_off",
    "is_fee",
    "is_anonymous",
    "is_duplicate",
)
"""Cleaning flags. Tables only flag; features decide what to leave out."""

TABLE = Table(
    columns={
        "line_id": Column(TEXT),
        "order_id": Column(TEXT),
        "customer": Column(TEXT, null=True),
        "timestamp": Column(TIME),
        "product": Column(TEXT, null=True),
        "quantity": Column(WHOLE),
        "unit_price": Column(MONEY),
        "amount": Column(MONEY),
        # `cleaning.flag` adds the flags that a data set does not bring itself
        **dict.fromkeys(FLAGS, optional(FLAG, null=False)),
        "cancels_line": optional(TEXT),
        "description": optional(TEXT),
        "channel": optional(TEXT),
        "country": optional(TEXT),
        "rating": optional(WHOLE, among=(1, 2, 3, 4, 5)),
        "rated_at": optional(TIME),
    },
    time="timestamp",
    late={"rated_at": ("rating",)},
)
