"""Assortment: what is on offer, from when until when.

`products` says what a product is and costs; here is whether it may be offered at a cutoff.
"""

from typing import Final

from crmlab.declare.table import FLAG, TEXT, TIME, WHOLE, Column, Table, optional

LEVELS: Final = " > "
"""What stands between the levels of a category path, the widest first: 'Home > Kitchen > Pans'."""

TABLE = Table(
    columns={
        "product": Column(TEXT),
        "category": Column(TEXT),
        "description": optional(TEXT),
        "available_from": Column(TIME),
        "available_until": Column(TIME, null=True),
        "stock": optional(WHOLE),
        "stock_at": optional(TIME),
        "sensitive": optional(FLAG),
        "age_limited": optional(FLAG),
    },
    time="available_from",
    late={"available_until": (), "stock_at": ("stock",)},
)
