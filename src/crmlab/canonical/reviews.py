"""Reviews: what customers said of an order or a product, with a score and in words."""

from typing import Final

from crmlab.declare.table import TEXT, TIME, WHOLE, Column, Table, optional

SCORES: Final = (1, 2, 3, 4, 5)
"""From the worst to the best."""

TABLE = Table(
    columns={
        "review_id": Column(TEXT),
        "customer": Column(TEXT, null=True),
        "order_id": optional(TEXT),
        "product": optional(TEXT),
        "score": Column(WHOLE, null=True, among=SCORES),
        "text": optional(TEXT),
        "created": Column(TIME),
    },
    time="created",
)
