"""Events: what a visitor did in the shop, one look, search or click per row.

Who the visitor is becomes known at the first sign-in, `signed_in_at`; before it, `customer` is null.
"""

from typing import Final

from crmlab.declare.table import TEXT, TIME, Column, Table, optional

KINDS: Final = ("view", "search", "wish", "cart", "buy")
"""What a visitor can do, by how near it is to an order."""

TABLE = Table(
    columns={
        "event_id": Column(TEXT),
        "visitor": Column(TEXT, null=True),
        "customer": Column(TEXT, null=True),
        "signed_in_at": Column(TIME, null=True),
        "timestamp": Column(TIME),
        "kind": Column(TEXT, among=KINDS),
        "product": optional(TEXT),
        "query": optional(TEXT),
        "campaign": optional(TEXT),
    },
    time="timestamp",
    late={"signed_in_at": ("customer",)},
)
