"""Sequential patterns: as brute force counts them, and as in the paper."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from crmlab.errors import UsageError
from crmlab.maths.mining.sequences import FAR, Limits, closed, contains, history, prefixspan

A, B, C, D, E, F, G = range(7)

PEI = [
    [[A], [A, B, C], [A, C], [D], [C, F]],
    [[A, D], [C], [B, C], [A, E]],
    [[E, F], [A, B], [D, F], [C], [B]],
    [[E], [G], [A, F], [C], [B], [C]],
]
"""The four sequences of Pei et al. (2001), table 1."""


def test_the_paper_has_53_patterns_of_which_17_are_closed():
    found = prefixspan([history(s) for s in PEI], least=2)
    assert len(found) == 53
    assert len(closed(found)) == 17
    # their table 2, the prefixes <a> and <ab>
    assert found[(A,),] == 4
    assert found[(A,), (B,), (A,)] == 2
    assert found[(A, B), (D,), (C,)] == 2
    assert ((A, B), (D,), (F,)) not in found
    assert found[(A,), (B, C), (A,)] == 2


def drawn(seed):
    """Return a few short histories with uneven times."""
    rng = np.random.default_rng(seed)
    items, histories = int(rng.integers(2, 5)), []
    for _ in range(rng.integers(2, 7)):
        n = int(rng.integers(0, 5))
        elements = [1 + rng.permutation(items)[: rng.integers(1, items + 1)] for _ in range(n)]
        histories.append(history([e.tolist() for e in elements], np.cumsum(rng.integers(1, 5, n)).tolist()))
    return histories


def held(one, limits, most):
    """Return every pattern of at most `most` items in a history, by trying all choices of places."""
    found = set()
    for k in range(1, len(one.at) + 1):
        for places in combinations(range(len(one.at)), k):
            times = [one.at[p] for p in places]
            gaps = np.diff(times)
            if len(gaps) and (gaps.min() < limits.shortest_gap or gaps.max() > limits.longest_gap):
                continue
            if times[-1] - times[0] > limits.longest_span:
                continue
            parts = [()]
            for place in places:
                element = one.elements[place]
                some = [s for n in range(1, len(element) + 1) for s in combinations(element, n)]
                parts = [(*p, s) for p in parts for s in some if sum(map(len, p)) + len(s) <= most]
            found |= set(parts)
    return found


@pytest.mark.parametrize("seed", range(200))
def test_it_equals_brute_force(seed):
    histories, rng = drawn(seed), np.random.default_rng(seed)
    gap = float(rng.integers(1, 4))
    limits = [
        Limits(),
        Limits(shortest_gap=gap),
        Limits(longest_gap=gap),
        Limits(longest_span=2 * gap),
        Limits(shortest_gap=1.0, longest_gap=gap, longest_span=gap + 2),
    ][seed % 5]
    most, least = 4, 1 + seed % 3
    every = [held(one, limits, most) for one in histories]
    counts = {p: sum(p in e for e in every) for p in set().union(*every)}
    expected = {p: n for p, n in counts.items() if n >= least}
    found = prefixspan(histories, least=least, longest=most, limits=limits)
    assert found == expected
    kept = {
        p
        for p, n in expected.items()
        if not any(m == n and q != p and contains(q, p) for q, m in expected.items())
    }
    assert set(closed(found)) == kept


def test_a_pattern_lies_within_another():
    assert contains(((1, 2), (3,), (2, 4)), ((1,), (4,)))
    assert not contains(((1, 2),), ((1,), (2,)))
    assert not contains(((1,), (2,)), ((2,), (1,)))


def test_edges():
    assert prefixspan([], least=1) == {}
    assert prefixspan([history([])], least=1) == {}
    assert prefixspan([history([[1, 1]])], least=1) == {((1,),): 1}
    assert Limits(longest_gap=FAR).none
    with pytest.raises(UsageError, match="times that ascend"):
        history([[1], [2]], [3.0, 1.0])
    with pytest.raises(UsageError, match="least = 0 must be at least 1"):
        prefixspan([], least=0)
