"""Deliveries of potential orders, and their reviews: drawn given the tickets that the orders lead to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.seeds import generator
from crmlab.simulate.beyond.knobs import Beyond
from crmlab.simulate.clock import Clock

POOR = 2
WORDS = {
    1: ("Came late and broken.", "Never again.", "Nobody answered."),
    2: ("Not what I expected.", "Too long on the way."),
    3: ("All right.", "As described, no more."),
    4: ("Good.", "Came in time, good value."),
    5: ("Very good, will order again.", "Fast and just right."),
}


def potential(
    orders: pd.DataFrame, tickets: pd.DataFrame, beyond: Beyond, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return what would become of each order: a row per row of `orders`, all times in calendar days.

    orders: (buyer, time) in days of even time. tickets: as from service.tickets. Columns: placed, promised,
    shipped, delivered, late (bool), score (0 = no review), reviewed. An order with a ticket about its
    delivery is on its way for longer; a late one is reviewed worse.
    """
    rng, n = generator(seed, "deliveries"), len(orders)
    placed = clock.calendar(orders["time"].to_numpy())
    about = tickets.loc[tickets["topic"] == "delivery", "order"].to_numpy()
    slow = np.isin(np.arange(n), about)
    promised = np.floor(placed) + np.round(beyond.promise_days) + 1
    shipped = placed + rng.exponential(beyond.shipping_days, n)
    on_the_way = 1 + rng.exponential(beyond.transit_days, n)
    delivered = shipped + on_the_way + slow * rng.exponential(beyond.ticket_delay_days, n)
    late = delivered > promised
    rng = generator(seed, "reviews")
    mood = 4.3 - 1.4 * late - 0.8 * slow + rng.standard_normal(n)
    said = rng.random(n) < beyond.reviewed_share
    return pd.DataFrame(
        {
            "buyer": orders["buyer"].to_numpy(),
            "placed": placed,
            "promised": promised,
            "shipped": shipped,
            "delivered": delivered,
            "late": late,
            "score": np.where(said, np.clip(np.round(mood), 1, 5), 0).astype(np.int64),
            "reviewed": delivered + 1 + rng.exponential(3.0, n),
        }
    )


def acting(tickets: pd.DataFrame, potential: pd.DataFrame, beyond: Beyond, clock: Clock) -> pd.DataFrame:
    """Return the episodes that change the hazard: those of tickets, and of deliveries where these act."""
    if not beyond.acts_on_dropout:
        return tickets
    more = episodes(potential, beyond, clock)
    return pd.concat([tickets[list(more)], more], ignore_index=True)


def episodes(potential: pd.DataFrame, beyond: Beyond, clock: Clock) -> pd.DataFrame:
    """Return when late deliveries and poor reviews change the hazard: order, buyer, starts, ends, ratio."""
    poor = (potential["score"] > 0) & (potential["score"] <= POOR)
    acting = (
        (potential["late"], potential["promised"], beyond.late_hazard_ratio),
        (poor, potential["reviewed"], beyond.poor_review_hazard_ratio),
    )
    found = []
    for mask, since, ratio in acting:
        order = np.flatnonzero(mask.to_numpy() & (ratio != 1))
        starts = clock.even(since.to_numpy()[order])
        ends = starts + 7.0 * beyond.effect_weeks
        buyer = potential["buyer"].to_numpy()[order]
        found.append(
            pd.DataFrame(
                {"order": order, "buyer": buyer, "starts": starts, "ends": ends, "ratio": float(ratio)}
            )
        )
    return pd.concat(found, ignore_index=True)


def fulfilment(drawn: pd.DataFrame, orders: pd.DataFrame, back: pd.Series, clock: Clock) -> pd.DataFrame:
    """Return the canonical table `fulfilment` of customers' orders.

    drawn: potential deliveries of these orders, row by row; back: when an order's first line came back, by
    order_id. What came back had been delivered half a day before at least.
    """
    stamp = clock.stamp_calendar
    returned = back.astype("datetime64[us]").reindex(orders["order_id"]).reset_index(drop=True)
    days = ((returned - pd.Timestamp(clock.start)) / pd.Timedelta(days=1)).fillna(np.inf).to_numpy()
    delivered = np.minimum(drawn["delivered"].to_numpy(), days - 0.5)
    shipped = np.minimum(drawn["shipped"].to_numpy(), delivered - 0.25)
    return pd.DataFrame(
        {
            "order_id": orders["order_id"].to_numpy(),
            "timestamp": stamp(drawn["placed"].to_numpy()),
            # a promise is made when the order is placed, also for a day after the span
            "promised": pd.Timestamp(clock.start)
            + pd.to_timedelta(drawn["promised"].to_numpy(), unit="D").as_unit("us"),
            "shipped": stamp(shipped),
            "delivered": stamp(delivered),
            "returned": returned,
        }
    )


def reviews(
    drawn: pd.DataFrame, orders: pd.DataFrame, beyond: Beyond, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return the canonical table `reviews` of customers' orders, by the day of writing."""
    rng = generator(seed, "words")
    pick, silent = rng.random(len(drawn)), rng.random(len(drawn)) >= beyond.written_share
    created = clock.stamp_calendar(drawn["reviewed"].to_numpy())
    words = [
        None if none or score == 0 else WORDS[score][int(p * len(WORDS[score]))]
        for score, p, none in zip(drawn["score"], pick, silent, strict=True)
    ]
    whole = pd.DataFrame(
        {
            "customer": orders["customer"].to_numpy(dtype=object),
            "order_id": orders["order_id"].to_numpy(),
            "score": drawn["score"].to_numpy(),
            "text": pd.Series(words, dtype="str"),
            "created": created,
        }
    )
    kept = whole[(whole["score"] > 0) & whole["created"].notna()]
    kept = kept.sort_values(["created", "order_id"], kind="stable", ignore_index=True)
    kept.insert(0, "review_id", [f"V{i:06d}" for i in range(1, len(kept) + 1)])
    return kept
