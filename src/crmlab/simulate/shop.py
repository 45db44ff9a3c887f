"""The simulated shop: draw a population, let it browse, buy, write, renew and leave."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from crmlab.errors import UsageError
from crmlab.seeds import generator, seed_of
from crmlab.simulate import (
    baskets,
    browsing,
    contacts,
    latent,
    membership,
    population,
    purchases,
    service,
)
from crmlab.simulate import (
    products as assortment,
)
from crmlab.simulate.beyond import deliveries, looks
from crmlab.simulate.beyond import tables as beyond_orders
from crmlab.simulate.beyond.knobs import OFF, Beyond
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import contact_effects

DEFAULT = Shop()


@dataclass(frozen=True)
class Simulated:
    """A shop's canonical tables, and the truth behind them, which no method may see."""

    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


def simulate(config: Shop = DEFAULT, *, beyond: Beyond = OFF, seed: int) -> Simulated:
    """Return one simulated shop: the same config and seed give the same bytes.

    Tables: transactions, customers (all visitors), products, sessions, contacts, tickets, memberships, and
    assortment, consents, events, fulfilment, reviews, with the columns of docs/architecture.md and money in
    US dollars. beyond: what the last five are like; as long as they cause nothing, the others are the same
    bytes. Truth: see docs/demo_shop.md. Raises UsageError where a knob makes no sense (from
    Shop) or nobody buys.
    """
    clock = Clock(config.start, config.end)
    visitors = population.draw(config, clock, seed=seed)
    buyers = _buyers(visitors, config, seed=seed)
    if buyers.empty:
        raise UsageError(
            f"none of {config.visitors} visitors bought by {config.end} (seed {seed}): "
            "raise Shop(visitors=...) or Shop(conversion_share=...)"
        )
    campaigns = contacts.plan(buyers, config, clock, seed=seed)
    wanted = purchases.potential(buyers, campaigns, clock.last, seed=seed)
    tickets = service.tickets(wanted, config, clock, seed=seed)
    parcels = deliveries.potential(wanted, tickets, beyond, clock, seed=seed)
    acting = deliveries.acting(tickets, parcels, beyond, clock)
    buyers = buyers.assign(leaves=purchases.lifetimes(buyers, acting, seed=seed))
    stays = wanted["time"].to_numpy() <= buyers["leaves"].to_numpy()[wanted["buyer"]]
    tickets, acting = (t[stays[t["order"]]].reset_index(drop=True) for t in (tickets, acting))
    orders = _orders(wanted[stays], buyers, config, clock, seed=seed)
    products = assortment.draw(config, seed=seed)
    bundles, sequences = assortment.affinities(products, config, seed=seed)
    known = orders[orders["buyer"] >= 0]
    sessions = browsing.table(visitors, buyers, known, config, clock, seed=seed)
    seen = looks.seen(sessions, products, beyond, seed=seed)
    chosen = baskets.lines(orders, products, bundles, sequences, config, seed=seed)
    chosen = looks.pulled(chosen, orders, sessions, seen, products, beyond, seed=seed)
    leaves = np.full(len(visitors), np.inf)
    leaves[buyers["visitor"]] = buyers["leaves"]
    mails, mails_truth = contacts.table(campaigns, buyers, config, clock, seed=seed)
    members, members_truth = membership.table(buyers, config, clock, seed=seed)
    static = ["customer", "source", "region", "channel", "birthday", "consent", "community"]
    tables = {
        "transactions": baskets.table(chosen, orders, products, config, clock, seed=seed),
        "customers": visitors[static].assign(
            referred_by=pd.Series(population.referrers(visitors, leaves, seed=seed), dtype="str")
        ),
        "products": products[["product", "category", "description", "unit_cost", "unit_price"]],
        "sessions": sessions,
        "contacts": mails,
        "tickets": service.table(tickets, buyers, clock),
        "memberships": members,
    }
    parcels = parcels[stays].reset_index(drop=True)
    tables |= beyond_orders.draw(tables, known, parcels, seen, beyond, clock, seed=seed)
    people = _people(buyers, clock)
    truth = {
        "shop": pd.DataFrame([asdict(config)]).astype({"start": "datetime64[us]", "end": "datetime64[us]"}),
        "customers": people,
        "visitors": _prospects(visitors, clock),
        "campaigns": pd.DataFrame({"timestamp": clock.stamp(campaigns.starts)}),
        "contacts": contact_effects(mails_truth, people, config),
        "service": _episodes(acting, wanted, buyers, clock),
        "memberships": members_truth,
        "bundles": _pairs(bundles, products, config.bundle_probability),
        "sequences": _pairs(sequences, products, config.sequence_probability),
    }
    return Simulated(tables, truth)


