"""Service tickets, and what their answers do to the dropout hazard."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.seeds import generator
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop

TOPICS = {"delivery": 0.45, "product": 0.25, "payment": 0.15, "account": 0.15}


def tickets(orders: pd.DataFrame, shop: Shop, clock: Clock, *, seed: int) -> pd.DataFrame:
    """Return the ticket that each order would lead to, where it leads to one.

    orders: (buyer, time), in days of even time. Columns: order (row of `orders`), buyer, topic,
    satisfaction (1 to 5); opened, responded, resolved (calendar days); starts, ends (days of even
    time) and ratio: the episode in which the dropout hazard is multiplied. A slow answer acts
    from the moment the customer has waited too long, a fast and satisfying one from the solution.
    """
    rng = generator(seed, "tickets")
    order = np.flatnonzero(rng.random(len(orders)) < shop.ticket_share)
    n = len(order)
    opened = clock.calendar(orders["time"].to_numpy()[order]) + 0.2 + rng.exponential(4.0, n)
    wait_hours = shop.response_median_hours * np.exp(shop.response_log_sd * rng.standard_normal(n))
    responded = opened + wait_hours / 24
    resolved = responded + rng.exponential(1.5, n)
    slow = wait_hours > shop.slow_response_hours
    mood = np.where(slow, 2.3, 4.0) + rng.standard_normal(n)
    satisfaction = np.clip(np.round(mood), 1, 5).astype(np.int64)
    pleased = ~slow & (satisfaction >= 4)
    starts = clock.even(np.where(slow, opened + shop.slow_response_hours / 24, resolved))
    return pd.DataFrame(
        {
            "order": order,
            "buyer": orders["buyer"].to_numpy()[order],
            "topic": rng.choice(list(TOPICS), n, p=list(TOPICS.values())),
            "satisfaction": satisfaction,
            "opened": opened,
            "responded": responded,
            "resolved": resolved,
            "starts": starts,
            "ends": starts + 7 * shop.service_memory_weeks,
            "ratio": np.select([slow, pleased], [shop.slow_hazard_ratio, shop.recovery_hazard_ratio], 1.0),
        }
    )


def table(potential: pd.DataFrame, buyers: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Return the canonical table `tickets`: those opened in the span and before the customer left."""
    owner = potential["buyer"].to_numpy()
    written = clock.even(potential["opened"].to_numpy()) <= buyers["leaves"].to_numpy()[owner]
    real = potential[written & (potential["opened"] < clock.days).to_numpy()]
    real = real.sort_values("opened", kind="stable", ignore_index=True)
    resolved = clock.stamp_calendar(real["resolved"].to_numpy())
    return pd.DataFrame(
        {
            "ticket_id": [f"T{i:06d}" for i in range(1, len(real) + 1)],
            "customer": buyers["customer"].to_numpy()[real["buyer"]],
            "timestamp": clock.stamp_calendar(real["opened"].to_numpy()),
            "topic": real["topic"],
            "first_response_at": clock.stamp_calendar(real["responded"].to_numpy()),
            "resolved_at": resolved,
            "satisfaction": real["satisfaction"].astype("Int64").where(resolved.notna()),
        }
    )
