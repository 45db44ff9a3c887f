"""What the shop sent to a customer, and what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of, ratio

RECENT_DAYS = 90


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return contacts made, replies, the share replied, and days since the last of each.

    Only contacts that were sent count: treatment 0 is the randomised group that got nothing.
    """
    sent = tables["contacts"].filter(lambda t: t.customer.notnull() & (t.treatment == 1))
    day, today = day_of(sent.timestamp), day_number(cutoff)
    return sent.group_by("customer").agg(
        contacts=sent.count(),
        contacts_90=count_where(day >= today - RECENT_DAYS),
        replies=sent.replied_at.count(),
        reply_share=ratio(sent.replied_at.count(), sent.count()),
        days_since_contact=today - 1 - day.max(),
        days_since_reply=today - 1 - day_of(sent.replied_at).max(),
    )


FEATURE = Feature(columns, needs=("contacts",), counts=("contacts", "contacts_90", "replies"))
