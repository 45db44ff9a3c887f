"""Service: a slow answer raises the dropout hazard by the planted ratio, a good one lowers it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import _clock
from crmlab.simulate.shop import simulate

PLANTED = {"slow": 3.0, "recovery": 0.5}


@pytest.fixture(scope="module")
def busy():
    """Return a shop in which half of the orders lead to a ticket, for more power."""
    return simulate(Shop(visitors=30_000, ticket_share=0.5), seed=11)


@pytest.mark.parametrize("kind", PLANTED)
def test_the_hazard_ratio_comes_back(busy, kind):
    """Dropouts over those expected at the own hazard, after first tickets and up to the second."""
    tickets, clock = busy.tables["tickets"].copy(), _clock(busy.truth)
    tickets["next"] = tickets.groupby("customer")["timestamp"].shift(-1)
    first = tickets.drop_duplicates("customer").dropna(subset=["first_response_at", "resolved_at"])
    slow = first["first_response_at"] - first["timestamp"] > pd.Timedelta(hours=24)
    if kind == "slow":
        chosen, begins = first[slow], (first["timestamp"] + pd.Timedelta(hours=24))[slow]
    else:
        pleased = ~slow & (first["satisfaction"] >= 4)
        chosen, begins = first[pleased], first.loc[pleased, "resolved_at"]
    truth = busy.truth["customers"].set_index("customer").loc[chosen["customer"]]
    start = clock.even_of(begins)
    leaves = clock.even_of(truth["alive_until"])
    stop = np.minimum.reduce(
        [start + 84, leaves, clock.even_of(chosen["next"]), np.full(len(start), clock.last)]
    )
    at_risk = np.maximum(stop - start, 0)
    expected = (truth["dropout_hazard_per_week"].to_numpy() / 7 * at_risk).sum()
    dropouts = int(((leaves > start) & (leaves <= stop)).sum())
    # exact Poisson interval for the ratio (Garwood 1936)
    low, high = stats.chi2.ppf(0.0005, 2 * dropouts) / 2, stats.chi2.ppf(0.9995, 2 * dropouts + 2) / 2
    assert dropouts > 50
    assert low / expected <= PLANTED[kind] <= high / expected
    assert not low / expected <= 1 <= high / expected


def test_tickets_come_from_orders_and_before_leaving(shop, orders):
    tickets = shop.tables["tickets"]
    truth = shop.truth["customers"].set_index("customer")
    assert len(tickets) > 800
    assert (tickets["timestamp"] > tickets["customer"].map(truth["first_purchase"])).all()
    alive_until = tickets["customer"].map(truth["alive_until"]).fillna(pd.Timestamp("2262-01-01"))
    assert (tickets["timestamp"] <= alive_until).all()
    assert tickets["satisfaction"].notna().equals(tickets["resolved_at"].notna())


def test_the_ticket_share_follows_its_knob(shop):
    none = simulate(Shop(visitors=1_000, ticket_share=0), seed=1)
    assert len(none.tables["tickets"]) == len(none.truth["service"]) == 0
