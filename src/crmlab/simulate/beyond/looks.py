"""What visitors look at, search for, wish and put into the cart, visit by visit of the table `sessions`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.seeds import generator
from crmlab.simulate.beyond.knobs import Beyond

MOST_LOOKS = 6
STEP_SECONDS = 20.0


def seen(sessions: pd.DataFrame, products: pd.DataFrame, beyond: Beyond, *, seed: int) -> pd.DataFrame:
    """Return what visitors did before they ordered or left: `session, place, kind, product, query`.

    sessions: the shop's table; products: its catalogue. Popular products are looked at most.
    """
    rng, n = generator(seed, "looks"), len(sessions)
    looks = 1 + np.minimum(sessions["pages"].to_numpy(), MOST_LOOKS) // 2
    session = np.repeat(np.arange(n), looks)
    place = np.arange(len(session)) - np.repeat(np.cumsum(looks) - looks, looks)
    weight = np.exp(products["popularity"].to_numpy())
    shown = rng.choice(products["product"].to_numpy(), len(session), p=weight / weight.sum())
    views = pd.DataFrame({"session": session, "place": place, "kind": "view", "product": shown})
    wished = views[rng.random(len(views)) < beyond.wish_share].assign(kind="wish")
    carted = views[(views["place"] == 0) & sessions["carted"].to_numpy()[session]].assign(kind="cart")
    found = rng.random(n) < beyond.search_share
    searched = views[(views["place"] == 0) & found[session]].assign(kind="search")
    category = products.set_index("product")["category"]
    searched = searched.assign(query=searched["product"].map(category), product=None, place=-1)
    return pd.concat([searched, views, wished, carted], ignore_index=True)


def pulled(
    chosen: pd.DataFrame,
    orders: pd.DataFrame,
    sessions: pd.DataFrame,
    seen: pd.DataFrame,
    products: pd.DataFrame,
    beyond: Beyond,
    *,
    seed: int,
) -> pd.DataFrame:
    """Return the order lines with those that looks cause; the same lines where looks cause nothing.

    chosen: lines by row of `orders` and of `products`. A share of `view_pull_share` of customers' orders also
    holds one piece, at list price, of what was looked at last in the week before, if it was not in it.
    """
    if beyond.view_pull_share == 0:
        return chosen
    looked = seen[seen["kind"] == "view"].drop_duplicates("session", keep="last")
    visits = sessions.loc[looked["session"].to_numpy(), ["customer", "timestamp"]].reset_index(drop=True)
    visits = visits.assign(product=looked["product"].to_numpy(), order_id=sessions["order_id"].to_numpy())
    number = pd.Series(np.arange(len(orders)), index=orders["order_id"])
    placed = visits.dropna(subset="order_id")[["customer", "timestamp", "order_id"]]
    matched = pd.merge_asof(
        placed.sort_values("timestamp", kind="stable"),
        visits.drop(columns="order_id").sort_values("timestamp", kind="stable"),
        on="timestamp",
        by="customer",
        allow_exact_matches=False,
        tolerance=pd.Timedelta(days=7),
    ).dropna(subset="product")
    taken = matched[generator(seed, "pulled").random(len(matched)) < beyond.view_pull_share]
    code = pd.Series(np.arange(len(products)), index=products["product"])
    more = pd.DataFrame(
        {"order": taken["order_id"].map(number).to_numpy(), "product": taken["product"].map(code).to_numpy()}
    )
    price = products["unit_price"].to_numpy()[more["product"]]
    more = more.assign(quantity=np.int64(1), unit_price=price, amount=price)
    whole = pd.concat([chosen, more], ignore_index=True).drop_duplicates(["order", "product"])
    return whole.sort_values(["order", "product"], kind="stable", ignore_index=True)


def events(
    sessions: pd.DataFrame, seen: pd.DataFrame, lines: pd.DataFrame, beyond: Beyond, *, seed: int
) -> pd.DataFrame:
    """Return the canonical table `events`: what was seen, and of orders what was bought.

    sessions, lines: the shop's canonical tables. A visitor is a device; who has ordered is signed in. Before
    the first order a visitor signs in by chance (`anonymous_share`), and the history is known from then on.
    """
    every = pd.concat([seen, _bought(sessions, lines)], ignore_index=True)
    order = {"search": 0, "view": 1, "wish": 2, "cart": 3, "buy": 4}
    every = every.assign(rank=every["kind"].map(order)).sort_values(
        ["session", "place", "rank", "product"], kind="stable", ignore_index=True
    )
    return _signed(_timed(every, sessions), sessions, beyond, generator(seed, "sign-ins"))


def _bought(sessions: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return a look at, and the purchase of, every product of the orders that sessions ended with."""
    placed = sessions["order_id"].dropna()
    of = lines[~lines["is_cancellation"]].merge(
        pd.DataFrame({"order_id": placed.to_numpy(), "session": placed.index}), on="order_id"
    )
    of = of.drop_duplicates(["session", "product"])[["session", "product"]]
    last = MOST_LOOKS + 1
    return pd.concat(
        [of.assign(place=last, kind="view"), of.assign(place=last + 1, kind="buy")], ignore_index=True
    )


def _timed(every: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the events with their time: evenly through the session, the last at its end."""
    place = every.groupby("session").cumcount().to_numpy()
    count = every.groupby("session")["kind"].transform("size").to_numpy()
    session = every["session"].to_numpy()
    left = (count - 1 - place) * np.minimum(
        sessions["duration_seconds"].to_numpy()[session] / count, STEP_SECONDS
    )
    end = sessions["timestamp"].to_numpy()[session]
    stamp = end - np.floor(left).astype("timedelta64[s]").astype("timedelta64[us]")
    opened = sessions["timestamp"].min().floor("D").to_datetime64()
    return every.assign(timestamp=np.maximum(stamp, opened))


def _signed(
    every: pd.DataFrame, sessions: pd.DataFrame, beyond: Beyond, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the canonical columns, with who the visitor is and since when that is known."""
    ordered = sessions["order_id"].notna()
    first_order = sessions["timestamp"].where(ordered).groupby(sessions["customer"]).transform("min")
    is_signed = (sessions["timestamp"] >= first_order) | (rng.random(len(sessions)) >= beyond.anonymous_share)
    is_signed &= first_order.notna()
    session = every["session"].to_numpy()
    customer = sessions["customer"].to_numpy()[session]
    named = is_signed.to_numpy()[session]
    own = pd.Series(every["timestamp"]).where(named)
    later = own.groupby(customer).transform("min")
    known = own.where(named, np.maximum(later, every["timestamp"]))
    whole = pd.DataFrame(
        {
            "visitor": "D" + pd.Series(customer).str.slice(1),
            "customer": pd.Series(customer, dtype="str").where(known.notna()),
            "signed_in_at": known,
            "timestamp": every["timestamp"],
            "kind": every["kind"],
            "product": every["product"].astype("str").where(every["product"].notna()),
            "query": every["query"].astype("str").where(every["query"].notna()),
        }
    ).sort_values("timestamp", kind="stable", ignore_index=True)
    whole.insert(0, "event_id", [f"E{i:07d}" for i in range(1, len(whole) + 1)])
    return whole
