"""Who on a list is contacted: consent, cool-down, budget, and a hold-out left alone at random.

The hold-out and the cool-down are of lists for a day of today: a window that is over is not contacted any
more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab import params
from crmlab.history.sent import in_contacts, resting_on

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

CONSENT: Final = "consent"
CONTACT, NO_MONEY, NOT_WORTH_IT, NO_CONSENT = "contact", "over budget", "not worth it", "no consent"
GONE: Final = "probably gone"
HELD_OUT: Final = "held out"
RESTING: Final = "contacted lately"
CONTACTS: Final = (CONTACT, HELD_OUT, NO_MONEY, NOT_WORTH_IT, RESTING, NO_CONSENT, GONE)
"""What is decided for a person: contacted, or why not."""

ASKED: Final = (CONTACT, HELD_OUT)
"""Whom a list would contact: those who are, and those who are left alone at random to compare with."""


@dataclass(frozen=True)
class Campaign:
    """A list that is to be sent: who rests after an earlier contact, and who is left alone at random.

    name: of the list; the hold-out stays the same as long as it does. day: as of which it is, None for a
    window that is over, of which nobody is left out. resting: customers contacted within `cool_down_days` of
    the day.
    """

    name: str
    day: str | None = None
    share: float = 0.0
    cool_down_days: int = 0
    resting: frozenset[str] = frozenset()
    seed: str = ""

    def rests(self, rows: pd.DataFrame) -> np.ndarray:
        """Return who was contacted lately, (m,)."""
        if not self.resting:
            return np.zeros(len(rows), dtype=bool)
        return rows["customer"].isin(self.resting).to_numpy()

    def holds_out(self, rows: pd.DataFrame) -> np.ndarray:
        """Return who is left alone, should the list want to contact them, (m,): by a hash of the customer."""
        if not self.share:
            return np.zeros(len(rows), dtype=bool)
        return np.array([_uniform(f"{self.seed}|{self.name}|{c}") < self.share for c in rows["customer"]])

    def propensity(self, contact: np.ndarray) -> np.ndarray:
        """Return the probability by which each is contacted, (m,): of those the list wants to contact."""
        return np.where(np.isin(contact.astype(str), ASKED), 1 - self.share, 0.0)


def campaign_of(comparison: Comparison, name: str) -> Campaign:
    """Return the campaign of a comparison's list: one of a day of today, else one that leaves nobody out.

    name: of the action, unless the problem has a `campaign`. The cool-down is counted from what was recorded
    as sent (see `history.sent`).
    """
    facts = comparison.problem.facts
    day = facts.get("as_of")
    if day is None:
        return Campaign(name)
    asked = params.load_lists()
    name = facts.get("campaign") or name
    resting = resting_on(facts["dataset"], day, days=asked.cool_down_days)
    resting |= in_contacts(facts["dataset"], name, day, days=asked.cool_down_days)
    seed = f"{comparison.seed}|{facts['dataset']}"
    return Campaign(name, day, asked.hold_out_share, asked.cool_down_days, resting, seed)


OVER: Final = Campaign("")
"""Of a window that is over: nobody is left out."""


def consented(rows: pd.DataFrame) -> np.ndarray:
    """Return who may be contacted, (m,): all where `rows` do not say who consented.

    Who did not say yes is not contacted: an unknown consent is none.
    """
    if CONSENT not in rows:
        return np.ones(len(rows), dtype=bool)
    said = rows[CONSENT]
    if not pd.api.types.is_numeric_dtype(said):
        said = said.astype("str").str.lower().replace("true", "1")
    return (pd.to_numeric(said, errors="coerce") == 1).to_numpy()


def untold(rows: pd.DataFrame) -> int:
    """Return of how many no consent is on record, neither given nor refused; 0 where rows have no consent."""
    return int(rows[CONSENT].isna().sum()) if CONSENT in rows else 0


def within_budget(profit: np.ndarray, able: np.ndarray, *, budget: float, contact_cost: float) -> np.ndarray:
    """Return the places of those whom a budget reaches: of the able, the highest profits first.

    budget, contact_cost: currency.
    """
    places = np.flatnonzero(able)
    affordable = len(places) if contact_cost == 0 else int(budget / contact_cost + 1e-9)
    return places[np.argsort(-profit[places], kind="stable")][:affordable]


def contacts(
    profit: np.ndarray,
    rows: pd.DataFrame,
    campaign: Campaign,
    *,
    budget: float,
    contact_cost: float,
    gone: np.ndarray | None = None,
) -> np.ndarray:
    """Return what is decided for each of `rows`, (m,): a word of CONTACTS.

    profit: (m,), expected of a contact, in currency; only who is expected to pay is contacted, the best first
    as far as the budget (currency) goes. gone: (m,), who is not for this list. Who rests takes no budget.
    """
    gone = np.zeros(len(rows), dtype=bool) if gone is None else gone
    pays, resting, allowed = profit > 0, campaign.rests(rows), consented(rows)
    word = np.where(pays, NO_MONEY, NOT_WORTH_IT).astype(object)
    word[pays & resting] = RESTING
    word[gone] = GONE
    able = pays & allowed & ~resting & ~gone
    word[within_budget(profit, able, budget=budget, contact_cost=contact_cost)] = CONTACT
    word[~allowed] = NO_CONSENT
    return held(word, rows, campaign)


def held(word: np.ndarray, rows: pd.DataFrame, campaign: Campaign) -> np.ndarray:
    """Return the words with those to be contacted whom the campaign leaves alone marked so, (m,)."""
    return np.where((word == CONTACT) & campaign.holds_out(rows), HELD_OUT, word).astype(object)


def _uniform(text: str) -> float:
    """Return a number from 0 to 1 that a text decides, as good as random."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
