"""Content: how alike products are by category path, price band and the words of their descriptions.

What nobody has bought yet has no history, but it has a category, a price and a description. A customer is
the mean of what she bought, and a product is offered to whom it is most like (Lops, de Gemmis and Semeraro
2011).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

CATEGORY, PRICE, DESCRIPTION = ("category", "price", "description")
BETWEEN: Final = " > "
"""What stands between the steps of a category's path, from wide to narrow."""

BANDS_PER_OCTAVE: Final = 2
"""Price bands between a price and its double; a neighbouring band is half as alike."""

LOWEST, HIGHEST = -40, 60
"""Price bands at the ends: beyond them a price counts as the last band."""

TOKEN: Final = r"(?u)\b[^\W\d_]{2,}\b"
"""A word: two letters or more; numbers say sizes and pieces, and are left out."""


@dataclass
class Content:
    """Turns described products into vectors of length 1 (or 0, where nothing is known of one).

    weights: of category, price and words in the likeness of two products: where both have all three, their
    product is the weighted mean of the cosines of the parts. By default words count as much as the other two.
    """

    weights: tuple[float, float, float] = (1.0, 1.0, 2.0)
    words_: TfidfVectorizer | None = field(default=None, repr=False)
    paths_: pd.Index = field(default_factory=lambda: pd.Index([]), repr=False)

    def fit(self, known: pd.DataFrame) -> Content:
        """Learn paths and how rare words are from the products known before the cutoff.

        known: `category` (text or null), `price` (number or null), `description` (text or null), (m, 3).
        """
        steps = [step for path in known[CATEGORY] for step in path_steps(path)]
        self.paths_ = pd.Index(sorted({*steps}))
        texts = known[DESCRIPTION].fillna("")
        self.words_ = TfidfVectorizer(lowercase=True, token_pattern=TOKEN)
        try:
            self.words_.fit(texts)
        except ValueError:  # no description has a word
            self.words_ = None
        return self

    def vectors(self, described: pd.DataFrame) -> sparse.csr_array:
        """Return one row of length 1 per product, (n, d)."""
        blocks = (self._paths(described[CATEGORY]), _bands(described[PRICE]), self._words(described))
        weighed = [
            np.sqrt(weight) * block for weight, block in zip(self.weights, blocks, strict=True) if weight
        ]
        return _of_length_1(sparse.hstack(weighed))

    def words_in(self, text: str | None) -> set[str]:
        """Return the known words of a description."""
        if self.words_ is None or not isinstance(text, str):
            return set()
        return {word for word in re.findall(TOKEN, text.lower()) if word in self.words_.vocabulary_}

    def _paths(self, categories: pd.Series) -> sparse.csr_array:
        """Return which steps of a known path each product lies on, rows of length 1."""
        pairs = [(row, step) for row, path in enumerate(categories) for step in path_steps(path)]
        column = self.paths_.get_indexer(pd.Index([step for _, step in pairs], dtype=object))
        row = np.array([row for row, _ in pairs], dtype=np.int64)
        known = column >= 0
        shape = (len(categories), max(len(self.paths_), 1))
        made = sparse.csr_array((np.ones(known.sum()), (row[known], column[known])), shape=shape)
        return _of_length_1(made)

    def _words(self, described: pd.DataFrame) -> sparse.csr_array:
        """Return TF-IDF of the known words of each description, rows of length 1."""
        if self.words_ is None or not len(described):
            return sparse.csr_array(
                (len(described), 1 if self.words_ is None else len(self.words_.vocabulary_))
            )
        return sparse.csr_array(self.words_.transform(described[DESCRIPTION].fillna("")))


def path_steps(path: str | None) -> list[str]:
    """Return the steps of a category path: 'home > tea > cups' lies in 'home', 'home > tea' and itself."""
    if not isinstance(path, str) or not path:
        return []
    steps = path.split(BETWEEN)
    return [BETWEEN.join(steps[: depth + 1]) for depth in range(len(steps))]


def _bands(prices: pd.Series) -> sparse.csr_array:
    """Return the band of each price and half of its neighbours, rows of length 1; nothing without a price."""
    price = prices.to_numpy(dtype=np.float64, na_value=np.nan)
    row = np.flatnonzero(price > 0)
    band = (
        np.floor(BANDS_PER_OCTAVE * np.log2(price[row])).astype(np.int64).clip(LOWEST, HIGHEST) - LOWEST + 1
    )
    rows, columns = np.tile(row, 3), np.concatenate([band, band - 1, band + 1])
    values = np.repeat([1.0, 0.5, 0.5], len(row))
    shape = (len(price), HIGHEST - LOWEST + 3)
    return _of_length_1(sparse.csr_array((values, (rows, columns)), shape=shape))


def _of_length_1(rows: sparse.csr_array) -> sparse.csr_array:
    """Return rows of length 1; a row of zeros stays one."""
    length = np.sqrt(rows.power(2).sum(axis=1))
    scale = np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ rows)


def profiles(counts: sparse.csr_array, vectors: sparse.csr_array) -> sparse.csr_array:
    """Return each customer's mean of what she bought, of length 1, (n, d).

    counts: how many of her baskets hold each known product, (n, m). vectors: of these, (m, d).
    """
    return _of_length_1(counts @ vectors)


def likeness(profile: sparse.csr_array, vectors: sparse.csr_array) -> np.ndarray:
    """Return the cosine of every customer and product, (n, k).

    Read by rows it says what to offer to whom, by columns to whom to offer what.
    """
    return (profile @ vectors.T).toarray()


def found_at(scores: np.ndarray, truth: np.ndarray, k: int) -> np.ndarray:
    """Return what share of each row's truth stands on the first k places, (n,), nan where there is none.

    scores, truth: (n, m), truth of 0 and 1. Equal scores take their expected value under a random order.
    """
    rows, columns = np.nonzero(truth)
    mine = scores[rows, columns][:, None]
    above, level = (compared.sum(axis=1) for compared in (scores[rows] > mine, scores[rows] == mine))
    chance = np.clip((k - above) / level, 0.0, 1.0)
    wanted = np.bincount(rows, minlength=len(scores))
    caught = np.bincount(rows, weights=chance, minlength=len(scores))
    return np.divide(caught, wanted, out=np.full(len(scores), np.nan), where=wanted > 0)
