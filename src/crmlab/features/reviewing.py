"""What a customer said in reviews: how many, how good, how lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of, ratio

POOR = 2
"""Points of five, up to which a review is a poor one."""


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return reviews, poor ones, the mean score, and days since the last; text is not read."""
    mine = tables["reviews"].filter(lambda t: t.customer.notnull())
    return mine.group_by("customer").agg(
        reviews=mine.count(),
        poor_reviews=count_where(mine.score <= POOR),
        review_score_mean=ratio(mine.score.sum(), mine.score.count()),
        days_since_review=day_number(cutoff) - 1 - day_of(mine.created).max(),
    )


FEATURE = Feature(columns, needs=("reviews",), counts=("reviews", "poor_reviews"))
