"""Association rules: mined on one origin alone, and worth what the next origin says."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.explain import apriori, items, recount, two_origins
from crmlab.explain.apriori import MOST, SAME, mined
from crmlab.explain.conditions import holding
from crmlab.explain.items import SERVICE, items_of
from crmlab.explain.window import LastWindow
from crmlab.features import returns, service
from crmlab.findings.why import association_rules as module
from crmlab.findings.why.association_rules import rules
from crmlab.maths.rates import wilson
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, NUMERIC

ROLES = {"tickets": NUMERIC, "response_hours_mean": NUMERIC, "age": NUMERIC, "region": CATEGORICAL}
DAYS = ("2024-01-01", "2024-04-01", "2024-03-31")


def shop(n, rng, *, effect):
    """Return n customers and who churned: two tickets in the north raise the odds by exp(effect)."""
    tickets = rng.choice([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 3.0], n)
    rows = pd.DataFrame(
        {
            "tickets": tickets,
            "response_hours_mean": np.where(tickets > 0, rng.uniform(1, 60, n), np.nan),
            "age": rng.uniform(20, 70, n).round(),
            "region": pd.Series(rng.choice(["north", "south"], n), dtype="str"),
        }
    )
    odds = -0.5 + effect * ((tickets > 1) & (rows["region"] == "north"))
    return rows, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def origins(n=2000, *, seed=1, effect=2.0, later=None):
    """Return a mining origin and the next one, where the effect may be another."""
    rng = generator(seed, "origins")
    train, left = shop(n, rng, effect=effect)
    test, outcome = shop(n, rng, effect=effect if later is None else later)
    who = np.array([f"c{i:05d}" for i in range(n)])
    return LastWindow(train, left, test, outcome, who, ROLES, seed, positive="churned")


def found_in(window):
    """Return the rules of two origins where tickets are counted."""
    return rules(window, ["tickets"], days=DAYS, both=7)


def texts(window, counts=("tickets",)):
    """Return the items of the mining origin as texts."""
    return [item.text for item in items_of(window.train, window.roles, counts)]


# --- what is found ------------------------------------------------------------------------------
def test_the_planted_rule_is_found_and_holds():
    table = found_in(origins()).table.set_index("rule")
    planted = table.loc["many tickets (2 or more) and region = north"]
    assert planted["held"]
    assert planted["mined_lift"] > 1.5
    assert planted["lift_lower"] > 1.3
    assert planted["events"] == ("many tickets (2 or more)",)
    assert planted["confidence"] - planted["shorter"] > 0.1


def test_the_planted_rule_is_found_whatever_the_draw():
    for seed in range(10):
        table = found_in(origins(seed=seed)).table
        assert "many tickets (2 or more) and region = north" in set(table.loc[table["held"], "rule"]), seed


def test_a_rule_that_is_true_no_more_is_told_as_not_held():
    found = found_in(origins(later=0.0))
    planted = found.table.set_index("rule").loc["many tickets (2 or more) and region = north"]
    assert planted["mined_lift"] > 1.5
    assert not planted["held"]
    assert found.head().loc[planted.name, "Held"] == "no"
    assert found.sentences[0].startswith(f"None of the {len(found.table)} rules mined at 2024-01-01 held")


def test_of_noise_hardly_a_rule_holds():
    # at 95 % for all rules at once and both sides, an origin has one with a chance of 2.5 %: of 40, more
    # than 4 with a chance of .3 %
    found = [found_in(origins(1000, seed=s, effect=0.0)) for s in range(40)]
    assert sum(len(f.table) for f in found) > 100
    assert sum(f.table["held"].any() for f in found) <= 4


def test_the_next_origin_decides_nothing_of_what_is_mined():
    window, columns = origins(), ["rule", "mined_n", "mined_support", "mined_confidence", "mined_lift"]
    other = replace(
        window, test_outcome=1 - window.test_outcome, test=window.test.assign(tickets=0.0, region="x")
    )
    a, b = found_in(window), found_in(other)
    pd.testing.assert_frame_equal(a.table[columns], b.table[columns])
    assert (a.items, a.proposed, a.events) == (b.items, b.proposed, b.events)


# --- numbers by hand ----------------------------------------------------------------------------
@pytest.fixture
def small(monkeypatch):
    """Two columns of ten customers, where one customer is enough: items A = 1, B = 1 and their opposites."""
    for part in (items, recount):
        monkeypatch.setattr(part, "FEWEST", 1)
    rows = pd.DataFrame({"A": [1.0] * 5 + [0.0] * 5, "B": [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]})
    outcome = np.array([1, 1, 1, 1, 0, 0, 0, 0, 1, 0])
    return LastWindow(
        rows, outcome, rows, outcome, np.arange(10), {"A": NUMERIC, "B": NUMERIC}, 1, positive="churned"
    )


def test_support_confidence_and_lift_by_hand(small):
    # five of ten churned; A: four of five; B: three of four; A and B: three of three
    every = items_of(small.train, small.roles, ())
    assert [item.text for item in every] == ["A = 0", "A = 1", "B = 0", "B = 1"]
    by_items = {r.items: r for r in mined(every, small.train, small.train_outcome)}
    assert {i: (r.n, r.ones) for i, r in by_items.items()} == {(1,): (5, 4), (3,): (4, 3), (1, 3): (3, 3)}
    assert by_items[1,].gain == pytest.approx(4 - 5 * 0.5)
    assert by_items[1, 3].gain == pytest.approx(3 - 3 * 0.8)
    row = rules(small).table.set_index("rule").loc["A = 1"]
    for prefix in ("mined_", ""):
        measured = [row[f"{prefix}{m}"] for m in ("n", "support", "confidence", "lift")]
        assert measured == pytest.approx([5, 0.4, 0.8, 1.6])
    assert row["shorter"] == pytest.approx(0.5)


def test_intervals_pay_for_every_rule(small):
    found = rules(small)
    level = 1 - 0.05 / len(found.table)
    row = found.table.iloc[0]
    for measure, size in (("support", 10), ("confidence", row["n"])):
        ones = np.array([round(row["support"] * 10)])
        ends = wilson(ones, np.array([size]), level=level)
        assert [row[f"{measure}_lower"], row[f"{measure}_upper"]] == pytest.approx(np.ravel(ends))


def test_a_longer_rule_must_improve_on_its_shorter_ones(small, monkeypatch):
    # A and B are .2 above A alone, and .25 above B alone
    every = items_of(small.train, small.roles, ())
    for margin, kept in ((0.19, True), (0.21, False)):
        monkeypatch.setattr(apriori, "IMPROVEMENT", margin)
        found = {r.items for r in mined(every, small.train, small.train_outcome)}
        assert ((1, 3) in found) is kept
        assert (1,) in found


def test_too_little_support_is_no_rule(small, monkeypatch):
    every = items_of(small.train, small.roles, ())
    monkeypatch.setattr(items, "SUPPORT", 0.31)
    assert [r.items for r in mined(every, small.train, small.train_outcome)] == [(1,)]
    monkeypatch.setattr(apriori, "LIFT", 1.61)
    found = rules(small)
    assert found.table.empty
    assert found.head().empty
    assert found.sentences[0].startswith("No rule reached")


def test_mining_finds_what_looking_at_every_itemset_finds():
    window = origins(600, seed=3)
    every = items_of(window.train, window.roles, ["tickets"])
    held, base = [i.condition.holds(window.train) for i in every], window.train_outcome.mean()
    few, rate = items.least(600), {(): base}
    expected = {}
    for length in (1, 2, 3):
        for at in combinations(range(len(every)), length):
            mine = np.logical_and.reduce([held[i] for i in at])
            rate[at] = window.train_outcome[mine].mean() if mine.any() else 0.0
            ones = window.train_outcome[mine].sum()
            best = max(rate[shorter] for k in range(length) for shorter in combinations(at, k))
            if ones >= few and rate[at] >= apriori.LIFT * base and rate[at] - best >= apriori.IMPROVEMENT:
                expected[at] = (mine.sum(), ones)
    found = mined(every, window.train, window.train_outcome)
    assert {r.items: (r.n, r.ones) for r in found} == expected
    assert len(found) > 5
    gains = [r.gain for r in found]
    assert gains == sorted(gains, reverse=True)


# --- items --------------------------------------------------------------------------------------
def test_what_is_counted_reads_none_some_many():
    assert texts(origins())[:3] == ["no tickets", "some tickets (1)", "many tickets (2 or more)"]
    assert {"region = north", "region = south"} <= set(texts(origins()))


def test_shares_read_low_and_high_and_few_read_any():
    window = origins()
    rng = generator(1, "shares")
    share = np.where(rng.random(2000) < 0.5, 0.0, rng.uniform(0.1, 1, 2000))
    said = texts(replace(window, train=window.train.assign(tickets=share)))
    assert said[0] == "no tickets"
    assert re.fullmatch(r"low tickets \(below 0\.\d+\)", said[1])
    assert re.fullmatch(r"high tickets \(0\.\d+ or more\)", said[2])
    rare = np.where(np.arange(2000) < 60, 1.0 + np.arange(2000) % 2, 0.0)
    said = texts(replace(window, train=window.train.assign(tickets=rare)))
    assert said[:2] == ["no tickets", "any tickets"]


def test_slow_answers_are_cut_at_the_hours_that_are_slow_elsewhere():
    every = items_of(origins().train, ROLES, ["tickets"])
    answers = [i for i in every if i.condition.column == "response_hours_mean"]
    assert [i.text for i in answers] == ["response_hours_mean < 24", "response_hours_mean >= 24"]
    assert all(i.event for i in answers)  # that it is unknown says the same as no ticket, and is left out
    assert [i.event for i in every if i.condition.column == "tickets"] == [False, True, True]
    assert not any(i.event for i in every if i.condition.column in ("age", "region"))


def test_numbers_are_cut_on_the_mining_origin_alone():
    window = origins()
    moved = replace(window, test=window.test.assign(age=window.test["age"] + 100))
    assert texts(moved) == texts(window)
    assert sum(text.count("age") for text in texts(window)) == items.BINS


def test_a_gap_is_an_item():
    window = origins()
    gap = window.train["age"].where(np.arange(2000) % 3 > 0)
    region = window.train["region"].where(np.arange(2000) % 2 > 0)
    said = texts(replace(window, train=window.train.assign(age=gap, region=region)))
    assert {"age unknown", "region unknown"} <= set(said)


def test_the_service_columns_are_those_of_their_families():
    source = "".join(Path(m.__file__).read_text(encoding="utf-8") for m in (service, returns))
    assert all(re.search(rf"\b{column}\b", source) for column in SERVICE)
    assert {*service.FEATURE.counts, *returns.FEATURE.counts} <= set(SERVICE)


# --- what is counted again ----------------------------------------------------------------------
def test_rules_counted_again_are_few_and_not_the_same_customers():
    window = origins(1500, seed=5, effect=0.7)
    table = found_in(window).table
    assert 0 < len(table) <= MOST
    masks = [holding(c, window.train) for c in table["conditions"]]
    assert all((a & b).sum() <= SAME * (a | b).sum() for a, b in combinations(masks, 2))
    lengths = {len(c) for c in table["conditions"]}
    assert len(lengths) > 1


def test_too_few_customers_later_is_said():
    window = origins()
    few = replace(
        window,
        test=window.test.head(60),
        test_outcome=window.test_outcome[:60],
        customers=window.customers[:60],
    )
    found = found_in(few)
    small = found.table["n"] < 30
    assert small.any()
    assert found.table.loc[small, "confidence"].isna().all()
    assert not found.table.loc[small, "held"].any()
    assert (found.head().loc[small.to_numpy(), "Held"] == "fewer than 30 customers").all()


def test_sentences_tell_the_numbers_of_the_table():
    found = found_in(origins())
    k, held = len(found.table), int(found.table["held"].sum())
    assert found.sentences[0].startswith(f"{held} of the {k} rules mined at 2024-01-01 held at 2024-04-01")
    best = found.table[found.table["held"]].sort_values("lift_lower").iloc[-1]
    assert found.sentences[1].startswith(
        f"Customers with {best.rule}: {best.confidence:.1%} churned (95% interval {best.confidence_lower:.1%}"
    )
    assert "are of tickets, response_hours_mean." in " ".join(found.sentences)
    assert f"{found.proposed:,} rules had a support of 2%" in found.sentences[-1]
    assert "(7 of them were there before)" in found.sentences[-1]
    shown = found.head()
    assert list(shown.index) == found.table["rule"].tolist()
    assert shown["Confidence"].str.match(r"\d+\.\d% \[\d+\.\d%, \d+\.\d%\]").all()


@pytest.mark.parametrize(("held", "said"), [(True, "held"), (False, "did not hold")])
def test_one_rule_is_said_in_the_singular(held, said):
    found = found_in(origins())
    one = found.table.head(1).assign(held=held)
    first = replace(found, table=one).sentences[0]
    assert first.startswith(f"The one rule mined at 2024-01-01 {said} at 2024-04-01:")


def test_without_service_there_are_attributes_alone():
    window = origins()
    roles = {"age": NUMERIC, "region": CATEGORICAL}
    plain = replace(window, train=window.train[list(roles)], test=window.test[list(roles)], roles=roles)
    assert "No column tells of service events" in " ".join(rules(plain, days=DAYS).sentences)


def test_nothing_to_cut_is_no_rule():
    window = origins()
    same = window.train.assign(tickets=1.0, response_hours_mean=np.nan, age=1.0, region="north")
    found = found_in(replace(window, train=same))
    assert found.table.empty
    assert found.items == 0
    assert "0 rules had a support" in found.sentences[-1]


# --- of a comparison ----------------------------------------------------------------------------
def test_of_a_comparison_the_last_train_origin_and_the_next(compared):
    found = module.find(compared)
    assert (found.mined_on, found.again_on, found.known_on) == ("2024-04-01", "2024-07-01", "2024-06-30")
    assert (found.n_mined, found.n_again, found.n_both) == (200, 200, 200)
    assert found.table["rule"].str.contains("days_since_last").any()


def test_label_windows_do_not_overlap(make):
    # from one origin to the next it is 91 days
    problem = make.rolling(n=200)
    longer = replace(problem, facts=problem.facts | {"horizon_days": 91})
    _, labels, again = two_origins.pair(longer, seed=1, level=0.95)
    assert labels.end <= again
    with pytest.raises(NotApplicable, match="no origin after the labels of 2024-04-01 are known"):
        two_origins.pair(replace(problem, facts=problem.facts | {"horizon_days": 92}), seed=1, level=0.95)


def test_an_origin_between_is_passed_over(make):
    problem = make.rolling(n=200)
    first = problem.facts["folds"][0]
    assert first["cutoff"] == "2024-04-01"
    rows = problem.rows.copy()
    # the middle origin moves into the first one's label window: the next is the last
    folds = problem.folds[~problem.folds["row_id"].isin(rows.index[rows["origin"] == "2024-04-01"])]
    rows.loc[rows["origin"] == "2024-04-01", "origin"] = pd.Timestamp("2024-02-01")
    _, labels, again = two_origins.pair(replace(problem, rows=rows, folds=folds), seed=1, level=0.95)
    assert (labels.cutoff, again) == (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-07-01"))


def test_the_next_outcomes_change_no_mined_rule(make):
    problem = make.rolling(n=300)
    later = problem.rows["origin"] == "2024-07-01"
    turned = problem.solution.assign(outcome=problem.solution["outcome"].where(~later, lambda y: 1 - y))
    a, b = (
        module.of_problem(p, seed=1)
        for p in (problem, replace(problem, solution=turned.astype({"outcome": int})))
    )
    columns = ["rule", "mined_n", "mined_confidence"]
    pd.testing.assert_frame_equal(a.table[columns], b.table[columns])
    assert not a.table["confidence"].equals(b.table["confidence"])


def test_counts_are_those_that_the_families_declare(make):
    problem = make.rolling()
    assert two_origins.counting(problem) == ()
    known = problem.facts | {"families": ["service"], "roles": {"tickets": NUMERIC}}
    assert two_origins.counting(replace(problem, facts=known)) == ("tickets",)


def test_where_there_are_not_two_origins_the_reason_is_said(make):
    with pytest.raises(NotApplicable, match="has no dates"):
        two_origins.pair(make.resampled(), seed=1, level=0.95)
    problem = make.rolling()
    tests = problem.folds[problem.folds["part"] == "test"]
    with pytest.raises(NotApplicable, match="has no train rows"):
        two_origins.pair(replace(problem, folds=tests), seed=1, level=0.95)
    censored = replace(problem, facts=problem.facts | {"spec": {"followed_until": "2024-09-01"}})
    with pytest.raises(NotApplicable, match="censored outcomes"):
        two_origins.pair(censored, seed=1, level=0.95)
    same = replace(problem, solution=problem.solution.assign(outcome=1))
    with pytest.raises(NotApplicable, match="one class"):
        two_origins.pair(same, seed=1, level=0.95)
