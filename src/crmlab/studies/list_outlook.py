"""List outlook: how often the 90 % prediction intervals of a list hold what happens in pairs of worlds.

Each pair is one simulated shop, with the same streams twice: those whom the list names are left alone, or are
made the offer, which a share (that the list takes for known) of those about to leave accepts, and who then
stay for the year. Asked is which share of the named buys nothing in the horizon and what margin they bring
in the year, both left alone, and what the offer changes of that margin less its costs. Service changes when
the simulated customers leave, which no model here knows; there are no seasons of buying and no drift.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.actions import keep
from crmlab.declare.prices import Prices
from crmlab.explain.forecast import forecast_of
from crmlab.explain.standing import standing_by
from crmlab.maths.outlook import YEAR_DAYS
from crmlab.methods.lifetime.pareto_nbd import ParetoNBD
from crmlab.seeds import generator
from crmlab.studies import AT_LEAST, Claim
from crmlab.studies._pairs import World, drawn

WORLDS = 200
DEFAULT_TIER = 1
HORIZON_DAYS, LEVEL = 91, 0.9
PRICES = {
    "margin_share": 0.3,
    "customer_value": 200.0,
    "incentive_cost": 1.0,
    "contact_cost": 0.1,
    "accept_alpha": 6.0,
    "accept_beta": 14.0,
    "budget_per_1000": 1000.0,
}
_WORDS = {
    "silent": "the share that buys nothing in the horizon",
    "value": "the margin of a year",
    "profit": "what the offer earns",
}
CLAIMS = {
    **{f"{n}_covers": Claim(f"the interval holds {t}", AT_LEAST, 0.85) for n, t in _WORDS.items()},
    **{f"{n}_misses": Claim(f"the interval does not hold {t}", AT_LEAST, 0.05) for n, t in _WORDS.items()},
}


def run_world(seed: int) -> dict[str, Any]:
    """Return whether each interval holds what happens, with its ends, and how many are named."""
    world, prices = drawn(seed), Prices(PRICES)
    model = ParetoNBD().fit(world.rows)
    silent = model.p_zero(world.rows, HORIZON_DAYS)
    standing = standing_by(model, "Pareto/NBD", world.rows, silent, HORIZON_DAYS)
    forecast = forecast_of(world.rows, margin_share=prices["margin_share"], seed=seed)
    table = keep.decided(silent, silent, world.rows, prices, standing, value=forecast.staying)
    named = (table["contact"] == "contact").to_numpy()
    outlook = keep.outlook_of(forecast, named, prices, HORIZON_DAYS)
    found: dict[str, Any] = {"named": int(named.sum())}
    for name, truth in _happened(world, named, prices, seed).items():
        lower, upper = outlook.ends(name, LEVEL)
        covers = bool(lower <= truth <= upper)
        found |= {f"{name}_covers": covers, f"{name}_misses": not covers}
        found |= {name: truth, f"{name}_lower": lower, f"{name}_upper": upper}
    return found


def _happened(world: World, named: np.ndarray, prices: Prices, seed: int) -> dict[str, float]:
    """Return what the named do left alone, and what the offer earns: the second world less the first."""
    leaving = world.about_to_leave(HORIZON_DAYS)
    accepts = leaving & (generator(seed, "accepts").random(len(leaving)) < prices.accept_rate)
    kept_until = np.where(accepts, np.inf, world.leaves)
    alone, asked = (
        prices["margin_share"] * world.spent(leaves, YEAR_DAYS)[named].sum()
        for leaves in (world.leaves, kept_until)
    )
    takers = accepts | (world.is_there() & ~leaving)
    cost = prices["incentive_cost"] * takers[named].sum() + prices["contact_cost"] * named.sum()
    return {
        "silent": float((world.spent(world.leaves, HORIZON_DAYS) == 0)[named].mean()),
        "value": float(alone),
        "profit": float(asked - alone - cost),
    }
