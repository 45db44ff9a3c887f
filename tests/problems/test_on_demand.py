"""Problems on demand: posed when they are missing, and again when what makes them has changed."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from crmlab import registry, store
from crmlab.data import own_data
from crmlab.errors import UsageError
from crmlab.problems import on_demand
from crmlab.problems.pose import pose
from crmlab.seeds import generator


@pytest.fixture
def shop(project: Path) -> Path:
    """A project with the real params.yaml, and a user's CSV of orders."""
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    return project


def orders(path: Path, *, seed: int, products: bool = False) -> Path:
    """Write 400 orders of 60 customers over 300 days."""
    rng = generator(seed, "orders")
    lines = ["customer,timestamp,amount" + (",product" if products else "")]
    for day in sorted(rng.integers(0, 300, 400)):
        when = dt.date(2024, 1, 1) + dt.timedelta(days=int(day))
        lines.append(f"c{rng.integers(60):02d},{when.isoformat()},{rng.gamma(2, 20):.2f}")
        lines[-1] += f",p{day % 12}" if products else ""
    path.write_text("\n".join(lines) + "\n")
    return path


def test_own_orders_are_posed_once_and_again_when_they_change(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1))
    assert not on_demand.is_posed("churn", "mine")
    first = on_demand.posed("churn", "mine")
    assert on_demand.is_posed("churn", "mine")
    own_data.from_csv("mine", orders(shop / "newer.csv", seed=2))
    assert not on_demand.is_posed("churn", "mine")
    assert on_demand.posed("churn", "mine").facts["digest"] != first.facts["digest"]


def test_own_baskets_are_posed_by_the_first_one_after_the_last_month(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1, products=True))
    assert not on_demand.is_posed("cross_sell", "mine")
    made = on_demand.posed("cross_sell", "mine")
    assert on_demand.is_posed("cross_sell", "mine")
    assert made.spec == {
        "dataset": "mine",
        "protocol": "next_basket",
        "by": "product",
        "horizon_days": 30,
        "test_cutoffs": [made.facts["folds"][0]["cutoff"]],
    }
    assert 0 < made.facts["base_rate"] < 1
    assert (made.history["at"] < made.facts["folds"][0]["cutoff"]).all()


def test_orders_without_products_have_no_baskets(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1))
    with pytest.raises(UsageError, match="no known customer bought a known product"):
        on_demand.posed("cross_sell", "mine")


def test_a_protocol_of_another_question_is_refused(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1, products=True))
    rolling = {"dataset": "mine", "protocol": "rolling", "horizon_days": 30, "test_cutoffs": ["2024-08-01"]}
    with pytest.raises(UsageError, match="'rolling' does not fit the task 'cross_sell'"):
        pose("cross_sell", "mine", rolling, seed=1)
    with pytest.raises(UsageError, match="'last_basket' does not fit the task 'churn'"):
        pose("churn", "mine", {"dataset": "mine", "protocol": "last_basket"}, seed=1)


def test_facts_without_frames_are_no_problem_yet(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1))
    on_demand.posed("churn", "mine")
    shutil.rmtree(store.problem_folder("churn", "mine"))
    assert not on_demand.is_posed("churn", "mine")


def test_an_unknown_problem_has_a_hint(shop):
    with pytest.raises(UsageError, match=r"churn has no problem 'demo_shp'\. Did you mean 'demo_shop'"):
        on_demand.posed("churn", "demo_shp")
