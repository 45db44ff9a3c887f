"""What an oracle answers: probabilities from the latent state, which no method can see.

The state at a cutoff is everything that has been set in motion before it: whether a customer is
alive, the rates, the running e-mails, and the tickets of earlier orders with the answers they
will get. What lies after it (purchases, dropout, coins of later campaigns) is integrated out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmlab.errors import DataError
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop


def true_churn_probability(
    truth: Mapping[str, pd.DataFrame], customers: Sequence[str], *, cutoff: dt.datetime, horizon_days: int
) -> np.ndarray:
    """Return (n,) P(no purchase in [cutoff, cutoff + horizon)), given the state at the cutoff.

    1 for who has dropped out. For the others exact, by the two-state chain alive/dropped out with
    piecewise constant rates: on the path without a purchase no new ticket can arise, so all
    breakpoints are known at the cutoff but the coins of later campaigns, which are averaged over.
    Raises DataError for a customer who is unknown or had not bought before the cutoff.
    """
    people = _of(truth["customers"], customers)
    _require((people["first_purchase"] < cutoff).to_numpy(), people.index, f"had not bought before {cutoff}")
    clock, shop = _clock(truth), truth["shop"].iloc[0]
    span = _even(clock, cutoff, horizon_days)
    starts = np.append(clock.even_of(truth["campaigns"]["timestamp"]), np.inf)
    effect_days = 7.0 * shop["effect_weeks"]
    begins, ends, log_ratio = _service(truth["service"], people.index, clock, cutoff)
    fixed = np.clip(np.concatenate([span, starts, starts + effect_days]), *span)
    marks = np.column_stack([np.tile(fixed, (len(people), 1)), np.clip(begins, *span), np.clip(ends, *span)])
    marks.sort(axis=1)
    rate = people["purchase_rate_per_week"].to_numpy() / 7
    hazard = people["dropout_hazard_per_week"].to_numpy() / 7
    mailed_rate = rate * (1 + people["treatment_effect"].to_numpy())
    running = _treated_now(truth["contacts"], people.index, cutoff, effect_days)
    later = shop["treated_share"] * people["consent"].to_numpy(dtype=float)

    plain, mailed, left = np.ones(len(people)), np.zeros(len(people)), np.zeros(len(people))
    campaign = np.full(len(people), -1)
    for start, end in zip(marks[:, :-1].T, marks[:, 1:].T, strict=True):
        middle = (start + end) / 2
        now = _campaign(middle, starts, effect_days)
        share = np.where(now < 0, 0.0, np.where(starts[now] < span[0], running, later))
        changed = (now != campaign) & (end > start)
        alive = plain + mailed
        plain = np.where(changed, alive * (1 - share), plain)
        mailed = np.where(changed, alive * share, mailed)
        campaign = np.where(changed, now, campaign)
        acting = (begins <= middle[:, None]) & (middle[:, None] < ends)
        leaving = hazard * np.exp((log_ratio * acting).sum(axis=1))
        plain, drop_plain = _step(plain, rate, leaving, end - start)
        mailed, drop_mailed = _step(mailed, mailed_rate, leaving, end - start)
        left += drop_plain + drop_mailed
    gone = (people["alive_until"] < cutoff).to_numpy()
    return np.where(gone, 1.0, plain + mailed + left)


def true_conversion_probability(
    truth: Mapping[str, pd.DataFrame], customers: Sequence[str], *, cutoff: dt.datetime, horizon_days: int
) -> np.ndarray:
    """Return (n,) P(first purchase in [cutoff, cutoff + horizon)), given no purchase before the cutoff.

    Bayes' rule in the mixture cure model (Boag 1949): a prospect who has not bought after a time is less
    likely to be one who ever will. Raises DataError for a visitor who is unknown, was not yet seen
    or had bought before the cutoff.
    """
    people = _of(truth["visitors"], customers)
    _require((people["first_seen"] < cutoff).to_numpy(), people.index, f"was not seen before {cutoff}")
    fresh = ~(people["first_purchase"] < cutoff).to_numpy()
    _require(fresh, people.index, f"had bought before {cutoff}")
    clock, shop = _clock(truth), truth["shop"].iloc[0]
    now, later = _even(clock, cutoff, horizon_days)
    since = now - clock.even_of(people["first_seen"])
    delay = 7 * shop["conversion_delay_weeks"]
    probability = people["conversion_probability"].to_numpy()
    waiting = probability * (1 - shop["immediate_share"]) * np.exp(-since / delay)
    return waiting / (1 - probability + waiting) * -np.expm1(-(later - now) / delay)


def true_offer_effect(
    truth: Mapping[str, pd.DataFrame], customers: Sequence[str], *, cutoff: dt.datetime, horizon_days: int
) -> np.ndarray:
    """Return (n,) the expected extra spend, in dollars, of who is sent an e-mail at the cutoff.

    Extra to being sent none, within the horizon, before returns. The e-mail changes the purchase rate for
    the effect weeks while the customer is alive, and an order is worth its mean (Gamma-Gamma); other
    e-mails are left out, and tickets of orders that are yet to come. 0 for who has dropped out; nan for who
    has not consented, whom no e-mail may reach. Raises DataError as true_churn_probability does.
    """
    people = _of(truth["customers"], customers)
    _require((people["first_purchase"] < cutoff).to_numpy(), people.index, f"had not bought before {cutoff}")
    clock, shop = _clock(truth), truth["shop"].iloc[0]
    start, end = _even(clock, cutoff, horizon_days)
    span = start, min(end, start + 7.0 * shop["effect_weeks"])
    begins, ends, log_ratio = _service(truth["service"], people.index, clock, cutoff)
    marks = np.column_stack(
        [np.tile(span, (len(people), 1)), np.clip(begins, *span), np.clip(ends, *span)],
    )
    marks.sort(axis=1)
    hazard = people["dropout_hazard_per_week"].to_numpy() / 7
    alive, lived = (~(people["alive_until"] < cutoff)).to_numpy(dtype=float), np.zeros(len(people))
    for since, until in zip(marks[:, :-1].T, marks[:, 1:].T, strict=True):
        acting = (begins < until[:, None]) & (since[:, None] < ends)
        leaving = hazard * np.exp((log_ratio * acting).sum(axis=1))
        gone = -np.expm1(-leaving * (until - since))
        lived += alive * gone / leaving
        alive *= 1 - gone
    rate = people["purchase_rate_per_week"].to_numpy() / 7
    order_usd = shop["spend_order_shape"] / people["spend_rate_per_usd"].to_numpy()
    effect = rate * people["treatment_effect"].to_numpy() * lived * order_usd
    return np.where(people["consent"].to_numpy(dtype=bool), effect, np.nan)


def contact_effects(contacts: pd.DataFrame, people: pd.DataFrame, shop: Shop) -> pd.DataFrame:
    """Return the contacts with what being mailed changes for each, within the effect weeks.

    Adds effect_probability (of any purchase) and effect_purchases (their expected number), zero
    for who has dropped out. The hazard is the customer's own; running service episodes are left
    out. contacts: (contact_id, customer, timestamp, treatment, reply_probability, alive).
    """
    state = people.set_index("customer").loc[contacts["customer"]]
    rate = state["purchase_rate_per_week"].to_numpy()
    hazard = state["dropout_hazard_per_week"].to_numpy()
    effect, alive = state["treatment_effect"].to_numpy(), contacts["alive"].to_numpy()
    weeks = np.full(len(contacts), float(shop.effect_weeks))
    one = np.ones(len(contacts))
    without = sum(_step(one, rate, hazard, weeks))
    mailed = sum(_step(one, rate * (1 + effect), hazard, weeks))
    lived = -np.expm1(-hazard * weeks) / hazard
    return contacts.assign(
        effect_probability=np.where(alive, without - mailed, 0.0),
        effect_purchases=np.where(alive, rate * effect * lived, 0.0),
    )


def _campaign(time: np.ndarray, starts: np.ndarray, effect_days: float) -> np.ndarray:
    """Return the number of the campaign whose e-mails act at each time; -1 where none does."""
    latest = np.searchsorted(starts, time, side="right") - 1
    return np.where((latest >= 0) & (time < starts[latest] + effect_days), latest, -1)


def _step(share: np.ndarray, rate: np.ndarray, hazard: np.ndarray, length: np.ndarray) -> tuple:
    """Return what of `share` stays alive without a purchase over `length`, and what drops out before one."""
    total = rate + hazard
    stays = np.exp(-total * length)
    return share * stays, share * hazard / total * (1 - stays)


def _service(
    episodes: pd.DataFrame, customers: pd.Index, clock: Clock, cutoff: dt.datetime
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return starts, ends and log hazard ratios, (n, k) padded, of the episodes set in motion by then."""
    moving = (episodes["ordered_at"] < cutoff) & ~(episodes["ends"] <= cutoff) & episodes["starts"].notna()
    known = episodes[moving & episodes["customer"].isin(customers)]
    row = customers.get_indexer(known["customer"])
    column = known.groupby("customer").cumcount().to_numpy()
    shape = (len(customers), int(column.max()) + 1 if len(column) else 0)
    begins, ends, log_ratio = np.full(shape, np.inf), np.full(shape, np.inf), np.zeros(shape)
    begins[row, column] = clock.even_of(known["starts"])
    ends[row, column] = clock.even_of(known["ends"])
    log_ratio[row, column] = np.log(known["hazard_ratio"])
    return begins, ends, log_ratio


