"""Models of customers by customers: who bought like whom, and what a customer's history weighs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.maths.next_basket.purchases import Purchases

COPY = r"#\d+$"
"""How the name of a customer ends whom a bootstrap sample drew again: the same person, not a neighbour."""


def persons(customers: np.ndarray) -> np.ndarray:
    """Return who each customer is, (n,) names: the copies of a bootstrap sample are one person."""
    return pd.Series(customers, dtype="str").str.replace(COPY, "", regex=True).to_numpy(dtype=np.str_)


def same_person(asked: np.ndarray, known: np.ndarray) -> sparse.csr_array:
    """Return True where a customer asked about is a known one or a copy, (q, n)."""
    place = {name: row for row, name in enumerate(asked)}
    row = np.array([place.get(name, -1) for name in known], dtype=np.int64)
    columns = np.flatnonzero(row >= 0)
    return sparse.csr_array(
        (np.ones(len(columns), dtype=bool), (row[columns], columns)), shape=(len(asked), len(known))
    )


def asymmetric_cosines(
    asked: sparse.csr_array, known: sparse.csr_array, barred: sparse.csr_array, *, asymmetry: float
) -> sparse.csr_array:
    """Return |U and V| / (|U|^asymmetry |V|^(1 - asymmetry)) of two sets of customers, (q, n).

    asked, known: 1 where a customer bought an item, (q, m) and (n, m). barred: pairs that are no neighbours,
    (q, n), which get 0. At an asymmetry of a half it is the cosine (Aiolli 2013).
    """
    common = (asked @ known.T).tocsr()
    common = (common - common.multiply(barred)).tocsr()
    common.eliminate_zeros()
    powers = (asked.sum(axis=1) ** asymmetry, known.sum(axis=1) ** (1 - asymmetry))
    sides = [np.divide(1.0, p, out=np.zeros(len(p)), where=p > 0) for p in powers]
    return (sparse.diags_array(sides[0]) @ common @ sparse.diags_array(sides[1])).tocsr()


def recent_shares(purchases: Purchases, *, recent: int | None) -> sparse.csr_array:
    """Return the share of each customer's latest baskets that hold each item, (n, m).

    recent: how many baskets are looked at, None for all (the user-wise popularity of Faggioli, Polato and
    Aiolli 2020).
    """
    looked = purchases.baskets if recent is None else np.minimum(purchases.baskets, recent)
    within = np.ones(len(purchases.age)) if recent is None else (purchases.age < recent).astype(float)
    share = np.divide(1.0, looked, out=np.zeros(purchases.n), where=looked > 0)
    return purchases.summed(within * share[purchases.customer])


def grouped_frequencies(
    purchases: Purchases, *, within: float, between: float, groups: int
) -> sparse.csr_array:
    """Return the temporal item frequencies of each customer, (n, m) (Hu, He, Gao and Zhang 2020).

    A customer's baskets are cut, from the last one back, into `groups` groups of equal size, of which the
    first may be smaller. Within a group of g baskets the j-th from its end weighs within^j / g, and the
    j-th group from the end between^j / (number of groups). Fewer baskets than groups make groups of one.
    """
    baskets = purchases.baskets[purchases.customer]
    size = np.maximum(-(-baskets // groups), 1)
    number = -(-baskets // size)
    group = purchases.age // size
    members = np.where(group == number - 1, baskets - (number - 1) * size, size)
    weights = within ** (purchases.age % size) / members * between**group / number
    return purchases.summed(weights)


def neighbour_means(
    asked: sparse.csr_array, known: sparse.csr_array, barred: sparse.csr_array, *, count: int
) -> np.ndarray:
    """Return the mean of the `count` known rows that are nearest to each asked row, (q, m).

    Nearest by Euclidean distance; equal distances in the order of rows. barred: pairs that are no
    neighbours, (q, n). 0 where there is none.
    """
    squares = known.power(2).sum(axis=1)
    distance = squares[None, :] - 2 * (asked @ known.T).toarray()
    distance[barred.nonzero()] = np.inf
    near = [_closest(row, count) for row in distance]
    sizes = np.array([len(places) for places in near], dtype=np.int64)
    share = np.repeat(np.divide(1.0, sizes, out=np.zeros(len(sizes)), where=sizes > 0), sizes)
    columns = np.concatenate(near) if near else np.zeros(0, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    weights = sparse.csr_array((share, columns, starts), shape=distance.shape)
    return (weights @ known).toarray()


def _closest(distance: np.ndarray, count: int) -> np.ndarray:
    """Return the places of the `count` smallest distances that are finite, in order of place."""
    finite = np.isfinite(distance)
    if finite.sum() <= count:
        return np.flatnonzero(finite)
    most = np.partition(distance, count - 1)[count - 1]
    below = np.flatnonzero(distance < most)
    return np.sort(np.append(below, np.flatnonzero(distance == most)[: count - len(below)]))
