"""Over-index: shares by hand, intervals that hold at once, and nothing of what is sensitive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import segment_products


def lines(seed=1, *, lifted=0.4):
    """400 customers in two segments; the second buys `wine` more often; `gift` is its late favourite."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(400):
        second = customer % 2
        # everybody buys milk: who buys nothing is not seen, and would bend the shares of all
        shares = {
            "milk": 1.1,
            "wine": lifted if second else 0.1,
            "bread": 0.5,
            "test": 0.6 if second else 0.05,
        }
        rows += [(customer, i, "2024-01-01") for i, share in shares.items() if rng.random() < share]
        rows += [(customer, "gift", "2024-06-01")] if second and rng.random() < 0.3 else []
    frame = pd.DataFrame(rows, columns=["customer", "item", "at"])
    return frame.assign(at=pd.to_datetime(frame["at"]))


SEGMENTS = {c: "B" if c % 2 else "A" for c in range(400)}


def test_shares_and_lifts_by_hand(keeps_contract):
    made = lines()
    found = segment_products.find(made, SEGMENTS)
    keeps_contract(found)
    row = found.table[(found.table["segment"] == "B") & (found.table["product"] == "wine")].iloc[0]
    buyers = made[made["item"] == "wine"]["customer"]
    people = made["customer"].nunique()
    mine = sum(SEGMENTS[c] == "B" for c in made["customer"].unique())
    assert row["buyers"] == sum(SEGMENTS[c] == "B" for c in buyers)
    assert row["share"] == pytest.approx(row["buyers"] / mine)
    assert row["lift"] == pytest.approx(row["share"] / (len(buyers) / people))
    assert row["over"]
    assert not found.table.loc[found.table["product"] == "bread", ["over", "under"]].to_numpy().any()
    assert "Segment B buys" in " ".join(found.sentences)


def test_intervals_hold_at_once_where_segments_are_by_lot():
    """300 segmentations by lot: in at most 5 % does any of the cells leave out 1 (25 is the 99.5 % point)."""
    made, rng = lines(), np.random.default_rng(7)
    wrong = 0
    for _ in range(300):
        by_lot = dict(enumerate(rng.integers(0, 3, 400)))
        table = segment_products.find(made, by_lot).table
        wrong += bool(table[["over", "under"]].to_numpy().any())
    assert wrong <= 25


def test_since_and_sensitive():
    made = lines()
    late = segment_products.find(made, SEGMENTS, since="2024-05-01")
    assert set(late.table["product"]) == {"gift"}
    assert "since 2024-05-01" in late.sentences[0]
    kept = segment_products.find(made, SEGMENTS, sensitive=["test"])
    assert "test" not in set(kept.table["product"])
    assert "test" not in " ".join(kept.sentences) + kept.head().to_string()


def test_it_says_why_it_does_not_apply():
    with pytest.raises(NotApplicable, match="no two segments"):
        segment_products.find(lines(), dict.fromkeys(range(400), "A"))
    with pytest.raises(NotApplicable, match="nobody in a segment bought"):
        segment_products.find(lines(), {-1: "A", -2: "B"})
    with pytest.raises(NotApplicable, match="without customers"):
        segment_products.find(lines().drop(columns="customer"), SEGMENTS)
    with pytest.raises(NotApplicable, match="nobody in a segment bought"):
        segment_products.find(lines(), SEGMENTS, since="2030-01-01")
