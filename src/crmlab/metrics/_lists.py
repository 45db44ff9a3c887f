"""Ranked lists against baskets: which places of a list were bought, and what these items were."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.kinds.recommendation import BUYERS, OFFERED
from crmlab.maths.next_basket.texts import items_of
from crmlab.metrics._weighting import mean

READS = (OFFERED,)


def lists(offered, k):
    """Return the first k items of each text of an answer, n lists of at most k names."""
    return [items_of(text)[:k] for text in offered.tolist()]


def buyers(solution):
    """Return who bought anything, (n,): only their lists can be judged."""
    return (solution["bought"] != "").to_numpy()


def hits(solution, answers, k, sort=None):
    """Return which of the first k places the b buyers bought, (b, k), and how many items they bought, (b,).

    sort: only items of this sort are hits.
    """
    who = buyers(solution)
    bought, was = solution["bought"][who].tolist(), solution["bought_as"][who].tolist()
    marks, size = np.zeros((len(bought), k)), np.array([len(sorts) for sorts in was], dtype=np.float64)
    for row, text, sorts, offered in zip(marks, bought, was, lists(answers[OFFERED][who], k), strict=True):
        basket = items_of(text)
        wanted = {i for i, of in zip(basket, sorts, strict=True) if of == sort} if sort else {*basket}
        row[: len(offered)] = [item in wanted for item in offered]
    return marks, size


def paid(solution, answers, k):
    """Return what each buyer paid for those items of the basket that stand on the first k places, (b,)."""
    who = buyers(solution)
    bought, amounts = (solution[c][who].tolist() for c in ("bought", "paid"))
    found = []
    for items, prices, offered in zip(bought, amounts, lists(answers[OFFERED][who], k), strict=True):
        price = dict(zip(items_of(items), map(float, items_of(prices)), strict=True))
        found.append(sum(price.get(item, 0.0) for item in offered))
    return np.array(found, dtype=np.float64)


def over_buyers(values, solution, weights):
    """Return weighted means, (B,), of values (b,) of the customers who bought anything."""
    return mean(values, weights[:, buyers(solution)])


def shares(solution, sort):
    """Return which share of each buyer's items is of a sort, (b,)."""
    was = solution["bought_as"][buyers(solution)]
    return was.str.count(sort).to_numpy(dtype=np.float64) / was.str.len().to_numpy(dtype=np.float64)


def part_recall(solution, answers, weights, k, sort):
    """Return the recall at k within one sort of items, (B,); nan where nobody bought any.

    Each customer counts by the share of the basket that is of the sort, so that the parts, weighted by
    `part_share`, add up to the recall.
    """
    mine = weights[:, buyers(solution)]
    marks, size = hits(solution, answers, k, sort)
    caught, whole = mine @ (marks.sum(axis=1) / size), mine @ shares(solution, sort)
    return np.divide(caught, whole, out=np.full(len(weights), np.nan), where=whole > 0)


def part_share(solution, weights, sort):
    """Return the mean share of a basket that is of a sort, (B,)."""
    return over_buyers(shares(solution, sort), solution, weights)


def gain_sums(marks, size, k):
    """Return the discounted gain of lists, (n,), and that of ideal ones: hits on min(k, size) places."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.append(0.0, np.cumsum(discounts))[np.minimum(size, k).astype(int)]
    return marks @ discounts, ideal


def exposure(answers, weights, k):
    """Return how often each item that is shown at all is shown under weights (B, n), (B, items)."""
    shown = lists(answers[OFFERED], k)
    row = np.repeat(np.arange(len(shown)), [len(one) for one in shown])
    code, known = pd.factorize(np.array([item for one in shown for item in one], dtype=object))
    held = sparse.csr_array((np.ones(len(row)), (row, code)), shape=(len(shown), len(known)))
    return np.asarray((held.T @ weights.T).T)


def mean_of_shown(values, answers, weights, k):
    """Return the weighted mean over all shown places, (B,), of values (n, k)."""
    length = np.array([len(one) for one in lists(answers[OFFERED], k)])
    whole = weights @ length.astype(np.float64)
    summed = weights @ np.where(np.arange(k) < length[:, None], values, 0.0).sum(axis=1)
    return np.divide(summed, whole, out=np.full(len(weights), np.nan), where=whole > 0)


def popularities(answers, k):
    """Return the share of customers who had bought each shown item, (n, k)."""
    return answers[list(BUYERS)].to_numpy(dtype=np.float64)[:, :k]
