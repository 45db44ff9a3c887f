"""Visitors: when they arrive, who they are, and whether and when they first buy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from crmlab.seeds import generator
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import intercept

# share among visitors, log-odds ratio of buying
SOURCES = {
    "search": (0.38, 0.0),
    "social": (0.24, -0.7),
    "affiliate": (0.14, -0.2),
    "direct": (0.14, 0.5),
    "referral": (0.10, 0.9),
}
CHANNELS = {"web": (0.58, 0.0), "app": (0.24, 0.6), "marketplace": (0.18, -0.5)}
REGIONS = {"north": 0.28, "south": 0.24, "east": 0.18, "west": 0.22, "islands": 0.08}
COMMUNITY = (0.12, 0.5)
BIRTHDAY_SHARE = 0.6


def draw(shop: Shop, clock: Clock, *, seed: int) -> pd.DataFrame:
    """Return one row per visitor in order of arrival.

    Columns: the static attributes of the table `customers` (but `referred_by`), arrived and
    first_purchase (days of even time; infinite where it never comes), intent (standard normal),
    conversion_probability (of ever buying). Attributes never depend on whether a visitor will
    buy, given the probability: otherwise they would tell the future.
    """
    rng = generator(seed, "visitors")
    n = shop.visitors
    arrived = _arrivals(shop, clock, rng)
    intent = rng.standard_normal(n)
    source = rng.choice(len(SOURCES), n, p=[share for share, _ in SOURCES.values()])
    channel = rng.choice(len(CHANNELS), n, p=[share for share, _ in CHANNELS.values()])
    community = rng.random(n) < COMMUNITY[0]
    linear = (
        shop.intent_slope * intent
        + np.array([odds for _, odds in SOURCES.values()])[source]
        + np.array([odds for _, odds in CHANNELS.values()])[channel]
        + COMMUNITY[1] * community
    )
    probability = expit(intercept(linear, mean=shop.conversion_share) + linear)
    delay = np.where(
        rng.random(n) < shop.immediate_share, 0.0, rng.exponential(7 * shop.conversion_delay_weeks, n)
    )
    buys = rng.random(n) < probability
    first = np.where(buys, arrived + delay, np.inf)
    return pd.DataFrame(
        {
            "customer": [f"C{i:06d}" for i in range(1, n + 1)],
            "source": np.array(list(SOURCES))[source],
            "region": rng.choice(list(REGIONS), n, p=list(REGIONS.values())),
            "channel": np.array(list(CHANNELS))[channel],
            "birthday": _birthdays(shop, rng),
            "consent": rng.random(n) < shop.consent_share,
            "community": community,
            "arrived": arrived,
            "first_purchase": np.where(first < clock.last, first, np.inf),
            "intent": intent,
            "conversion_probability": probability,
        }
    )


def referrers(visitors: pd.DataFrame, leaves: np.ndarray, *, seed: int) -> np.ndarray:
    """Return who referred each visitor: an id for the source 'referral', else (and if unknown) None.

    leaves: when each visitor drops out, in days of even time. A referrer bought before the visitor
    arrived; one who has dropped out by then refers nobody, and that referrer stays unknown.
    """
    rng = generator(seed, "referrals")
    order = np.argsort(visitors["first_purchase"].to_numpy(), kind="stable")
    arrived = visitors["arrived"].to_numpy()
    earlier = np.searchsorted(visitors["first_purchase"].to_numpy()[order], arrived)
    chosen = order[(rng.random(len(visitors)) * np.maximum(earlier, 1)).astype(int)]
    known = (visitors["source"] == "referral").to_numpy() & (earlier > 0) & (leaves[chosen] > arrived)
    return np.where(known, visitors["customer"].to_numpy(dtype=object)[chosen], None)


def _arrivals(shop: Shop, clock: Clock, rng: np.random.Generator) -> np.ndarray:
    """Return sorted arrival times in days of even time, with a yearly wave."""
    day = np.arange(clock.days)
    peak = 329 - clock.start.timetuple().tm_yday  # 25 November
    wave = 1 + shop.arrival_season * np.cos(2 * np.pi * (day - peak) / 365.25)
    days = rng.choice(day, shop.visitors, p=wave / wave.sum())
    return np.sort(np.minimum(days + rng.random(shop.visitors), np.nextafter(clock.last, 0)))


def _birthdays(shop: Shop, rng: np.random.Generator) -> pd.Series:
    """Return birthdays of people aged 18 to 80 at the start; null where not given."""
    age_days = 365.25 * (18 + 62 * rng.beta(2.0, 3.0, shop.visitors))
    born = pd.Timestamp(shop.start) - pd.to_timedelta(age_days.astype(int), unit="D")
    given = rng.random(shop.visitors) < BIRTHDAY_SHARE
    return pd.Series(born).astype("datetime64[us]").where(given)
