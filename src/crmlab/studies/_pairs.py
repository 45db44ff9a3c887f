"""What the study of a list's outlook simulates: a shop up to a day, and the year after it, left alone or not.

Orders are drawn as if nobody ever left, so that an offer that keeps somebody changes when that one leaves and
no other stream: both worlds of a pair have the same people, orders and amounts up to there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.maths.outlook import YEAR_DAYS
from crmlab.seeds import generator
from crmlab.simulate import contacts, latent, population, purchases, service
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop

BEFORE_DAYS: Final = 728
SHOP: Final = Shop(
    start=dt.date(2022, 1, 2),
    end=dt.date(2022, 1, 1) + dt.timedelta(days=BEFORE_DAYS + int(YEAR_DAYS)),
    visitors=12_000,
)


@dataclass(frozen=True)
class World:
    """A shop's customers at the end of BEFORE_DAYS, and what they would order if nobody ever left.

    rows: the summary of their purchases as the features have it, a row per customer. owner, day, amount:
    of each order, the customer's row, the calendar day and what it is worth. leaves: (n,), the calendar day.
    """

    rows: pd.DataFrame
    owner: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    leaves: np.ndarray

    def about_to_leave(self, horizon_days: int) -> np.ndarray:
        """Return who drops out within the horizon without another order, (n,)."""
        soon = (self.leaves > BEFORE_DAYS) & (self.leaves <= BEFORE_DAYS + horizon_days)
        return soon & (self.spent(self.leaves, horizon_days) == 0)

    def is_there(self) -> np.ndarray:
        """Return who is a customer still, (n,)."""
        return self.leaves > BEFORE_DAYS

    def spent(self, leaves: np.ndarray, days: float) -> np.ndarray:
        """Return what each spends in so many days from now on, (n,). leaves: when they leave."""
        ahead = (self.day >= BEFORE_DAYS) & (self.day < BEFORE_DAYS + days) & (self.day <= leaves[self.owner])
        return np.bincount(self.owner[ahead], weights=self.amount[ahead], minlength=len(self.rows))


def drawn(seed: int) -> World:
    """Return a world: the default shop with its service, and without e-mails."""
    clock = Clock(SHOP.start, SHOP.end)
    visitors = population.draw(SHOP, clock, seed=seed)
    people = pd.concat([visitors, latent.draw(SHOP, len(visitors), seed=seed)], axis=1)
    people = people[np.isfinite(people["first_purchase"])].reset_index(drop=True)
    nobody = np.zeros((len(people), 0), dtype=bool)
    quiet = contacts.Campaigns(np.zeros(0), 7.0 * SHOP.effect_weeks, nobody, nobody)
    wanted = purchases.potential(people, quiet, clock.last, seed=seed)
    tickets = service.tickets(wanted, SHOP, clock, seed=seed)
    leaves = clock.calendar(purchases.lifetimes(people, tickets, seed=seed))
    owner, day = wanted["buyer"].to_numpy(), clock.calendar(wanted["time"].to_numpy())
    rate = people["spend_rate"].to_numpy()[owner]
    amount = generator(seed, "amounts").gamma(SHOP.spend_order_shape, 1 / rate)
    # customers are those who bought before today; the others are not there yet
    place = np.full(len(people), -1)
    own = (day < BEFORE_DAYS) & (day <= leaves[owner])
    rows = _summary(owner[own], np.floor(day[own]), amount[own])
    place[rows.index] = np.arange(len(rows))
    known = place[owner] >= 0
    return World(
        rows.reset_index(drop=True).assign(customer=people["customer"].to_numpy()[rows.index]),
        place[owner[known]],
        day[known],
        amount[known],
        leaves[rows.index],
    )


def _summary(owner: np.ndarray, day: np.ndarray, amount: np.ndarray) -> pd.DataFrame:
    """Return the columns of `features.purchases` by customer, as of the end of BEFORE_DAYS."""
    days = pd.DataFrame({"owner": owner, "day": day, "spend": amount}).groupby(["owner", "day"]).sum()
    days = days.reset_index()
    first, last = (days.groupby("owner")["day"].agg(which) for which in ("min", "max"))
    repeats = days[days["day"] > days["owner"].map(first)].groupby("owner")["spend"].agg(["size", "mean"])
    return pd.DataFrame(
        {
            "frequency": repeats["size"].reindex(first.index).fillna(0.0),
            "recency_days": last - first,
            "T_days": BEFORE_DAYS - 1 - first,
            "monetary_value": repeats["mean"].reindex(first.index),
            "days_since_last": BEFORE_DAYS - 1 - last,
            "total_spend": days.groupby("owner")["spend"].sum(),
        }
    )
