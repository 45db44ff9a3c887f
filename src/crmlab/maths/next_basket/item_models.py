"""Models of items by items: cosine neighbours, EASE, confidences of pairs, and first-order transitions."""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from crmlab.maths.next_basket.purchases import Purchases
from crmlab.maths.next_basket.ranking import nearest


def cosines(bought: sparse.csr_array, *, neighbours: int) -> sparse.csr_array:
    """Return the cosines between the columns of a matrix (n, m), (m, m): row i holds i's nearest items.

    neighbours: so many of each item are kept, the item itself not among them (Sarwar et al. 2001; Deshpande
    and Karypis 2004).
    """
    length = np.sqrt(bought.power(2).sum(axis=0))
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    unit = bought @ sparse.diags_array(scale)
    together = (unit.T @ unit).tocsr()
    together.setdiag(0.0)
    together.eliminate_zeros()
    return nearest(together, neighbours)


def ease(bought: np.ndarray | sparse.csr_array, *, ridge: float) -> np.ndarray:
    """Return the weights of EASE, (m, m), with a diagonal of 0 (Steck 2019).

    bought: (n, m). With P = (X'X + ridge I)^-1, the weight from item i to item j is -P_ij / P_jj.
    """
    together = bought.T @ bought
    together = together.toarray() if sparse.issparse(together) else np.array(together, dtype=np.float64)
    together[np.diag_indices(len(together))] += ridge
    inverse = linalg.inv(together, overwrite_a=True, check_finite=False)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def confidences(purchases: Purchases, *, least: int) -> sparse.csr_array:
    """Return how often a basket with item i holds item j, (m, m), of pairs with a lift above 1.

    least: baskets that must hold both (Agrawal, Imielinski and Swami 1993).
    """
    held = purchases.held
    together = (held.T @ held).tocoo()
    i, j = together.coords
    count, alone = together.data, purchases.popularity
    rules = (i != j) & (count >= least) & (count * max(held.shape[0], 1) > alone[i] * alone[j])
    return sparse.csr_array((count[rules] / alone[i[rules]], (i[rules], j[rules])), shape=together.shape)


def transitions(purchases: Purchases) -> sparse.csr_array:
    """Return how often a basket that follows one with item i holds item j, (m, m).

    Of two baskets of one customer that follow one another (the factorised chain without factors; Rendle,
    Freudenthaler and Schmidt-Thieme 2010).
    """
    held = purchases.held
    first = np.unique(purchases.basket, return_index=True)[1]
    customer = purchases.customer[first]
    follows = np.flatnonzero(customer[1:] == customer[:-1])
    before, after = held[follows], held[follows + 1]
    counts = (before.T @ after).tocsr()
    known = np.asarray(before.sum(axis=0)).ravel()
    scale = np.divide(1.0, known, out=np.zeros_like(known), where=known > 0)
    return (sparse.diags_array(scale) @ counts).tocsr()
