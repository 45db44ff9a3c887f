"""Niches: planted tastes come back, foretell what members buy, and are silent where there is one taste."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import niches


def lines(seed=1, *, tastes=3, mixed=0.2, customers=360, secret=False):
    """Customers who mostly buy of one group of 12 products; six baskets each over a year."""
    rng = np.random.default_rng(seed)
    m, rows = tastes * 12, []
    popular = 1 / (np.arange(m) % 12 + 3.0)
    for customer in range(customers):
        share = popular * mixed / tastes
        mine = slice(customer % tastes * 12, customer % tastes * 12 + 12)
        share[mine] += popular[mine] * (1 - mixed)
        for number, day in enumerate(np.sort(rng.choice(360, 6, replace=False))):
            bought = rng.choice(m, 3, p=share / share.sum(), replace=False)
            names = [f"g{i // 12}-{i % 12:02d}" for i in bought]
            names += ["secret"] if secret and customer % tastes == 0 and rng.random() < 0.8 else []
            rows += [(f"c{customer:03d}", f"{customer}-{number}", day, i) for i in names]
    frame = pd.DataFrame(rows, columns=["customer", "basket", "day", "item"])
    return frame.assign(at=pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D"))


@pytest.fixture(scope="module")
def found():
    """The niches of three planted tastes."""
    return niches.find(lines(), numbers=(1, 2, 3, 5))


def test_planted_tastes_are_niches(found, keeps_contract):
    keeps_contract(found)
    assert len(found.table) == 3
    for products in found.table["products"]:
        groups = [name.split("-")[0] for name in products[:5]]
        assert len(set(groups)) == 1
    assert found.table["members"].sum() > 0.8 * found.customers
    assert (found.table["recall_lower"] > found.table["recall_others"]).all()
    assert "in 3 of 3 niches" in found.sentences[-1]


def test_two_products_tell_the_niche(found):
    best = found.pairs.sort_values("lower", ascending=False).iloc[0]
    assert best["lower"] > 0.7
    assert best["first"].split("-")[0] == best["second"].split("-")[0]
    assert any(s.startswith("Who bought ") for s in found.sentences)


def test_one_taste_has_no_niches(keeps_contract):
    alone = niches.find(lines(tastes=1), numbers=(1, 2, 3))
    keeps_contract(alone)
    assert len(alone.table) == 1
    assert "no niches" in alone.sentences[0]
    assert alone.pairs.empty


def test_nothing_sensitive_makes_or_names_a_niche():
    secret = niches.find(lines(secret=True), numbers=(1, 3), sensitive=["secret"])
    told = " ".join(secret.sentences) + secret.head().to_string() + secret.pairs.to_string()
    assert "secret" not in told + str(secret.table["products"].tolist())
    assert "1 sensitive products" in secret.sentences[0]
    plain = niches.find(lines(), numbers=(1, 3))
    assert secret.table["members"].sum() == pytest.approx(plain.table["members"].sum(), rel=0.1)


def test_what_comes_after_decides_no_member():
    made = lines()
    cut = made["at"].sort_values().iloc[len(made) // 2].normalize()
    late = made["at"] >= cut
    changed = made.assign(item=made["item"].where(~late, "g0-00"))
    one, two = (niches.find(f, until=cut, numbers=(3,)) for f in (made, changed))
    assert one.table["members"].tolist() == two.table["members"].tolist()
    assert one.table["products"].tolist() == two.table["products"].tolist()


def test_it_says_why_it_does_not_apply():
    with pytest.raises(NotApplicable, match="fewer than 30 customers"):
        niches.find(lines(customers=12))
    with pytest.raises(NotApplicable, match="without customers and dates"):
        niches.find(lines().drop(columns="at"))
