"""What is in an order: its value, its lines, and what comes back or gets a rating."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from crmlab.canonical.transactions import FLAGS
from crmlab.seeds import generator
from crmlab.simulate import products as assortment
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import intercept, trait

PRICE_SPREAD = 0.5
"""How far (standard deviation of the log) a chosen list price strays from what a line should cost."""


def lines(
    orders: pd.DataFrame,
    products: pd.DataFrame,
    bundles: pd.DataFrame,
    sequences: pd.DataFrame,
    shop: Shop,
    *,
    seed: int,
) -> pd.DataFrame:
    """Return the lines (order, product, quantity, unit_price, amount), as numbers of rows.

    orders: (buyer, type, spend_rate), sorted so that a buyer's orders are in time order; buyer is
    -1 for guests. An order's value is Gamma(p, spend_rate) dollars (Gamma-Gamma model), and the
    more it is worth the more lines it has. Products are chosen by popularity, the type's taste and
    nearness to what a line should cost; then all prices of the order are scaled so that the lines
    sum to its value: the shop's discounts and extras.
    """
    rng = generator(seed, "baskets")
    n = len(orders)
    value = rng.gamma(shop.spend_order_shape, 1 / orders["spend_rate"].to_numpy())
    count = 1 + rng.poisson(shop.extra_lines * value / value.mean())
    order = np.repeat(np.arange(n), count)
    share = value[order] / count[order]
    chosen = _choices(orders["type"].to_numpy()[order], share, products, rng)
    price = products["unit_price"].to_numpy()
    frame = pd.DataFrame(
        {"order": order, "product": chosen, "quantity": np.clip(np.round(share / price[chosen]), 1, 12)}
    )
    frame = _added(frame, frame["order"], bundles, shop.bundle_probability, rng)
    buyer = orders["buyer"].to_numpy()
    follows = np.append(buyer[1:] == buyer[:-1], False) & (buyer >= 0)
    after = np.where(follows, np.arange(1, n + 1), -1)
    frame = _added(frame, after[frame["order"]], sequences, shop.sequence_probability, rng)
    frame = frame.sort_values(["order", "product"], kind="stable", ignore_index=True)
    quantity = frame["quantity"].to_numpy()
    listed = price[frame["product"]]
    total = np.bincount(frame["order"], weights=quantity * listed, minlength=n)
    paid = np.maximum((listed * (value / total)[frame["order"]]).round(2), 0.01)
    return frame.assign(
        quantity=quantity.astype(np.int64), unit_price=paid, amount=(paid * quantity).round(2)
    )


def table(
    chosen: pd.DataFrame, orders: pd.DataFrame, products: pd.DataFrame, shop: Shop, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return the canonical table `transactions`: lines, ratings, and returns as lines of their own.

    orders: (order_id, customer, time, type, channel). A return is a line with negative quantity,
    a later timestamp and the line it takes back in `cancels_line`.
    """
    rng = generator(seed, "aftermath")
    n = len(chosen)
    owner, product = chosen["order"].to_numpy(), chosen["product"].to_numpy()
    placed = clock.calendar(orders["time"].to_numpy()[owner])
    odds = trait("returns")[orders["type"].to_numpy()[owner]]
    odds = odds + np.array(assortment.RETURN_ODDS)[products["category_code"].to_numpy()[product]]
    returned = rng.random(n) < expit(intercept(odds, mean=shop.return_share) + odds)
    back = placed + 3 + rng.exponential(8.0, n)
    mood = 4.0 + products["quality"].to_numpy()[product] - 1.3 * returned + rng.standard_normal(n)
    rated_at = np.where(rng.random(n) < shop.rated_share, placed + 2 + rng.exponential(6.0, n), np.inf)
    rated = clock.stamp_calendar(rated_at)
    sold = pd.DataFrame(
        {
            "order_id": orders["order_id"].to_numpy()[owner],
            "customer": orders["customer"].to_numpy(dtype=object)[owner],
            "timestamp": clock.stamp_calendar(placed),
            "product": products["product"].to_numpy()[product],
            "quantity": chosen["quantity"],
            "unit_price": chosen["unit_price"],
            "amount": chosen["amount"],
            "channel": orders["channel"].to_numpy()[owner],
            "rating": pd.Series(np.clip(np.round(mood), 1, 5)).astype("Int64").where(rated.notna()),
            "rated_at": rated,
            "line": np.arange(n),
            "cancels": -1,
        }
    )
    taken_back = sold[returned & (back < clock.days)]
    returns = taken_back.assign(
        order_id=[f"R{i:06d}" for i in range(1, len(taken_back) + 1)],
        timestamp=clock.stamp_calendar(back[taken_back["line"]]).to_numpy(),
        quantity=-taken_back["quantity"],
        amount=-taken_back["amount"],
        rating=pd.Series(pd.NA, index=taken_back.index, dtype="Int64"),
        rated_at=pd.Series(pd.NaT, index=taken_back.index, dtype="datetime64[us]"),
        cancels=taken_back["line"],
        line=-1,
    )
    return _numbered(sold, returns)


def _choices(
    kind: np.ndarray, share: np.ndarray, products: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Return a product for each line: a multinomial logit by the Gumbel-max trick."""
    taste = trait("taste")[:, products["category_code"]]
    distance = np.log(products["unit_price"].to_numpy()) - np.log(share)[:, None]
    utility = products["popularity"].to_numpy() + taste[kind] - 0.5 * (distance / PRICE_SPREAD) ** 2
    return np.argmax(utility + rng.gumbel(size=utility.shape), axis=1)


def _added(
    frame: pd.DataFrame, into: np.ndarray, pairs: pd.DataFrame, probability: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the lines with the companions of triggers added, each to the order `into` (-1: to none).

    A product that an order holds already is not added again.
    """
    companion = frame["product"].map(pairs.set_index("trigger")["companion"])
    taken = companion.notna() & (np.asarray(into) >= 0) & (rng.random(len(frame)) < probability)
    more = pd.DataFrame(
        {"order": np.asarray(into)[taken], "product": companion[taken].astype(int), "quantity": 1.0}
    )
    return pd.concat([frame, more], ignore_index=True).drop_duplicates(
        ["order", "product"], ignore_index=True
    )


def _numbered(sold: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """Return both in order of time, with line ids, flags and the canonical columns in order."""
    both = pd.concat([sold, returns], ignore_index=True)
    both = both.sort_values(["timestamp", "order_id", "product"], kind="stable", ignore_index=True)
    both.insert(0, "line_id", [f"L{i:07d}" for i in range(1, len(both) + 1)])
    named = both.loc[both["line"] >= 0].set_index("line")["line_id"]
    flags = dict.fromkeys(FLAGS, False)
    flags["is_cancellation"] = both["cancels"] >= 0
    flags["is_anonymous"] = both["customer"].isna()
    last = {c: both.pop(c) for c in ("channel", "rating", "rated_at")}
    return both.assign(**flags, cancels_line=both["cancels"].map(named), **last).drop(
        columns=["line", "cancels"]
    )
