"""Sessions: visits of the shop."""

from crmlab.declare.table import FLAG, NUMBER, TEXT, TIME, WHOLE, Column, Table, optional

TABLE = Table(
    columns={
        "session_id": Column(TEXT),
        "customer": Column(TEXT),
        "timestamp": Column(TIME),
        "pages": Column(WHOLE),
        "duration_seconds": Column(NUMBER),
        "carted": Column(FLAG),
        "order_id": Column(TEXT, null=True),
        "source": optional(TEXT),
        "device": optional(TEXT),
        "channel": optional(TEXT),
    },
    time="timestamp",
)
