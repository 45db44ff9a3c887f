"""Orders and dropout: a Poisson process of purchases that ends at an exponential lifetime.

Orders are first drawn as if nobody ever left; the tickets of these potential orders shape the
dropout hazard; then the lifetime is drawn and what would have come after it is cut. Because the
hazard at any time hangs only on orders placed before it, this is the process itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.seeds import generator
from crmlab.simulate.contacts import Campaigns


def potential(buyers: pd.DataFrame, campaigns: Campaigns, last: float, *, seed: int) -> pd.DataFrame:
    """Return potential orders (buyer, time) sorted by buyer and time, the first purchases included.

    last: the end of the span in days of even time. The rate is rate_per_week, times 1 + effect
    while an e-mail acts. Drawn by thinning (Lewis and Shedler 1979).
    """
    rng = generator(seed, "orders")
    first = buyers["first_purchase"].to_numpy()
    effect = buyers["effect"].to_numpy()
    ceiling = 1 + np.maximum(effect, 0)
    counts = rng.poisson(buyers["rate_per_week"].to_numpy() / 7 * ceiling * (last - first))
    buyer = np.repeat(np.arange(len(buyers)), counts)
    time = first[buyer] + rng.random(len(buyer)) * (last - first)[buyer]
    factor = 1 + effect[buyer] * campaigns.acts(buyer, time)
    kept = rng.random(len(buyer)) * ceiling[buyer] < factor
    orders = pd.DataFrame(
        {
            "buyer": np.concatenate([np.arange(len(buyers)), buyer[kept]]),
            "time": np.concatenate([first, time[kept]]),
        }
    )
    return orders.sort_values(["buyer", "time"], kind="stable", ignore_index=True)


def lifetimes(buyers: pd.DataFrame, episodes: pd.DataFrame, *, seed: int) -> np.ndarray:
    """Return when each buyer drops out, in days of even time (may lie beyond the span).

    The hazard is hazard_per_week, times the ratio of every episode (buyer, starts, ends, ratio)
    that is running. The lifetime is where the cumulative hazard reaches an exponential draw.
    """
    n = len(buyers)
    first = buyers["first_purchase"].to_numpy()
    hazard = buyers["hazard_per_week"].to_numpy() / 7
    clock = generator(seed, "lifetimes").exponential(size=n)
    log_ratio = np.log(episodes["ratio"].to_numpy())
    marks = pd.DataFrame(
        {
            "buyer": np.concatenate([np.arange(n), episodes["buyer"], episodes["buyer"]]),
            "time": np.concatenate([first, episodes["starts"], episodes["ends"]]),
            "change": np.concatenate([np.zeros(n), log_ratio, -log_ratio]),
        }
    ).sort_values(["buyer", "time"], kind="stable", ignore_index=True)
    by_buyer = marks.groupby("buyer", sort=False)
    owner = marks["buyer"].to_numpy()
    rate = hazard[owner] * np.exp(by_buyer["change"].cumsum().to_numpy())
    length = by_buyer["time"].shift(-1).fillna(np.inf).to_numpy() - marks["time"].to_numpy()
    spent = pd.Series(rate * length).groupby(owner, sort=False).cumsum().to_numpy()
    reached = spent >= clock[owner]
    at = np.full(n, len(marks))
    np.minimum.at(at, owner[reached], np.flatnonzero(reached))
    before = np.where(at == np.searchsorted(owner, np.arange(n)), 0.0, spent[at - 1])
    return marks["time"].to_numpy()[at] + (clock - before) / rate[at]
