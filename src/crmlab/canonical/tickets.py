"""Tickets: service requests.

Nulls are what has not happened yet.
"""

from crmlab.declare.table import TEXT, TIME, WHOLE, Column, Table

TABLE = Table(
    columns={
        "ticket_id": Column(TEXT),
        "customer": Column(TEXT),
        "timestamp": Column(TIME),
        "topic": Column(TEXT),
        "first_response_at": Column(TIME, null=True),
        "resolved_at": Column(TIME, null=True),
        "satisfaction": Column(WHOLE, null=True, among=(1, 2, 3, 4, 5)),
    },
    time="timestamp",
    late={"first_response_at": (), "resolved_at": ("satisfaction",)},
)
