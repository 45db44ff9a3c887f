"""The simulated shops that several tests look at."""

import pandas as pd
import pytest

from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import Simulated, simulate


@pytest.fixture(scope="session")
def shop() -> Simulated:
    """Return the shop with the default knobs."""
    return simulate(seed=7)


@pytest.fixture(scope="session")
def plain() -> Simulated:
    """Return a shop in which neither e-mails nor service change anything: Pareto/NBD and nothing else."""
    return simulate(Shop(effect_strength=0, slow_hazard_ratio=1, recovery_hazard_ratio=1), seed=8)


@pytest.fixture(scope="session")
def orders(shop: Simulated) -> pd.DataFrame:
    """Return the purchases of known customers in the default shop, one row per order."""
    lines = shop.tables["transactions"]
    known = lines[~lines["is_cancellation"] & ~lines["is_anonymous"]]
    return known.drop_duplicates("order_id")[["order_id", "customer", "timestamp", "channel"]]
