"""Contacts: campaign contacts.

`treatment` is 1 where somebody was contacted and 0 where a coin left them out.
"""

from crmlab.declare.table import MONEY, TEXT, TIME, WHOLE, Column, Table

TABLE = Table(
    columns={
        "contact_id": Column(TEXT),
        "customer": Column(TEXT),
        "timestamp": Column(TIME),
        "campaign": Column(TEXT),
        "channel": Column(TEXT),
        "treatment": Column(WHOLE, among=(0, 1)),
        "unit_cost": Column(MONEY),
        "replied_at": Column(TIME, null=True),
    },
    time="timestamp",
    late={"replied_at": ()},
)
