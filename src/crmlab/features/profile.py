"""Who a customer is: the attributes that never change after the customer is first seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import day_number, day_of, real

TEXTS = ("source", "region", "channel")
TRUTHS = ("consent", "community")
YEAR_DAYS = 365.2425


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return source, region, channel, consent, community, age_years, is_referred: those published.

    age_years: at the cutoff.
    """
    customers = tables["customers"]
    found = {c: customers[c] for c in (*TEXTS, *TRUTHS) if c in customers.columns}
    if "birthday" in customers.columns:
        lived = real(day_number(cutoff) - day_of(customers.birthday))
        found["age_years"] = lived / ibis.literal(YEAR_DAYS).cast("float64")
    if "referred_by" in customers.columns:
        found["is_referred"] = customers.referred_by.notnull()
    return customers.select("customer", **found)


FEATURE = Feature(columns, needs=("customers",))
