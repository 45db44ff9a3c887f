"""The most common text of each customer at a cutoff, from rows that count how often each was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.history.ledger.sums import Rows, ratio


@dataclass(frozen=True)
class Common:
    """Per customer (k,): the most frequent text, its share of what is not null, and how many different ones.

    Ties go to the text that sorts first. Customers without any text are left out.
    """

    codes: np.ndarray
    value: np.ndarray
    share: np.ndarray
    different: np.ndarray


def most_common(rows: Rows) -> Common:
    """Return what the rows of a book of texts come to: `code, value, known, n`, by code and value."""
    codes, values = rows["code"], rows["value"]
    if not len(codes):
        none = np.empty(0)
        return Common(codes, values, none, none)
    pairs = np.flatnonzero(np.concatenate(([True], (codes[1:] != codes[:-1]) | (values[1:] != values[:-1]))))
    n = np.add.reduceat(rows["n"] * rows.known, pairs, dtype=np.int64)
    pairs, n = pairs[n > 0], n[n > 0]
    codes, values = codes[pairs], values[pairs]
    if not len(codes):
        return Common(codes, values, np.empty(0), np.empty(0))
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    different = np.diff(np.append(starts, len(codes)))
    most = np.maximum.reduceat(n, starts)
    best = np.flatnonzero(n == np.repeat(most, different))
    best = best[np.concatenate(([True], codes[best][1:] != codes[best][:-1]))]
    share = ratio(n[best], np.add.reduceat(n, starts))
    return Common(codes[best], values[best], share, different.astype(np.float64))


def text_column(places: np.ndarray, names: Any) -> pd.api.extensions.ExtensionArray:
    """Return texts by their places in a list of names, a negative place as missing."""
    found = np.array([*names, None], dtype=object)[places]
    return pd.array(found, dtype="str")
