"""Customers: who a customer is.

Only what never changes after a customer is first seen.
"""

from crmlab.declare.table import FLAG, TEXT, TIME, Column, Table, optional

TABLE = Table(
    columns={
        "customer": Column(TEXT),
        "source": optional(TEXT),
        "region": optional(TEXT),
        "channel": optional(TEXT),
        "birthday": optional(TIME),
        "consent": optional(FLAG),
        "community": optional(FLAG),
        "referred_by": optional(TEXT),
        "published_sample": optional(FLAG, null=False),
    },
)
