"""Problems on demand: posed when they are missing, and again when what makes them has changed."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from crmlab import own_data, posing, registry, store
from crmlab.errors import UsageError
from crmlab.seeds import generator


@pytest.fixture
def shop(project: Path) -> Path:
    """A project with the real params.yaml, and a user's CSV of orders."""
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    return project


def orders(path: Path, *, seed: int) -> Path:
    """Write 400 orders of 60 customers over 300 days."""
    rng = generator(seed, "orders")
    lines = ["customer,timestamp,amount"]
    for day in sorted(rng.integers(0, 300, 400)):
        when = dt.date(2024, 1, 1) + dt.timedelta(days=int(day))
        lines.append(f"c{rng.integers(60):02d},{when.isoformat()},{rng.gamma(2, 20):.2f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_own_orders_are_posed_once_and_again_when_they_change(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1))
    assert not posing.is_posed("churn", "mine")
    first = posing.posed("churn", "mine")
    assert posing.is_posed("churn", "mine")
    own_data.from_csv("mine", orders(shop / "newer.csv", seed=2))
    assert not posing.is_posed("churn", "mine")
    assert posing.posed("churn", "mine").facts["digest"] != first.facts["digest"]


def test_facts_without_frames_are_no_problem_yet(shop):
    own_data.from_csv("mine", orders(shop / "orders.csv", seed=1))
    posing.posed("churn", "mine")
    shutil.rmtree(store.problem_folder("churn", "mine"))
    assert not posing.is_posed("churn", "mine")


def test_an_unknown_problem_has_a_hint(shop):
    with pytest.raises(UsageError, match=r"churn has no problem 'demo_shp'\. Did you mean 'demo_shop'"):
        posing.posed("churn", "demo_shp")