def _treated_now(
    contacts: pd.DataFrame, customers: pd.Index, cutoff: dt.datetime, effect_days: float
) -> np.ndarray:
    """Return (n,) 1 for customers in whom an e-mail sent before the cutoff still acts, else 0."""
    sent = contacts["timestamp"]
    acts = (sent < cutoff) & (sent + pd.Timedelta(days=effect_days) > cutoff) & (contacts["treatment"] == 1)
    return customers.isin(contacts.loc[acts, "customer"]).astype(float)


def _clock(truth: Mapping[str, pd.DataFrame]) -> Clock:
    """Return the clock of the shop that the truth is about."""
    shop = truth["shop"].iloc[0]
    return Clock(shop["start"].date(), shop["end"].date())


def _even(clock: Clock, cutoff: dt.datetime, horizon_days: int) -> np.ndarray:
    """Return the cutoff and the end of the horizon in days of even time."""
    day = (pd.Timestamp(cutoff) - pd.Timestamp(clock.start)) / pd.Timedelta(days=1)
    return clock.even(np.array([day, day + horizon_days]))


def _of(table: pd.DataFrame, customers: Sequence[str]) -> pd.DataFrame:
    """Return the rows of the named customers, in their order.

    Raises DataError for one who is unknown or named twice.
    """
    known = table.set_index("customer")
    names = pd.Index(customers)
    _require(names.isin(known.index), names, "is not in the truth")
    _require(~names.duplicated(), names, "is named twice")
    return known.loc[names]


def _require(holds: np.ndarray, customers: pd.Index, what: str) -> None:
    """Raise DataError naming the first customer for whom something does not hold."""
    if not holds.all():
        first = customers[np.flatnonzero(~holds)[0]]
        raise DataError(
            f"the oracle was asked about {len(customers)} customers, of whom {int((~holds).sum())} cannot be "
            f"answered: '{first}' {what}; ask about the population at the cutoff only"
        )
