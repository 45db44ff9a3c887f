"""The tables beyond orders, drawn given a simulated shop's other tables, each from a stream of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.canonical.assortment import LEVELS
from crmlab.canonical.consents import EXPLICIT, NONE, OBJECTED, SOFT
from crmlab.seeds import generator
from crmlab.simulate.beyond import deliveries, looks
from crmlab.simulate.beyond.knobs import Beyond
from crmlab.simulate.clock import Clock

AISLES = {0: "Home", 1: "Care"}
YEAR_DAYS = 365.25


def draw(
    tables: dict[str, pd.DataFrame],
    orders: pd.DataFrame,
    potential: pd.DataFrame,
    seen: pd.DataFrame,
    beyond: Beyond,
    clock: Clock,
    *,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Return assortment, consents, events, fulfilment and reviews.

    tables: the shop's other tables. orders: of customers (order_id, customer), and `potential` their
    deliveries, row by row. seen: looks, as from looks.seen.
    """
    lines = tables["transactions"]
    back = lines[lines["is_cancellation"]].merge(
        lines[["line_id", "order_id"]], left_on="cancels_line", right_on="line_id", suffixes=("", "_of")
    )
    returned = back.groupby("order_id_of")["timestamp"].min()
    return {
        "assortment": assortment(tables["products"], lines, beyond, clock, seed=seed),
        "consents": consents(tables["customers"], lines, beyond, clock, seed=seed),
        "events": looks.events(tables["sessions"], seen, lines, beyond, seed=seed),
        "fulfilment": deliveries.fulfilment(potential, orders, returned, clock),
        "reviews": deliveries.reviews(potential, orders, beyond, clock, seed=seed),
    }


def assortment(
    products: pd.DataFrame, lines: pd.DataFrame, beyond: Beyond, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return the canonical table `assortment`: on sale from the first day; some leave after a last sale."""
    rng, n = generator(seed, "assortment"), len(products)
    last = products["product"].map(lines.groupby("product")["timestamp"].max())
    end = pd.Timestamp(clock.end)
    until = last.fillna(end).dt.floor("D") + pd.Timedelta(days=1)
    leaves = (rng.random(n) < beyond.withdrawn_products_share) & (until < end).to_numpy()
    aisle = np.where(np.arange(n) % 2 == 0, AISLES[0], AISLES[1])
    return pd.DataFrame(
        {
            "product": products["product"],
            "category": aisle + LEVELS + products["category"].to_numpy(dtype=object),
            "description": products["description"],
            "available_from": pd.Series([pd.Timestamp(clock.start)] * n, dtype="datetime64[us]"),
            "available_until": until.where(leaves).astype("datetime64[us]"),
            "stock": rng.poisson(40.0, n).astype(np.int64),
            "stock_at": pd.Series([end] * n, dtype="datetime64[us]"),
            "sensitive": rng.random(n) < 0.04,
            "age_limited": rng.random(n) < 0.03,
        }
    )


def consents(
    customers: pd.DataFrame, lines: pd.DataFrame, beyond: Beyond, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return the canonical table `consents`: asked at the first order, some withdrawn later.

    Who consents by `customers.consent` does so explicitly, until withdrawn; of the others some have a soft
    opt-in, which the flag does not show.
    """
    rng = generator(seed, "consents")
    first = lines.dropna(subset="customer").groupby("customer")["timestamp"].min()
    people = customers[customers["customer"].isin(first.index)].reset_index(drop=True)
    since = people["customer"].map(first)
    yes, n = people["consent"].to_numpy(dtype=bool), len(people)
    soft = rng.random(n) < beyond.soft_share
    state = np.where(yes, EXPLICIT, np.where(soft, SOFT, NONE))
    rate = max(beyond.withdrawn_per_year, 1e-12) / YEAR_DAYS
    wait = rng.exponential(1 / rate, n)
    end = pd.Timestamp(clock.end) + pd.Timedelta(days=1)
    gone = since + pd.to_timedelta(np.minimum(np.floor(wait * 86_400), 1e9), unit="s")
    given = pd.DataFrame(
        {"customer": people["customer"], "state": state, "since": since, "basis": "checkout"}
    )
    taken = given[(gone < end).to_numpy() & (state != NONE)]
    taken = taken.assign(state=OBJECTED, since=gone[taken.index], basis="unsubscribe link")
    both = pd.concat([given, taken], ignore_index=True)
    both = both.sort_values(["since", "customer"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "consent_id": [f"N{i:06d}" for i in range(1, len(both) + 1)],
            "customer": both["customer"],
            "channel": "email",
            "purpose": "marketing",
            "state": both["state"],
            "basis": both["basis"],
            "since": both["since"].astype("datetime64[us]"),
        }
    )
