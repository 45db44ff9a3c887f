"""The words that shops have for what a visitor does, for a consent, and for yes and no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from crmlab.canonical.consents import EXPLICIT, NONE, OBJECTED, SOFT

FLAGS: Final[Mapping[str, bool]] = dict.fromkeys(("1", "true", "t", "yes", "y"), True) | dict.fromkeys(
    ("0", "false", "f", "no", "n"), False
)

SIGN_INS: Final = ("login", "log in", "signin", "sign in", "signup", "sign up", "identify", "register")
"""Events that say who a visitor is, and nothing else."""

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "view": ("view", "page view", "product view", "view item", "product viewed", "view product", "click"),
    "search": ("search", "site search", "view search results", "products searched"),
    "wish": ("wish", "wishlist", "add to wishlist", "favourite", "favorite", "product added to wishlist"),
    "cart": ("cart", "add to cart", "added to cart", "product added", "addtocart", "basket", "add to basket"),
    "buy": ("buy", "purchase", "order", "order completed", "transaction", "checkout completed", "bought"),
}

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    EXPLICIT: ("explicit", "opt in", "opted in", "yes", "granted", "double opt in", "subscribed", "given"),
    SOFT: ("soft opt in", "soft", "soft opted in", "existing customer"),
    NONE: ("none", "no", "unknown", "not set", "never", "not subscribed", "pending"),
    OBJECTED: (
        "objected",
        "objection",
        "opt out",
        "opted out",
        "unsubscribed",
        "withdrawn",
        "revoked",
        "denied",
    ),
}


def plain(word: str) -> str:
    """Return a word without case and punctuation, one blank between its parts."""
    parts = re.sub(r"([a-z])([A-Z])", r"\1 \2", word)
    return " ".join(re.findall(r"[a-z0-9]+", parts.lower()))


def meant(words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return {a shop's plain word: ours}."""
    return {plain(theirs): ours for ours, all_ in words.items() for theirs in (ours, *all_)} | {
        plain(theirs).replace(" ", ""): ours for ours, all_ in words.items() for theirs in all_
    }
