"""Sessions: how prospects look around, how customers come back, and the carts they abandon.

A prospect's sessions without an order hang on the latent intent alone, not on whether the
visitor will in fact buy: given the intent they tell nothing more about the future.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from crmlab.seeds import generator
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import intercept

_LATER_SOURCES = {"direct": 0.45, "search": 0.30, "email": 0.15, "social": 0.10}
_DEVICES = {
    "web": {"desktop": 0.65, "mobile": 0.28, "tablet": 0.07},
    "app": {"mobile": 0.88, "tablet": 0.12},
    "marketplace": {"desktop": 0.5, "mobile": 0.45, "tablet": 0.05},
}
CHANNEL_LOYALTY = 0.85
"""Probability that a session or an order comes through the channel of the first visit."""


def table(
    visitors: pd.DataFrame, buyers: pd.DataFrame, orders: pd.DataFrame, shop: Shop, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return the canonical table `sessions`; a session is stamped when it ends, as is its order."""
    rng = generator(seed, "sessions")
    frames = [_first(visitors), _looking(visitors, shop, clock, rng), _returning(buyers, shop, clock, rng)]
    placed = orders[["visitor", "time", "order_id", "channel"]]
    frame = pd.concat([*frames, placed], ignore_index=True)
    frame = frame.sort_values(["time", "visitor"], kind="stable", ignore_index=True)
    visitor, n = frame["visitor"].to_numpy(), len(frame)
    intent, ordered = visitors["intent"].to_numpy()[visitor], frame["order_id"].notna().to_numpy()
    pages = 1 + rng.poisson(np.exp(0.95 + 0.6 * intent + 0.7 * ordered) * rng.gamma(2.0, 0.5, n))
    carts = 1.1 * intent
    carted = rng.random(n) < expit(intercept(carts[~ordered], mean=shop.cart_share) + carts)
    channel = channels(visitors["channel"].to_numpy()[visitor], rng)
    channel = np.where(ordered, frame["channel"], channel)
    first = ~frame["visitor"].duplicated().to_numpy()
    later = rng.choice(list(_LATER_SOURCES), n, p=list(_LATER_SOURCES.values()))
    return pd.DataFrame(
        {
            "session_id": [f"S{i:07d}" for i in range(1, n + 1)],
            "customer": visitors["customer"].to_numpy()[visitor],
            "timestamp": clock.stamp(frame["time"].to_numpy()),
            "pages": pages.astype(np.int64),
            "duration_seconds": np.round(pages * np.exp(3.5 + 0.6 * rng.standard_normal(n)), 1),
            "carted": carted | ordered,
            "order_id": frame["order_id"],
            "source": np.where(first, visitors["source"].to_numpy()[visitor], later),
            "device": _device(channel, rng),
            "channel": channel,
        }
    )


def channels(usual: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the channel of each visit: mostly the usual one, else any."""
    other = rng.choice(list(_DEVICES), len(usual))
    return np.where(rng.random(len(usual)) < CHANNEL_LOYALTY, usual, other)


def _first(visitors: pd.DataFrame) -> pd.DataFrame:
    """Return the first sessions of those who do not buy in them (an order brings its own session)."""
    browsing = visitors["first_purchase"] != visitors["arrived"]
    return pd.DataFrame({"visitor": np.flatnonzero(browsing), "time": visitors.loc[browsing, "arrived"]})


def _looking(visitors: pd.DataFrame, shop: Shop, clock: Clock, rng: np.random.Generator) -> pd.DataFrame:
    """Return the later sessions without an order, up to the first purchase."""
    intent = visitors["intent"].to_numpy()
    counts = rng.poisson(shop.prospect_sessions * np.exp(0.5 * intent))
    visitor = np.repeat(np.arange(len(visitors)), counts)
    time = visitors["arrived"].to_numpy()[visitor]
    time = time + rng.exponential(7 * shop.browsing_delay_weeks, len(visitor))
    kept = time < np.minimum(visitors["first_purchase"].to_numpy()[visitor], clock.last)
    return pd.DataFrame({"visitor": visitor[kept], "time": time[kept]})


def _returning(buyers: pd.DataFrame, shop: Shop, clock: Clock, rng: np.random.Generator) -> pd.DataFrame:
    """Return customers' sessions without an order: Poisson, in step with their rate, rarer once lapsed."""
    first = buyers["first_purchase"].to_numpy()
    active = np.minimum(buyers["leaves"].to_numpy(), clock.last) - first
    per_day = shop.sessions_per_order * buyers["rate_per_week"].to_numpy() / 7
    spans = pd.DataFrame(
        {
            "visitor": np.tile(buyers["visitor"].to_numpy(), 2),
            "start": np.concatenate([first, first + active]),
            "length": np.concatenate([active, clock.last - first - active]),
            "per_day": np.concatenate([per_day, shop.lapsed_session_ratio * per_day]),
        }
    )
    drawn = spans.loc[spans.index.repeat(rng.poisson(spans["per_day"] * spans["length"]))]
    time = drawn["start"].to_numpy() + rng.random(len(drawn)) * drawn["length"].to_numpy()
    return pd.DataFrame({"visitor": drawn["visitor"].to_numpy(), "time": time})


def _device(channel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a device for each session, by its channel."""
    device = np.empty(len(channel), dtype=object)
    for name, shares in _DEVICES.items():
        here = channel == name
        device[here] = rng.choice(list(shares), int(here.sum()), p=list(shares.values()))
    return device
