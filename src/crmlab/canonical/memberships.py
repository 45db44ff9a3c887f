"""Memberships: terms of a paid club."""

from crmlab.declare.table import MONEY, TEXT, TIME, Column, Table

TABLE = Table(
    columns={
        "membership_id": Column(TEXT),
        "customer": Column(TEXT),
        "started": Column(TIME),
        "ended": Column(TIME, null=True),
        "monthly_fee": Column(MONEY),
    },
    time="started",
    late={"ended": ()},
)
