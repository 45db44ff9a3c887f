"""Pictures of associations: every surviving pair is there, nothing is cut, and the same bytes come again."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.plots import rules_heat_map, rules_network, train_test_lift

PICTURES = (rules_network, rules_heat_map, train_test_lift)


def found(survive=5, *, rest=40):
    """Product rules of some surviving pairs, each in both directions, and many that do not."""
    rng = np.random.default_rng(1)
    rows = []
    for i in range(survive + rest):
        kept = i < survive
        items = ("bread with seeds and a very long name", "butter") if i == 0 else (f"p{i}", f"q{i // 3}")
        lift = 4.0 + i if kept else 1 + rng.exponential(0.3)
        for a, b in (items, items[::-1]):
            rows.append(
                {
                    "antecedent": a,
                    "consequent": b,
                    "items": tuple(sorted(items)),
                    "train_lift_over_null": lift * 1.2,
                    "lift_over_null": lift if i != survive else 0.0,
                    "lower": lift * 0.8,
                    "upper": lift * 1.3,
                    "count": 40 - i,
                    "survives": kept,
                }
            )
    return SimpleNamespace(first="900 baskets", second="1,000 baskets", table=pd.DataFrame(rows))


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("survive", [1, 5, 30])
def test_nothing_is_cut_and_the_bytes_come_again(picture, survive, whole):
    figure = picture.draw(found(survive))
    texts = whole(figure)
    assert any("baskets" in text for text in texts)
    assert picture.draw(found(survive)).png() == picture.draw(found(survive)).png()


def test_the_network_joins_what_hangs_together(whole):
    pairs = rules_network.surviving_pairs(found(7), 30)
    groups = rules_network.grouped(pairs)
    assert [len(g) for g in groups] == [4, 3, 2, 2][: len(groups)]
    texts = whole(rules_network.draw(found(7)))
    assert {"p1", "p2", "q0", "4.0"} <= set(texts)


@pytest.mark.parametrize("picture", PICTURES[:2])
def test_without_survivors_there_is_no_picture(picture):
    with pytest.raises(NotApplicable, match="no rule between two products survives"):
        picture.draw(found(0))


def test_what_does_not_survive_is_drawn_too():
    assert train_test_lift.draw(found(0)).png()
    with pytest.raises(NotApplicable, match="no itemset has a lift"):
        train_test_lift.draw(found(0, rest=0).__class__(first="", second="", table=found(1).table.iloc[:0]))
