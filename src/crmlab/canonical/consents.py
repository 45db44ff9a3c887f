"""Consents: who agreed to what, by which channel and for which purpose, and since when.

A row holds from `since` until a later row of the same customer, channel and purpose. Where a customer has
one, it wins over `customers.consent`, which has no date.
"""

from typing import Final

from crmlab.declare.table import TEXT, TIME, Column, Table, optional

EXPLICIT: Final = "explicit"
SOFT: Final = "soft opt-in"
NONE: Final = "none"
OBJECTED: Final = "objected"
STATES: Final = (EXPLICIT, SOFT, NONE, OBJECTED)
"""A clear yes; an address from a sale, for like goods (Directive 2002/58/EC, Article 13(2)); none; no."""

ALLOWING: Final = (EXPLICIT, SOFT)

TABLE = Table(
    columns={
        "consent_id": Column(TEXT),
        "customer": Column(TEXT),
        "channel": Column(TEXT),
        "purpose": Column(TEXT),
        "state": Column(TEXT, among=STATES),
        "basis": optional(TEXT),
        "since": Column(TIME),
    },
    time="since",
)
