"""The paid club: whether a customer is in it now, for how long, and at what fee."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return memberships so far, whether one runs, its days and monthly fee, days since one ended."""
    terms = tables["memberships"].filter(lambda t: t.customer.notnull())
    running, today = terms.ended.isnull(), day_number(cutoff)
    return terms.group_by("customer").agg(
        memberships=terms.count(),
        is_member=count_where(running) > 0,
        member_days=today - 1 - day_of(terms.started).min(where=running),
        member_monthly_fee=terms.monthly_fee.max(where=running),
        days_since_membership_ended=today - 1 - day_of(terms.ended).max(),
    )


FEATURE = Feature(columns, needs=("memberships",), counts=("memberships", "is_member"))
