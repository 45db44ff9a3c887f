"""Completion of baskets against a shop worked out by hand, and what lift given sizes is for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.maths.next_basket.completion import together
from crmlab.maths.next_basket.purchases import purchases_of
from crmlab.seeds import generator

BASKETS = ["ab", "ab", "abc", "a", "c", "bd"]


def purchases(baskets) -> object:
    """Return purchases of baskets, one customer each."""
    rows = [
        (f"k{n}", pd.Timestamp("2024-01-01"), f"o{n}", item) for n, one in enumerate(baskets) for item in one
    ]
    frame = pd.DataFrame(rows, columns=["customer", "at", "basket", "item"])
    return purchases_of(frame.astype({"customer": "str", "basket": "str", "item": "str"}))


def test_lift_keeps_the_sizes_of_baskets():
    found = together(purchases(BASKETS), least=2)
    # Σ s = 11, Σ s(s - 1) = 2 + 2 + 6 + 2 = 12; a and b stand in 4 baskets each, together in 3
    expected = 4 * 4 * 12 / 11**2
    assert found.lift.toarray()[0, 1] == pytest.approx(3 / expected)
    assert found.confidence.toarray()[0, 1] == 3 / 4
    others, lift, share = found.of(0)
    assert (others.tolist(), lift.tolist(), share.tolist()) == ([1], [pytest.approx(3 / expected)], [3 / 4])


def test_a_basket_is_completed_by_one_or_other_of_its_items():
    baskets = ["ac"] * 5 + ["a"] * 5 + ["bc"] * 4 + ["b"] * 16 + ["d"] * 20
    found = together(purchases(baskets), least=2)
    # half of the baskets with a hold c, a fifth of those with b: 1 - ½ · ⅘
    assert found.confidence.toarray()[:2, 2] == pytest.approx([0.5, 0.2])
    assert found.completed(np.array([0, 1])) == pytest.approx([0, 0, 0.6, 0])
    best, lift = found.best_of(np.array([0, 1]), 2)
    assert best == 0
    assert lift == pytest.approx(found.lift.toarray()[0, 2])
    assert found.best_of(np.array([3]), 2) is None


def test_independent_items_have_a_lift_of_one_whatever_the_sizes():
    """Half of the baskets hold one item and half twelve: the raw lift of independent items is 1.7."""
    rng, rows = generator(1, "sizes"), []
    for number in range(4000):
        rows.append(rng.choice(60, 1 if number % 2 else 12, replace=False).tolist())
    names = [chr(48 + i) for i in range(60)]
    made = purchases([[names[i] for i in row] for row in rows])
    held = made.held
    both = np.triu((held.T @ held).toarray(), 1)
    alone = made.popularity
    raw = both / (np.outer(alone, alone) / held.shape[0])
    sizes = held.sum(axis=1)
    ours = both / (np.outer(alone, alone) * (sizes * (sizes - 1)).sum() / sizes.sum() ** 2)
    pairs = np.triu_indices(60, 1)
    assert np.median(raw[pairs]) > 1.5
    assert np.median(ours[pairs]) == pytest.approx(1, abs=0.03)
    found = together(made, least=1)
    assert found.lift.max() == pytest.approx(ours[pairs].max())
