"""The oracle of recommendation: the best lists of a simulated shop, and none where the truth is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.comparison import oracle_lists
from crmlab.comparison.harness import answer_folds
from crmlab.comparison.run import Run
from crmlab.datasets.demo_shop import SEED
from crmlab.kinds import Fitting
from crmlab.params import Entry
from crmlab.problems.pose import pose
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate

SPEC = {
    "dataset": "demo_shop",
    "protocol": "next_basket",
    "by": "product",
    "horizon_days": 60,
    "test_cutoffs": ["2024-08-01", "2024-10-01"],
}


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """Return cross_sell on a small shop that stands where the demo shop does."""
    folder = tmp_path_factory.mktemp("project")
    (folder / store.PARAMS).write_text("seed: 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        made = simulate(Shop(visitors=6000), seed=SEED)
        from crmlab.data import tables as writing
        from crmlab.datasets import demo_shop

        patch.setattr(demo_shop, "tables", lambda raw: made.tables)
        patch.setattr(demo_shop, "truth", lambda raw: made.truth)
        writing.make_tables("demo_shop")
        yield pose("cross_sell", "demo_shop", SPEC, seed=1)


def recall(problem, answers) -> float:
    """Return the recall at 10."""
    metric = registry.metric("recall_10")
    return metric(problem.solution, answers, problem.rows, np.ones((1, len(answers))))[0]


def test_the_oracle_finds_more_than_any_method(problem):
    answers = oracle_lists.true_lists(problem, ["recommendation"])
    tests = problem.folds[problem.folds["part"] == "test"]
    pd.testing.assert_frame_equal(
        answers[["fold", "row_id"]], tests[["fold", "row_id"]].reset_index(drop=True)
    )
    best = recall(problem, answers)
    for name in ("popularity", "personal_frequency", "markov", "ease"):
        given = registry.method_parameters(f"recommendation/{name}", {})
        found = answer_folds(problem, f"recommendation/{name}", given, Fitting(1)).answers
        assert best > recall(problem, found) + 0.01, name


def test_scores_are_probabilities_in_order(problem):
    answers = oracle_lists.true_lists(problem, ["recommendation"])
    scores = answers[[f"score_{rank}" for rank in range(1, 21)]].to_numpy()
    assert (np.diff(scores, axis=1) <= 0).all()
    assert (scores > 0).all()
    assert (scores < 1).all()


def test_the_run_is_a_control_whose_key_is_the_problems(problem):
    roster = [Entry("recommendation/popularity", {})]
    (found,) = oracle_lists.runs(problem, roster, Run)
    assert found.method == "recommendation/oracle"
    assert found.control == "oracle"
    assert found.key == oracle_lists.key(problem.facts["digest"]) != oracle_lists.key("another")


def test_there_is_none_for_other_kinds_other_items_and_real_shops(problem):
    assert oracle_lists.true_lists(problem, ["classification"]) is None
    spec = {**problem.spec, "by": "category"}
    other = type(problem)(**{**vars(problem), "spec": spec})
    assert oracle_lists.true_lists(other, ["recommendation"]) is None
    real = type(problem)(**{**vars(problem), "facts": {**problem.facts, "dataset": "cdnow"}})
    assert oracle_lists.true_lists(real, ["recommendation"]) is None
