"""How the shop's service treated a customer: tickets, response time, satisfaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of, ratio


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return tickets, open ones, mean hours to the first response, satisfaction, days since the last.

    response_hours_mean: over the tickets answered before the cutoff; null without one.
    """
    tickets = tables["tickets"].filter(lambda t: t.customer.notnull())
    minutes = tickets.first_response_at.delta(tickets.timestamp, unit="minute")
    return tickets.group_by("customer").agg(
        tickets=tickets.count(),
        open_tickets=count_where(tickets.resolved_at.isnull()),
        response_hours_mean=ratio(minutes.sum(), minutes.count() * 60),
        satisfaction_mean=ratio(tickets.satisfaction.sum(), tickets.satisfaction.count()),
        days_since_ticket=day_number(cutoff) - 1 - day_of(tickets.timestamp).max(),
    )


FEATURE = Feature(columns, needs=("tickets",), counts=("tickets", "open_tickets"))
