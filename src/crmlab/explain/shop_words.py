"""Shop words: what a column of the features says of one customer, as a shop would say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PLURAL: Final = re.compile(
    r"\b1 (day|order|product|piece|visit|page|cart|mailing|line|ticket|year|hour|second)s\b"
)
SAID: Final = MappingProxyType(
    {
        "days_since_last": "has not bought for {} days",
        "days_since_session": "has not visited for {} days",
        "days_since_first_session": "first visited {} days ago",
        "days_since_contact": "was last contacted {} days ago",
        "days_since_reply": "has not replied for {} days",
        "days_since_ticket": "last asked for service {} days ago",
        "days_since_return": "last sent something back {} days ago",
        "days_since_membership_ended": "left the club {} days ago",
        "frequency": "came back to buy on {} days",
        "orders": "{} orders",
        "days_90": "bought on {} days of the last 90",
        "days_180": "bought on {} days of the last 180",
        "spend_90": "spent {} in the last 90 days",
        "spend_180": "spent {} in the last 180 days",
        "total_spend": "spent {} in all",
        "monetary_value": "spends {} on a day of purchase",
        "recency_days": "{} days from the first to the last purchase",
        "T_days": "a customer for {} days",
        "gap_mean_days": "used to buy every {} days",
        "gap_sd_days": "gaps between purchases vary by {} days",
        "gap_ratio": "silent for {} times the usual gap",
        "basket_value": "{} an order",
        "basket_units": "{} pieces an order",
        "basket_products": "{} products an order",
        "unit_price_mean": "pays {} a piece",
        "products": "bought {} products",
        "categories": "bought from {} categories",
        "main_category": "buys mostly {}",
        "order_channel": "orders by {}",
        "rating_mean": "rates {} on average",
        "return_lines": "sent {} lines back",
        "return_value": "sent goods worth {} back",
        "sessions": "{} visits",
        "sessions_30": "{} visits in the last 30 days",
        "session_pages_mean": "{} pages a visit",
        "session_seconds_mean": "{} seconds a visit",
        "carts": "filled {} carts",
        "abandoned_carts": "left {} carts behind",
        "first_pages": "{} pages on the first visit",
        "first_seconds": "{} seconds on the first visit",
        "contacts": "{} mailings",
        "contacts_90": "{} mailings in the last 90 days",
        "replies": "replied {} times",
        "tickets": "asked for service {} times",
        "open_tickets": "{} open tickets",
        "response_hours_mean": "waited {} hours for an answer",
        "satisfaction_mean": "rates the service {}",
        "member_days": "in the club for {} days",
        "age_years": "{} years old",
    }
)
"""With the value in the place of {}; a column that is not here is said by its name."""


@dataclass(frozen=True)
class ShopWords:
    """How reasons are said. happens: what people do where the outcome is 1, such as 'go silent'."""

    people: str
    happens: str

    def of(self, column: str, value: str, factor: str, *, raises: bool) -> str:
        """Return a reason: what is so, and what that means of such people, with the factor on the odds."""
        often = "more" if raises else "less"
        return f"{said(column, value)}: {self.people} like that {self.happens} {often} often ({factor})"


def said(column: str, value: str) -> str:
    """Return what a column says of a customer. value: as a text, of numbers in digits."""
    text = SAID.get(column)
    if text is None:
        return f"{column.replace('_', ' ')} {value}"
    return PLURAL.sub(r"1 \1", text.format(value)) if value == "1" else text.format(value)
