"""Complements and substitutes: pasta goes with sauce, one coffee is bought instead of the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import together_or_instead


def lines(seed=1, *, planted=True, customers=250):
    """Customers like some of 12 items; coffee drinkers buy one of two brands; pasta calls for sauce."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        taste = rng.beta(0.6, 2.0, 12)
        coffee, cook = rng.random() < 0.4, rng.random() < 0.4
        for number in range(10):
            held = [f"x{i:02d}" for i in np.flatnonzero(rng.random(12) < taste)]
            if coffee:
                brands = (rng.random() < 0.5, rng.random() < 0.5)
                if planted:
                    brands = (brands[0], not brands[0]) if brands[0] or brands[1] else brands
                held += [b for b, there in zip(("brand A", "brand B"), brands, strict=True) if there]
            pasta = cook and rng.random() < 0.4
            sauce = cook and rng.random() < (0.8 if pasta and planted else 0.3)
            held += ["pasta"] * pasta + ["sauce"] * sauce
            rows += [(customer, f"{customer}-{number}", item) for item in held]
    return pd.DataFrame(rows, columns=["customer", "basket", "item"])


def kinds(found):
    """Return the pairs that are of a kind."""
    table = found.table[found.table["kind"] != ""]
    return {(r.one, r.two): r.kind for r in table.itertuples()}


def test_complements_and_substitutes_are_told_apart(keeps_contract):
    found = together_or_instead.find(lines(), worlds=39)
    keeps_contract(found)
    named = kinds(found)
    assert named.pop(("pasta", "sauce")) == "together"
    assert named.pop(("brand A", "brand B")) == "instead"
    assert len(named) <= 1
    row = found.table[found.table["one"] == "brand A"].iloc[0]
    assert row["count"] == 0
    assert "brand A is bought instead of brand B: 0 baskets" in " ".join(found.sentences)


def test_taste_alone_is_neither():
    """Whoever drinks coffee likes both brands: a raw lift far above 1, and no kind."""
    made = lines(2, planted=False)
    assert kinds(together_or_instead.find(made, worlds=39)) == {}
    held = made.groupby("basket")["item"].agg(set)
    a, b = (held.map(lambda s, i=i: i in s) for i in ("brand A", "brand B"))
    assert (a & b).mean() / (a.mean() * b.mean()) > 1.8


def test_it_says_why_it_does_not_apply():
    with pytest.raises(NotApplicable, match="nobody buys one item instead"):
        together_or_instead.find(lines().drop(columns="customer"))
    with pytest.raises(NotApplicable, match="no two items are expected in 5 baskets"):
        together_or_instead.find(lines(customers=2), worlds=3)
