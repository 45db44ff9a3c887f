"""The oracle: answers with the truth where it is known, and nowhere else."""

from __future__ import annotations

import numpy as np

from crmlab.comparison import oracle


def test_the_oracle_answers_with_the_truth_of_each_test_row(make):
    problem = make.rolling()
    answers = oracle.oracle_answers(problem, "classification")
    tests = problem.folds[problem.folds["part"] == "test"]
    assert answers["row_id"].tolist() == tests["row_id"].tolist()
    assert answers["fold"].tolist() == tests["fold"].tolist()
    np.testing.assert_array_equal(answers["score"], problem.solution["truth"].to_numpy()[tests["row_id"]])


def test_there_is_no_oracle_without_truth(make):
    assert oracle.oracle_answers(make.rolling(truth=False), "classification") is None
    assert oracle.oracle_answers(make.resampled(), "classification") is None


def test_the_oracle_of_a_clustering_answers_with_the_true_segments(make):
    problem = make.rolling()
    problem.solution["truth"] = np.where(problem.rows["visits"] > 3, "loyal", "casual")
    answers = oracle.oracle_answers(problem, "clustering")
    expected = (problem.rows["visits"] > 3).to_numpy()[answers["row_id"]]
    assert list(answers) == ["fold", "row_id", "segment"]
    np.testing.assert_array_equal(answers["segment"], expected.astype(int))


def test_the_oracles_key_is_the_problems():
    assert oracle.oracle_key("a") == oracle.oracle_key("a")
    assert oracle.oracle_key("a") != oracle.oracle_key("b")
