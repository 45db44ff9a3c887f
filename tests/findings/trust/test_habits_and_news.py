"""What is found of habits and of what is new: parts that add up, and what is undefined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from baskets import LAST, ROLLING, drawn_categories, drawn_lines, problem_on, tables_of

from crmlab import params
from crmlab.comparison.compare import compare
from crmlab.findings.trust import habits_and_news
from crmlab.problems import files

METHODS = {"recommendation": {"popularity": {}, "personal_frequency": {}, "repeat_aware": {}}}


def compared(make, folder, problem):
    """Return the comparison of three methods on a problem."""
    task = params.Task(
        "cross_sell", ("recall_10", "recall_explore_10"), "recall_10", {}, 0, METHODS, {"small": {}}
    )
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), {"cross_sell": task})
    with make.in_project(folder):
        files.save(problem)
        return compare("cross_sell", "small", settings=settings)


@pytest.fixture(scope="module")
def comparison(make, tmp_path_factory):
    """Two windows of a drawn shop."""
    spec = ROLLING | {"horizon_days": 20, "test_cutoffs": ["2024-03-01", "2024-04-01"]}
    problem = problem_on(tables_of(drawn_lines(), categories=drawn_categories()), spec)
    return compared(make, tmp_path_factory.mktemp("habits"), problem)


def test_it_keeps_the_contract(comparison, keeps_contract):
    keeps_contract(habits_and_news.find(comparison))


def test_the_parts_add_up_to_the_recall_of_the_board(comparison):
    found = habits_and_news.find(comparison)
    every = found.of_band("all").groupby("method")
    board = comparison.of_metric("recall_10").set_index("method")["value"]
    pd.testing.assert_series_equal(every["found"].sum(), board.sort_index(), check_names=False, rtol=1e-12)
    np.testing.assert_allclose(every["share"].sum(), 1, atol=1e-12)
    defined = found.table.dropna()
    np.testing.assert_allclose(defined["recall"] * defined["share"], defined["found"], atol=1e-12)
    counts = found.table[found.table["band"] != "all"].drop_duplicates(["method", "band"])
    whole = found.of_band("all").drop_duplicates("method").set_index("method")["customers"]
    assert counts.groupby("method")["customers"].sum().to_dict() == whole.to_dict()


def test_in_a_world_of_repeats_the_recall_of_new_items_is_undefined_and_said_so(make, tmp_path):
    lines = [
        (f"o{n}-{day}", f"k{n:02d}", f"2024-01-{day + 1:02d}", f"p{n % 7}{i}", 1)
        for n in range(30)
        for day in range(3)
        for i in range(2)
    ]
    found = habits_and_news.find(compared(make, tmp_path, problem_on(tables_of(lines), LAST)))
    assert found.of_band("all")["recall"].isna().sum() == 6
    assert (found.head()["Recall, new"] == "undefined").all()
    assert any("of what was new its recall is undefined" in s for s in found.sentences)
    assert found.sentences[-1] == "Nobody bought anything new: what methods would find of it is undefined."
    assert found.sentences[0].endswith("is 100.0% bought before.")
