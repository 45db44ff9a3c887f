"""Rules: the planted ones come back, their text says what the tree does, fidelity is out of sample."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.segments.rules import rules


def test_a_planted_rule_comes_back_short_and_faithful(segmented):
    spend = np.concatenate([np.linspace(1, 99, 100), np.linspace(101, 400, 100)])
    table = rules(segmented(100, 100, total_spend=spend, days_since_last=np.tile([5.0, 80.0], 100)))
    assert table["rule"].tolist() == ["total_spend > 100", "total_spend <= 100"]
    assert (table["fidelity"] > 0.97).all()
    assert (table["fidelity_lower"] < table["fidelity"]).all()


def test_the_text_gives_back_what_it_says(segmented):
    assigned = segmented(80, 90, 100)
    rng = np.random.default_rng(3)
    noisy = np.where(rng.random(270) < 0.1, rng.integers(0, 3, 270), assigned.labels)
    assigned.answers["segment"] = noisy
    table = rules(assigned).set_index("segment")
    given = pd.Series(-1, index=assigned.rows.index)
    for segment, rule in table["rule"].items():
        meets = assigned.rows.eval(rule)
        assert (given[meets] == -1).all(), "two rules give one customer"
        given[meets] = segment
    assert (given >= 0).all(), "no rule gives a customer"
    assert np.mean(given == noisy) == pytest.approx(table["fidelity"].iloc[0], abs=0.03)


def test_segments_without_structure_have_the_fidelity_of_guessing(segmented):
    labels = np.random.default_rng(1).integers(0, 2, 600)
    table = rules(segmented(300, 300, labels=labels))
    # in sample, eight leaves would reach well over one half
    assert table["fidelity_lower"].iloc[0] < 0.5 < table["fidelity_upper"].iloc[0] + 0.02
    assert table["fidelity"].iloc[0] < 0.56


def test_precision_and_recall_are_each_segments_own(segmented):
    # 30 of segment 0 lie among segment 1, where no rule can find them
    spend = np.concatenate([np.full(100, 10.0), np.full(100, 500.0)])
    labels = np.concatenate([np.repeat([0, 1], [30, 70]), np.zeros(100)]).astype(int)
    table = rules(segmented(100, 100, total_spend=spend, days_since_last=1.0, frequency=1.0, labels=labels))
    assert table["precision"].tolist() == [1.0, 0.7]
    assert table["recall"].tolist() == [pytest.approx(100 / 130), 1.0]


def test_unknown_values_are_said(segmented):
    order = np.concatenate([np.full(60, np.nan), np.full(60, 20.0), np.full(60, 90.0)])
    labels = np.repeat([1, 1, 0], 60)
    changed = {"total_spend": order, "days_since_last": 1.0, "frequency": 1.0}
    table = rules(segmented(60, 60, 60, labels=labels, **changed))
    assert re.fullmatch(r"total_spend > \d+", table["rule"][0])
    assert re.fullmatch(r"\(total_spend <= \d+ or unknown\)", table["rule"][1])


def test_a_rule_of_few_customers_would_describe_them(segmented):
    table = rules(segmented(4, 60, 80))
    assert table["suppressed"].tolist() == [False, True, True]
    assert table["rule"].tolist()[1:] == ["", ""]


def test_one_segment_is_everyone(segmented):
    [found] = rules(segmented(50)).to_dict("records")
    assert (found["rule"], found["fidelity"], found["recall"]) == ("everyone", 1.0, 1.0)


def test_without_a_clustered_column_there_is_no_rule(segmented):
    assigned = segmented(30, 30)
    for column in ("total_spend", "days_since_last", "frequency"):
        del assigned.rows[column]
    with pytest.raises(NotApplicable, match="no column was clustered"):
        rules(assigned)
