"""E-mail campaigns, randomised: who is mailed, who replies, and what it does to purchases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from crmlab.seeds import generator
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import trait

_OFFSET_DAYS = 2 + 10 / 24
"""A campaign goes out at ten o'clock, two days into its cycle (a Tuesday, if the shop opens on a Sunday)."""


@dataclass(frozen=True)
class Campaigns:
    """Times in days of even time; `treated` and `included` are (buyers, campaigns)."""

    starts: np.ndarray
    effect_days: float
    included: np.ndarray
    treated: np.ndarray

    def acts(self, buyer: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Tell for each (buyer, time) whether an e-mail is acting on the purchase rate."""
        if len(self.starts) == 0:
            return np.zeros(len(buyer), dtype=bool)
        latest = np.searchsorted(self.starts, time, side="right") - 1
        running = (latest >= 0) & (time < self.starts[latest] + self.effect_days)
        return running & self.treated[buyer, latest]


def plan(buyers: pd.DataFrame, shop: Shop, clock: Clock, *, seed: int) -> Campaigns:
    """Return the campaigns and their randomisation.

    Everyone who has bought and consents is in a campaign; a coin decides who is mailed. A campaign
    whose replies could come after the span does not take place.
    """
    cycle, effect_days = 7 * shop.campaign_cycle_weeks, 7.0 * shop.effect_weeks
    count = max(0, int((clock.days - effect_days - _OFFSET_DAYS) // cycle))
    starts = clock.even(cycle * np.arange(1, count + 1) + _OFFSET_DAYS)
    coin = generator(seed, "campaigns").random((len(buyers), count)) < shop.treated_share
    included = (buyers["first_purchase"].to_numpy()[:, None] < starts) & buyers["consent"].to_numpy()[:, None]
    return Campaigns(starts, effect_days, included, included & coin)


def table(
    campaigns: Campaigns, buyers: pd.DataFrame, shop: Shop, clock: Clock, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the canonical table `contacts` and its truth.

    A control (treatment 0) costs nothing and cannot reply. Replies come within the effect weeks.
    Their probability differs by type, is lower for customers who dropped out, and is scaled so that
    its mean over all e-mails is the one asked for.
    """
    rng = generator(seed, "replies")
    campaign, buyer = np.nonzero(campaigns.included.T)
    time = campaigns.starts[campaign]
    mailed = campaigns.treated[buyer, campaign]
    alive = buyers["leaves"].to_numpy()[buyer] > time
    chance = trait("reply")[buyers["type"].to_numpy()[buyer]] * np.where(alive, 1.0, shop.lapsed_reply_ratio)
    chance = _scaled(chance, mailed, shop.reply_share)
    replies = mailed & (rng.random(len(buyer)) < chance)
    # exponential with mean three days, cut at the end of the effect weeks
    u = rng.random(len(buyer)) * -np.expm1(-campaigns.effect_days / 3)
    replied = np.where(replies, time - 3 * np.log1p(-u), np.inf)
    ids = [f"M{i:07d}" for i in range(1, len(buyer) + 1)]
    contacts = pd.DataFrame(
        {
            "contact_id": ids,
            "customer": buyers["customer"].to_numpy()[buyer],
            "timestamp": clock.stamp(time),
            "campaign": [f"mail_{k + 1:02d}" for k in campaign],
            "channel": "email",
            "treatment": mailed.astype(np.int64),
            "unit_cost": np.where(mailed, shop.contact_cost_usd, 0.0),
            "replied_at": clock.stamp(replied),
        }
    )
    truth = contacts[["contact_id", "customer", "timestamp", "treatment"]].copy()
    return contacts, truth.assign(reply_probability=chance, alive=alive)


def _scaled(chance: np.ndarray, mailed: np.ndarray, mean: float) -> np.ndarray:
    """Return probabilities in proportion to `chance`, capped at 1, whose mean over the mailed is `mean`.

    Where so many have no chance at all that the mean is out of reach, the others have 1.
    """
    positive = chance[mailed & (chance > 0)]
    if mean == 0 or len(positive) == 0:
        return np.zeros(len(chance))

    def gap(factor: float) -> float:
        return float(np.minimum(factor * chance[mailed], 1.0).mean()) - mean

    most = 1 / positive.min()
    return np.minimum((brentq(gap, 0.0, most) if gap(most) > 0 else most) * chance, 1.0)
