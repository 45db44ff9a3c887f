"""Whom to keep of the simulated shop: by its truth few of them are gone, and few of the living missed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pandas as pd
import pytest

from crmlab import actions, params, registry, store
from crmlab.actions import keep
from crmlab.comparison.compare import compare
from crmlab.data.tables import make_tables
from crmlab.problems.on_demand import posed

DAYS = ("2024-10-01", "2024-07-01", "2024-04-01")


@pytest.fixture(scope="module")
def judged(make, tmp_path_factory):
    """Yield a comparison of a short roster on the simulated shop, and the settings."""
    with make.in_project(tmp_path_factory.mktemp("kept")) as project:
        shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
        make_tables("demo_shop")
        posed("churn", "demo_shop")
        settings = params.load()
        part = settings.task("churn")
        short = {
            "classification": {"hiatus": {}, "lightgbm": {"n_estimators": 100}},
            "lifetime": {"pareto_nbd": {}},
        }
        problem = {**part.problems["demo_shop"], "without": [], "overrides": {}}
        part = replace(part, methods=short, problems={"demo_shop": problem}, refits=0)
        settings = replace(settings, tasks={**settings.tasks, "churn": part}, replicates=100)
        yield compare("churn", "demo_shop", settings=settings), settings


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_of_the_kept_few_have_gone_and_many_of_the_living_are_kept(judged, day):
    comparison, settings = judged
    listed = keep.make(actions.as_of(comparison, day, settings=settings)).table.set_index("customer")
    truth = pd.read_parquet(store.truth_folder("demo_shop") / "customers.parquet").set_index("customer")
    until = truth.loc[listed.index, "alive_until"]
    is_there = until.isna() | (until >= pd.Timestamp(day) + pd.Timedelta(days=1))
    kept = listed["p_alive"] >= 0.6
    assert (~is_there[kept]).mean() <= 0.25
    assert kept[is_there].mean() >= 0.4
    # nobody else would be contacted
    assert kept[listed["contact"].isin(["contact", "held out"])].all()
