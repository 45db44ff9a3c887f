"""Labelled: ready-made rows with an outcome.

The published columns stand beside the declared ones under their published names.
"""

from crmlab.declare.table import TEXT, WHOLE, Column, Table, optional

TABLE = Table(
    columns={
        "row_id": Column(TEXT),
        "outcome": Column(WHOLE, among=(0, 1)),
        "period": Column(WHOLE, null=True),
        "treatment": optional(WHOLE, null=False),
        "cluster": optional(TEXT, null=False),
    },
    open=True,
)
