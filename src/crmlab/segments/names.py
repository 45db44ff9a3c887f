"""Names of segments, computed from what sets them apart; none is typed for a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from crmlab.segments.assigned import Assigned
from crmlab.segments.profile import differences
from crmlab.vocabulary import CATEGORICAL, NUMERIC

SMALL: Final = 0.2
"""A smaller standardised difference is not worth a word (Cohen 1988: a small effect)."""


@dataclass(frozen=True)
class Phrase:
    """How a column is said. topic: columns of one topic are said once. nouns: who has little, much."""

    topic: str
    low: str
    high: str
    nouns: tuple[str, str] | None = None


_MONEY = Phrase("money", "low-spending", "high-spending", ("small spenders", "big spenders"))
_FREQUENCY = Phrase("frequency", "occasional", "frequent", ("rare buyers", "regulars"))
_BASKET = Phrase("basket", "small-basket", "big-basket")
_BREADTH = Phrase("breadth", "narrow", "wide-ranging")
_VISITS = Phrase("visits", "seldom-visiting", "often-visiting")

PHRASES: Final = MappingProxyType(
    {
        "total_spend": _MONEY,
        "monetary_value": Phrase("order value", "small-order", "large-order"),
        "spend_180": _MONEY,
        "frequency": _FREQUENCY,
        "orders": _FREQUENCY,
        "days_180": _FREQUENCY,
        "days_since_last": Phrase("recency", "recent", "lapsed"),
        "T_days": Phrase("tenure", "new", "long-standing"),
        "gap_mean_days": Phrase("rhythm", "quickly returning", "slowly returning"),
        "basket_value": _BASKET,
        "basket_units": _BASKET,
        "products": _BREADTH,
        "categories": _BREADTH,
        "unit_price_mean": Phrase("price", "low-price", "premium"),
        "return_share": Phrase("returns", "keeping", "sending-back"),
        "sessions": _VISITS,
        "reply_share": Phrase("replies", "silent", "responsive"),
        "rating_mean": Phrase("rating", "critical", "satisfied"),
        "satisfaction_mean": Phrase("service", "badly served", "well served"),
        "weekend_share": Phrase("weekend", "weekday", "weekend"),
        "evening_share": Phrase("evening", "daytime", "evening"),
        "is_member = yes": Phrase("club", "clubless", "club"),
        "community = yes": Phrase("community", "unconnected", "community"),
    }
)
"""Words per profile item; a clustered column that is not here is said as 'high <column>'."""


def names(assigned: Assigned) -> dict[int, str]:
    """Return a short name of each segment, unique among them.

    The items with the largest standardised differences give the words, clustered columns before the
    others, each topic once: the first item that has a noun gives it, the next one an adjective.
    Segments that would share a name get further adjectives, and in the end a number.
    """
    if len(assigned.segments) == 1:
        return {assigned.segments[0]: "all customers"}
    apart = differences(assigned)
    said = {s: list(_said(apart[s], assigned)) for s in assigned.segments}
    words = dict.fromkeys(assigned.segments, 2)
    found = {s: _name(said[s][:2]) for s in words}
    while True:
        shared = [s for s in found if list(found.values()).count(found[s]) > 1 and words[s] < len(said[s])]
        if not shared:
            return _numbered(found)
        for segment in shared:
            words[segment] += 1
            found[segment] = _name(said[segment][: words[segment]])


def _said(apart: pd.Series, assigned: Assigned) -> Iterator[tuple[Phrase, bool]]:
    """Yield phrase and sign (True: much) of the items that are worth a word, strongest first."""
    clustered = assigned.columns(NUMERIC, CATEGORICAL)
    own = [item for item in apart.index if item.partition(" = ")[0] in clustered]
    topics = set()
    for items in (own, [i for i in apart.index if i in PHRASES and i not in own]):
        strength = apart[items].dropna().abs().sort_values(ascending=False, kind="stable")
        for item in strength.index[strength >= SMALL]:
            phrase = PHRASES.get(item) or _plain(item)
            if phrase.topic not in topics:
                topics.add(phrase.topic)
                yield phrase, bool(apart[item] > 0)


def _plain(item: str) -> Phrase:
    """Return the phrase of an item without words of its own: its column, or its level."""
    column, mark, level = item.partition(" = ")
    words = column.replace("_", " ")
    return Phrase(column, f"not {level}", level) if mark else Phrase(column, f"low {words}", f"high {words}")


def _name(said: list[tuple[Phrase, bool]]) -> str:
    """Return adjectives and a noun from the strongest phrases."""
    noun = next((at for at, (phrase, _) in enumerate(said) if phrase.nouns), None)
    head = said[noun][0].nouns[said[noun][1]] if noun is not None else "customers"
    adjectives = [p.high if much else p.low for at, (p, much) in enumerate(said) if at != noun]
    return " ".join([", ".join(adjectives), head]).strip() if said else "average customers"


def _numbered(found: dict[int, str]) -> dict[int, str]:
    """Return the names, those that are still shared with a number from the second on."""
    seen: dict[str, int] = {}
    unique = {}
    for segment, name in found.items():
        seen[name] = seen.get(name, 0) + 1
        unique[segment] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return unique
