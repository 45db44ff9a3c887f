"""Products: what is sold."""

from crmlab.declare.table import MONEY, TEXT, Column, Table, optional

TABLE = Table(
    columns={
        "product": Column(TEXT),
        "category": Column(TEXT),
        "description": optional(TEXT),
        "unit_cost": optional(MONEY),
        "unit_price": optional(MONEY),
    },
)