def _buyers(visitors: pd.DataFrame, config: Shop, *, seed: int) -> pd.DataFrame:
    """Return those who buy within the span, with `visitor` (their row) and their latent state."""
    state = latent.draw(config, len(visitors), seed=seed)
    everyone = pd.concat([visitors, state], axis=1).assign(visitor=np.arange(len(visitors)))
    return everyone[np.isfinite(everyone["first_purchase"])].reset_index(drop=True)


def _orders(
    placed: pd.DataFrame, buyers: pd.DataFrame, config: Shop, clock: Clock, *, seed: int
) -> pd.DataFrame:
    """Return all orders, guests' last, with ids in order of time."""
    rng = generator(seed, "guests")
    count = rng.poisson(len(placed) * config.guest_share / (1 - config.guest_share))
    guests = latent.draw(config, count, seed=seed_of(seed, "guests"))[["type", "spend_rate"]]
    guests = guests.assign(buyer=-1, visitor=-1, customer=None, time=np.sort(clock.last * rng.random(count)))
    usual = rng.choice(list(population.CHANNELS), count)
    known = buyers.loc[placed["buyer"], ["type", "spend_rate", "visitor", "customer"]]
    known = known.assign(buyer=placed["buyer"].to_numpy(), time=placed["time"].to_numpy())
    orders = pd.concat([known.astype({"customer": object}), guests], ignore_index=True)
    usual = np.concatenate([buyers["channel"].to_numpy()[placed["buyer"]], usual])
    rank = orders["time"].rank(method="first").astype(int)
    return orders.assign(order_id=[f"O{i:06d}" for i in rank], channel=browsing.channels(usual, rng))


def _people(buyers: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Return the truth about everyone who ever bought."""
    return pd.DataFrame(
        {
            "customer": buyers["customer"],
            "type": np.array(latent.NAMES)[buyers["type"]],
            "first_purchase": clock.stamp(buyers["first_purchase"].to_numpy()),
            "alive_until": clock.stamp(buyers["leaves"].to_numpy()),
            "purchase_rate_per_week": buyers["rate_per_week"],
            "dropout_hazard_per_week": buyers["hazard_per_week"],
            "spend_rate_per_usd": buyers["spend_rate"],
            "treatment_effect": buyers["effect"],
            "consent": buyers["consent"],
        }
    )


def _prospects(visitors: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Return the truth about every visitor's way to the first purchase."""
    return pd.DataFrame(
        {
            "customer": visitors["customer"],
            "first_seen": clock.stamp(visitors["arrived"].to_numpy()),
            "first_purchase": clock.stamp(visitors["first_purchase"].to_numpy()),
            "intent": visitors["intent"],
            "conversion_probability": visitors["conversion_probability"],
        }
    )


def _episodes(
    tickets: pd.DataFrame, wanted: pd.DataFrame, buyers: pd.DataFrame, clock: Clock
) -> pd.DataFrame:
    """Return the episodes in which service changes the hazard, also those that a dropout forestalled."""
    acting = tickets[tickets["ratio"] != 1]
    return pd.DataFrame(
        {
            "customer": buyers["customer"].to_numpy()[acting["buyer"]],
            "ordered_at": clock.stamp(wanted["time"].to_numpy()[acting["order"]]),
            "starts": clock.stamp(acting["starts"].to_numpy()),
            "ends": clock.stamp(acting["ends"].to_numpy()),
            "hazard_ratio": acting["ratio"].to_numpy(),
        }
    )


def _pairs(pairs: pd.DataFrame, products: pd.DataFrame, probability: float) -> pd.DataFrame:
    """Return planted pairs by the names of their products."""
    name = products["product"].to_numpy()
    return pd.DataFrame(
        {
            "trigger": name[pairs["trigger"]],
            "companion": name[pairs["companion"]],
            "probability": probability,
        }
    )
