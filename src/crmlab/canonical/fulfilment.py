"""Fulfilment: what became of an order on its way, and what had been promised.

Nulls are what has not happened yet. `timestamp` is when the order was placed and the promise given.
"""

from crmlab.declare.table import TEXT, TIME, Column, Table

TABLE = Table(
    columns={
        "order_id": Column(TEXT),
        "timestamp": Column(TIME),
        "promised": Column(TIME, null=True),
        "shipped": Column(TIME, null=True),
        "delivered": Column(TIME, null=True),
        "returned": Column(TIME, null=True),
    },
    time="timestamp",
    late={"shipped": (), "delivered": (), "returned": ()},
)
