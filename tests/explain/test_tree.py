"""Rules: learned from train rows alone, judged on test rows, and said where they do not hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crmlab.explain.conditions import holding
from crmlab.explain.tree import SHARE, grown, rules


def test_the_planted_rule_comes_back(window):
    table = rules(window)
    best = table.iloc[0]
    assert "pages >= 8" in best["rule"] or "seconds >= " in best["rule"]
    assert "channel = app" in best["rule"]
    assert best["lift_lower"] > 1.3
    assert table["precision"].is_monotonic_decreasing
    assert (table["train_n"] >= SHARE * len(window.train)).all()


def test_every_train_row_meets_one_rule(window):
    held = np.array([holding(c, window.train) for c in rules(window)["conditions"]])
    assert (held.sum(axis=0) == 1).all()
    # the tree itself says the same of how many are in each leaf
    assert sorted(held.sum(axis=1)) == sorted(rules(window)["train_n"])


def test_numbers_of_a_rule_by_hand(window):
    row = rules(window).iloc[0]
    mine = holding(row["conditions"], window.test)
    assert row["n"] == mine.sum()
    assert row["precision"] == pytest.approx(window.test_outcome[mine].mean())
    assert row["lift"] == pytest.approx(window.test_outcome[mine].mean() / window.test_outcome.mean())
    learned = holding(row["conditions"], window.train)
    assert row["train_precision"] == pytest.approx(window.train_outcome[learned].mean())


def test_test_rows_do_not_change_the_rules(window):
    other = replace(window, test_outcome=1 - window.test_outcome, test=window.test.iloc[::-1])
    assert set(rules(other)["rule"]) == set(rules(window)["rule"])
    assert sorted(rules(other)["train_precision"]) == sorted(rules(window)["train_precision"])


def test_a_rule_that_does_not_hold_any_more_shows(planted):
    table = rules(planted(later=0.0))
    best = table.sort_values("train_precision").iloc[-1]
    assert best["train_precision"] > 0.5
    assert best["precision"] < best["train_precision_lower"]
    assert best["note"] == "above the base rate in training, no longer in the test rows"
    turned = rules(planted(later=-1.5)).sort_values("train_precision").iloc[0]
    assert turned["note"] == "below the base rate in training, above it in the test rows"


def test_few_test_customers_are_said(window):
    few = replace(
        window,
        test=window.test.head(60),
        test_outcome=window.test_outcome[:60],
        customers=window.customers[:60],
    )
    table = rules(few)
    small = table[table["n"] < 30]
    assert len(small) > 0
    assert small["precision"].isna().all()
    assert small["note"].str.contains("fewer than 30").all()


def test_a_gap_is_told(window):
    rng = np.random.default_rng(1)
    unknown = rng.random(len(window.train)) < 0.4
    train = window.train.assign(age=np.where(unknown, np.nan, 40.0))
    bought = np.where(unknown, rng.random(len(unknown)) < 0.9, rng.random(len(unknown)) < 0.1).astype(int)
    texts = rules(replace(window, train=train, train_outcome=bought))["rule"]
    assert any("age unknown" in text for text in texts)
    assert any("age known" in text for text in texts)


def test_nothing_to_split_is_no_rule(window):
    same = window.train.assign(pages=1.0, seconds=1.0, age=1.0, carted=0.0, channel="web")
    flat = replace(window, train=same)
    assert grown(flat) == []
    assert rules(flat).empty
