"""Patterns: what is planted is found and said, what is noise is not, and few is a legal answer."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from crmlab.explain.conditions import Condition, holding
from crmlab.explain.evidence import evidence
from crmlab.explain.shapes import curves
from crmlab.findings.why import patterns as module
from crmlab.findings.why.patterns import patterns
from crmlab.seeds import generator

ALL = {c: f"shuffling {c} costs 0.100 of AUC" for c in ("pages", "seconds", "age", "carted", "channel")}


def test_the_planted_patterns_are_said_with_their_evidence(window, machine):
    found = patterns(window, ALL, curves(machine.details_))
    assert len(found.table) == len(found.sentences) - 1
    assert any("channel = app" in p for p in found.table["pattern"])
    assert any(re.search(r"pages >= 8|seconds >= 16", p) for p in found.table["pattern"])
    for row, said in zip(found.table.itertuples(), found.sentences, strict=False):
        assert said.startswith(
            f"Prospects with {row.pattern}: {row.rate:.1%} won, {row.lift:.1f} times the base"
        )
        assert f"95% interval {row.rate_lower:.1%} to {row.rate_upper:.1%}" in said
        assert f"n = {row.n:,}" in said
    assert f"of {found.candidates} candidates" in found.sentences[-1]


def test_every_pattern_lies_above_the_base_rate(window, machine):
    table = patterns(window, ALL, curves(machine.details_)).table
    assert (table["rate_lower"] > window.base_rate).all()
    assert (table["lift_lower"] > 1).all()
    assert table["lift_lower"].is_monotonic_decreasing


def test_what_holds_in_training_only_is_no_pattern(planted, machine):
    found = patterns(planted(later=0.0), ALL, curves(machine.details_))
    assert found.table.empty
    assert found.candidates > 3
    assert found.sentences == (
        f"0 of {found.candidates} candidates are patterns on the test period, fewer than 5 (the intervals "
        f"hold for all {found.candidates} at once).",
    )


def test_noise_has_hardly_a_pattern(planted):
    # at 95 % for all candidates at once, a window has one with a chance of 5 %: of 15, more than 3
    # have one with a chance of .5 %
    found = [patterns(planted(500, seed=s, effect=0.0), ALL, []) for s in range(15)]
    assert sum(f.candidates for f in found) > 20
    assert sum(not f.table.empty for f in found) <= 3


def test_a_column_that_does_not_matter_makes_no_pattern(window, machine):
    shown = curves(machine.details_)
    assert patterns(window, {}, shown).table.empty
    only = patterns(window, {"channel": ALL["channel"]}, shown).table["pattern"]
    assert len(only) > 0
    assert only.str.contains("channel").all()


def test_the_intervals_pay_for_every_candidate(window, machine):
    # also for those that are left out because test rows say that their columns do not matter
    shown = curves(machine.details_)
    some, every = (patterns(window, c, shown) for c in ({"channel": ALL["channel"]}, ALL))
    assert some.candidates == every.candidates
    for row in some.table.itertuples():
        same = every.table[every.table["pattern"] == row.pattern]
        assert same["rate_lower"].tolist() in ([], [row.rate_lower])
    plain = evidence(window, [holding(module._candidates(window, shown)[0], window.test)], level=0.95).iloc[0]
    best = every.table[every.table["n"] == plain["n"]].iloc[0]
    assert best["rate_lower"] < plain["rate_lower"]


def test_no_candidate_is_said(window):
    flat = replace(
        window, train=window.train.assign(pages=1.0, seconds=1.0, age=1.0, carted=0.0, channel="a")
    )
    found = patterns(flat, ALL, [])
    assert found.sentences == (
        "There is no candidate for a pattern: no curve and no rule lies above the base rate in training.",
    )
    assert found.table.empty


def test_test_outcomes_do_not_choose_candidates(window, machine):
    shown = curves(machine.details_)
    shuffled = generator(2, "outcomes").permutation(window.test_outcome)
    assert module._candidates(window, shown) == module._candidates(
        replace(window, test_outcome=shuffled), shown
    )


def test_mostly_the_same_customers_are_one_pattern():
    masks = [np.arange(100) < 50, np.arange(100) < 40, np.arange(100) >= 45]
    # the first two share 40 of 50; the first and the last 5 of 100
    assert module._different([0, 1, 2], masks) == [0, 2]
    assert module._different([1, 0, 2], masks) == [1, 2]


def test_a_sentence_of_one_condition_tells_the_curve(window, machine):
    found = patterns(window, ALL, curves(machine.details_))
    single = [s for s in found.sentences if " and " not in s.split(":")[0] and "shuffling" in s]
    assert single
    conditions = (Condition("pages", lower=8),)
    row = found.table.iloc[0]
    said = module._said(row, conditions, window, {"pages": "the odds rise with pages"}, ALL)
    assert said.endswith("); the odds rise with pages; shuffling pages costs 0.100 of AUC.")


def test_of_a_comparison(compared, keeps_contract):
    found = module.find(compared)
    keeps_contract(found)
    assert found.table["pattern"].str.contains("days_since_last").any()
    assert found.sentences[0].startswith("Customers with ")
    assert "went silent" in found.sentences[0]


@pytest.mark.parametrize("candidates", [1, 4])
def test_the_summary_counts(window, candidates):
    said = module._summary(window, 1, candidates)
    assert said.startswith(
        f"1 of {candidates} candidate{'s are patterns' if candidates > 1 else ' is a pattern'}"
    )
