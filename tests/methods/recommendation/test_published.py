"""Next baskets of completejourney by product type against recomputed values."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.comparison.harness import answer_folds
from crmlab.data import fetch, tables
from crmlab.kinds import Fitting
from crmlab.maths.next_basket.texts import EXPLORE, REPEAT
from crmlab.metrics import _lists
from crmlab.problems.pose import pose

pytestmark = pytest.mark.data
MIRROR = os.environ.get("CRMLAB_MIRROR")
REPOSITORY = Path(__file__).parents[3]
SPEC = {"dataset": "completejourney", "protocol": "last_basket", "by": "category", "fewest_baskets": 3}
NEAR = 0.004
"""By so much the values may differ by whose baskets are few, and by which items are rare."""


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """The last baskets of the 2,403 households with at least three."""
    mirror = (REPOSITORY / (MIRROR or "")).resolve()
    if not (MIRROR and (mirror / "completejourney").is_dir()):
        pytest.skip("no mirror of completejourney: set CRMLAB_MIRROR")
    folder = tmp_path_factory.mktemp("project")
    (folder / store.PARAMS).write_text("seed: 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CRMLAB_MIRROR", str(mirror))
        patch.delenv("DVC_ROOT", raising=False)
        fetch.fetch("completejourney")
        tables.make_tables("completejourney")
        yield pose("cross_sell", "completejourney", SPEC, seed=1)


def measured(problem, method: str, metric: str, **given) -> float:
    """Return a metric of a method on the problem."""
    name = f"recommendation/{method}"
    answers = answer_folds(problem, name, registry.method_parameters(name, given), Fitting(1)).answers
    return registry.metric(metric)(problem.solution, answers, problem.rows, np.ones((1, len(answers))))[0]


def test_the_problem_is_the_published_one(problem):
    assert len(problem.rows) == 2_403
    share = _lists.part_share(problem.solution, np.ones((1, len(problem.rows))), REPEAT)[0]
    assert share == pytest.approx(0.626, abs=NEAR)
    assert problem.facts["windows"][0]["unseen_items"] < 10


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        ("popularity", {}, 0.132),
        ("last_basket", {}, 0.148),
        ("personal_frequency", {}, 0.2096),
        ("personal_decay", {"decay": 0.95}, 0.212),
        ("up_cf", {"asymmetry": 0.75, "locality": 10.0}, 0.210),
        ("tifu_knn", {"neighbours": 300, "within": 0.9, "between": 0.6, "own": 0.2, "groups": 3}, 0.211),
        ("tifu_knn", {"neighbours": 100, "within": 0.9, "between": 0.7, "own": 0.8, "groups": 7}, 0.216),
        ("item_knn", {}, 0.097),
        ("ease", {"ridge": 200.0}, 0.113),
        ("ease", {"ridge": 200.0, "offers": "new"}, 0.024),
    ],
)
def test_recall_at_10(problem, method, given, expected):
    assert measured(problem, method, "recall_10", **given) == pytest.approx(expected, abs=NEAR)


def test_ndcg_at_10_by_its_ideal(problem):
    assert measured(problem, "personal_frequency", "ndcg_10") == pytest.approx(0.251, abs=NEAR)


def test_a_method_of_new_items_finds_no_repeat(problem):
    assert measured(problem, "ease", "recall_repeat_10", offers="new") == 0
    # of each customer who bought something new, on average
    name = "recommendation/ease"
    given = registry.method_parameters(name, {"offers": "new"})
    answers = answer_folds(problem, name, given, Fitting(1)).answers
    marks, size = _lists.hits(problem.solution, answers, 10, EXPLORE)
    new = _lists.shares(problem.solution, EXPLORE) * size
    found = pd.Series(marks.sum(axis=1) / np.where(new > 0, new, np.nan)).mean()
    assert found == pytest.approx(0.067, abs=NEAR)
