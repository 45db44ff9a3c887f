"""Frequent itemsets and rules: as brute force counts them, and as published."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import UsageError
from crmlab.maths.mining import counting
from crmlab.maths.mining.baskets import baskets_of, baskets_of_lists
from crmlab.maths.mining.itemsets import frequent, least_count
from crmlab.maths.mining.rules import improving, measured, rules

MIRROR = Path(os.environ.get("CRMLAB_MIRROR") or Path("data") / "raw")


def drawn(seed):
    """Return a small random set of baskets, as sets; some are empty."""
    rng = np.random.default_rng(seed)
    items, share = rng.integers(2, 9), rng.uniform(0.2, 0.7)
    return [{int(i) for i in np.flatnonzero(rng.random(items) < share)} for _ in range(rng.integers(1, 40))]


def brute(baskets, least):
    """Return every itemset that `least` baskets hold, with the number of these."""
    items = sorted(set().union(*baskets))
    every = (s for k in range(1, len(items) + 1) for s in combinations(items, k))
    counts = {s: sum(b.issuperset(s) for b in baskets) for s in every}
    return {s: n for s, n in counts.items() if n >= least}


def as_dict(found):
    """Return itemsets as tuples with their counts."""
    pairs = zip(found.sets, found.counts, strict=True)
    return {tuple(s): n for sets, ns in pairs for s, n in zip(sets.tolist(), ns.tolist(), strict=True)}


@pytest.mark.parametrize("seed", range(200))
def test_the_miner_equals_brute_force(seed, monkeypatch):
    baskets = drawn(seed)
    support = [0.05, 0.1, 0.2, 0.35, 0.5][seed % 5]
    if seed % 2:
        monkeypatch.setattr(counting, "TABLE", 0)
    made = baskets_of_lists([sorted(b) for b in baskets], m=9)
    expected = brute(baskets, least_count(support, len(baskets)))
    found = frequent(made, support=support)
    assert as_dict(found) == expected
    for sets, counts in zip(found.sets, found.counts, strict=True):
        assert found.count(sets).tolist() == counts.tolist()
        assert sets.tolist() == sorted(sets.tolist())
    again = [c.tolist() for c in counting.counted(made, list(found.sets))]
    assert again == [c.tolist() for c in found.counts]
    shorter = frequent(made, support=support, longest=2)
    assert as_dict(shorter) == {s: n for s, n in expected.items() if len(s) <= 2}


@pytest.mark.parametrize("seed", range(60))
def test_rules_equal_brute_force(seed):
    baskets = drawn(seed)
    counts = brute(baskets, 1) | {(): len(baskets)}
    made = frequent(baskets_of_lists([sorted(b) for b in baskets], m=9), support=0.0)
    expected, better = set(), set()
    for s in counts:
        for k in range(1, len(s)):
            for y in combinations(s, k):
                x = tuple(i for i in s if i not in y)
                rate = Fraction(counts[s], counts[x])
                if rate < Fraction(3, 5):
                    continue
                expected.add((x, y))
                parts = (p for n in range(len(x)) for p in combinations(x, n))
                if all(rate > Fraction(counts[tuple(sorted(p + y))], counts[p]) for p in parts):
                    better.add((x, y))
    found, kept = set(), set()
    for some in rules(made, confidence=0.6, single=False):
        named = [
            (tuple(a), tuple(c))
            for a, c in zip(some.antecedent.tolist(), some.consequent.tolist(), strict=True)
        ]
        found |= set(named)
        kept |= {named[i] for i in np.flatnonzero(improving(made, some))}
        assert [counts[tuple(s)] for s in some.items.tolist()] == some.both.tolist()
    assert found == expected
    assert kept == better


def test_confidence_is_compared_in_integers():
    """3 of 5 is .6, and 4 of 5 is .8: in floats the product of .8 and 5 or 15 may lie above or below."""
    for first in range(1, 60):
        lists = [[0, 1]] * (4 * first) + [[0]] * first
        assert len(rules(frequent(baskets_of_lists(lists), support=0.1), confidence=0.8)) == 1


def test_measures_by_hand():
    """10 baskets, X in 4, Y in 5, both in 3: lift .3 / .2, conviction .5 / .25, Zhang .1 / .18."""
    found = measured(10, np.array([3, 2]), np.array([4, 2]), np.array([5, 2]))
    by_hand = {"support": 0.3, "confidence": 0.75, "lift": 1.5, "leverage": 0.1, "conviction": 2.0}
    assert {k: v[0] for k, v in found.items()} == pytest.approx(by_hand | {"zhang": 0.1 / 0.18})
    assert found["conviction"][1] == np.inf
    assert found["zhang"][1] == pytest.approx(1)


def test_supports_are_counts():
    assert least_count(0.001, 9835) == 10
    assert least_count(0.3, 10) == 3
    assert least_count(0.0, 10) == 1
    with pytest.raises(UsageError, match=r"support = 1\.5 must lie between 0 and 1"):
        least_count(1.5, 10)
    with pytest.raises(UsageError, match="confidence"):
        rules(frequent(baskets_of_lists([[0, 1]]), support=0.5), confidence=-1)


@pytest.mark.parametrize("lists", [[], [[]], [[0]], [[0, 1]]])
def test_next_to_nothing_is_mined_without_a_fault(lists):
    made = frequent(baskets_of_lists(lists), support=0.5)
    assert as_dict(made) == (brute([set(b) for b in lists], 1) if any(lists) else {})
    assert sum(map(len, rules(made))) == (2 if lists == [[0, 1]] else 0)


def test_a_basket_of_10000_lines_and_200000_products():
    rng = np.random.default_rng(1)
    basket = np.concatenate([np.zeros(10_000, dtype=int), rng.integers(1, 5_000, 50_000)])
    item = np.concatenate([np.arange(10_000), rng.integers(0, 200_000, 50_000)])
    planted = np.arange(100, 160)
    basket = np.concatenate([basket, planted, planted])
    item = np.concatenate([item, np.full(60, 199_999), np.full(60, 5)])
    made = baskets_of(basket, item, n=5_000, m=200_000)
    found = frequent(made, support=0.01)
    assert found.sets[1].tolist() == [[5, 199_999]]
    assert found.counts[1].tolist() == [60]


@pytest.fixture(scope="module")
def groceries():
    """The baskets of Hahsler, Hornik and Reutterer (2006), and the names of the items."""
    lines = (MIRROR / "groceries" / "groceries.csv").read_text(encoding="utf-8").splitlines()
    named = [[word.strip() for word in line.split(",")] for line in lines if line]
    names = sorted({word for line in named for word in line})
    number = {word: i for i, word in enumerate(names)}
    return baskets_of_lists([[number[w] for w in line] for line in named]), names


@pytest.mark.data
def test_the_rules_of_groceries_are_as_published(groceries):
    """Counts: arules at (.001, .5) and (.001, .8), and its top rule of the second by lift."""
    baskets, names = groceries
    assert (baskets.n, baskets.m) == (9_835, 169)
    found = frequent(baskets, support=0.001)
    assert [len(r) for r in rules(found, confidence=0.5)] == [11, 1_461, 3_211, 939, 46]
    strict = rules(found, confidence=0.8)
    assert [len(r) for r in strict] == [29, 229, 140, 12]
    best = max((r.measures()["lift"].max(), i) for i, r in enumerate(strict))[1]
    some = strict[best]
    values = some.measures()
    top = int(values["lift"].argmax())
    assert [names[i] for i in some.antecedent[top]] == ["liquor", "red/blush wine"]
    assert names[some.consequent[top, 0]] == "bottled beer"
    assert values["support"][top] == pytest.approx(0.001931876, abs=5e-10)
    assert values["confidence"][top] == pytest.approx(0.9047619, abs=5e-8)
    assert values["lift"][top] == pytest.approx(11.23527, abs=5e-6)


@pytest.mark.data
def test_the_itemsets_of_france_are_as_published():
    """Online Retail, France: the lines, counts and the top pair of the well-known worked example."""
    files = sorted((MIRROR / "online_retail" / "by-day").glob("*.csv"))
    lines = pd.concat([pd.read_csv(f, dtype={"InvoiceNo": "str", "StockCode": "str"}) for f in files])
    lines["Description"] = lines["Description"].str.strip()
    lines = lines[(lines["Country"] == "France") & lines["InvoiceNo"].notna() & lines["Description"].notna()]
    lines = lines[~lines["InvoiceNo"].str.contains("C")]
    invoices = sorted(lines["InvoiceNo"].unique())
    summed = lines.groupby(["InvoiceNo", "Description"])["Quantity"].sum().reset_index()
    summed = summed[(summed["Quantity"] >= 1) & (summed["Description"] != "POSTAGE")]
    names = sorted(summed["Description"].unique())
    assert (len(invoices), len(names)) == (392, 1_562)
    held = np.searchsorted(invoices, summed["InvoiceNo"]), np.searchsorted(names, summed["Description"])
    found = frequent(baskets_of(*held, n=392, m=1_562), support=0.07)
    assert found.by_length == (40, 10, 1)
    every = [r.measures() for r in rules(found, single=False)]
    lift, confidence = (np.concatenate([m[c] for m in every]) for c in ("lift", "confidence"))
    assert (lift >= 1).sum() == 26
    assert ((lift >= 6) & (confidence >= 0.8)).sum() == 8
    pairs = rules(found)[0]
    top = int(pairs.measures()["lift"].argmax())
    assert {names[i] for i in pairs.items[top]} == {"ALARM CLOCK BAKELIKE GREEN", "ALARM CLOCK BAKELIKE RED"}
    assert pairs.measures()["lift"][top] == pytest.approx(8.642959, abs=5e-7)
    assert pairs.measures()["support"][top] == pytest.approx(0.079082, abs=5e-7)
