"""Reasons: which columns raise one customer's odds and which lower them, as short phrases."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import logit

from crmlab.explain import shapes
from crmlab.explain.shop_words import ShopWords
from crmlab.maths.encoding import MISSING, levels_of
from crmlab.methods.classification.explainable_boosting import ExplainableBoosting

SMALLEST: Final = 0.05
"""A change of the log odds below this is no reason."""

UNKNOWN: Final = (MISSING, "unknown")
"""Texts that say that nobody knows."""

SURE: Final = 1e-6
"""Probabilities are pulled in to this before their log odds are taken."""


def reasons(
    model: Any,
    rows: pd.DataFrame,
    background: pd.DataFrame,
    *,
    k: int = 3,
    words: ShopWords | None = None,
) -> pd.DataFrame:
    """Return k phrases per row: columns `reason_1` to `reason_k`, (m, k).

    What raises the odds comes first, the strongest of it foremost, then what lowers them: a list of people
    asks why they are on it. What lowers them is never the first: where nothing raises them `reason_1` is "".
    That something is unknown is no reason.

    rows, background: frames of the model's columns; the background is what a row is compared with,
    such as the train rows. A phrase names the column, its value, and the factor on the odds:
    "first_pages = 14 (odds × 2.2)"; a factor below 1 lowers them. words: say it as a shop would instead.
    "" where a row has fewer reasons.
    """
    names = [f"reason_{i + 1}" for i in range(k)]
    added = contributions(model, rows, background)
    by = added.where(~_unknown(rows[list(added)]), 0.0).to_numpy()
    by = np.where(np.abs(by) >= SMALLEST, by, 0.0)
    # raising, lowering, saying nothing; the stronger first
    order = np.lexsort((-np.abs(by), np.select([by > 0, by < 0], [0, 1], 2)), axis=1)[:, :k]
    texts = np.full((len(rows), k), "", dtype=object)
    for place, column in enumerate(added):
        row, rank = np.nonzero(order == place)
        strength = by[row, place]
        told = strength != 0
        row, rank, strength = row[told], rank[told], strength[told]
        values = _texts(rows[column].iloc[row])
        texts[row, rank] = [
            f"{column} = {value} ({_factor(change)})"
            if words is None
            else words.of(column, value, _factor(change), raises=change > 0)
            for value, change in zip(values, strength, strict=True)
        ]
    against = ~(by > 0).any(axis=1)
    texts[against] = np.column_stack([np.full(against.sum(), ""), texts[against, : k - 1]])
    return pd.DataFrame(texts, columns=names, index=rows.index)


def _unknown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return which values nobody knows, (m, p)."""
    return rows.isna() | rows.isin(UNKNOWN)


def contributions(model: Any, rows: pd.DataFrame, background: pd.DataFrame) -> pd.DataFrame:
    """Return what each column changes of a row's log odds against the background, (m, p).

    Of an explainable boosting machine, its own terms less their mean over the background. Of any
    other model, what is lost when the column alone takes the background's median (a number) or most
    frequent level (a text). The latter ignores what columns do only together.
    """
    if isinstance(model, ExplainableBoosting):
        usual = shapes.contributions(model, background).mean()
        return shapes.contributions(model, rows) - usual
    own = _log_odds(model, rows)
    changes = {}
    for column in rows:
        usual = usual_value(background[column])
        values = levels_of(rows[[column]])[column]
        same = (values == levels_of(usual.to_frame()).iloc[0, 0]).to_numpy()
        change = np.zeros(len(rows))
        if not same.all():
            other = rows[~same].copy()
            other[column] = usual.iloc[0]
            if not pd.api.types.is_numeric_dtype(rows[column]):
                other[column] = other[column].astype(rows[column].dtype)
            change[~same] = own[~same] - _log_odds(model, other)
        changes[column] = change
    return pd.DataFrame(changes, index=rows.index)


def usual_value(values: pd.Series) -> pd.Series:
    """Return one value (1,): the median of numbers, the most frequent level of texts."""
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series([float(values.median()) if values.notna().any() else np.nan])
    frequent = values.mode(dropna=False)
    return frequent.iloc[[0]].reset_index(drop=True)


def _log_odds(model: Any, rows: pd.DataFrame) -> np.ndarray:
    """Return the log odds of class 1, (m,)."""
    return logit(np.clip(np.asarray(model.predict_proba(rows), dtype=float)[:, 1], SURE, 1 - SURE))


def _texts(values: pd.Series) -> list[str]:
    """Return values for people: numbers in four digits, texts as they are, MISSING where unknown."""
    if not pd.api.types.is_numeric_dtype(values):
        return levels_of(values.to_frame()).iloc[:, 0].tolist()
    return [
        MISSING if np.isnan(v) else f"{v:.0f}" if v == round(v) else f"{v:.4g}" for v in values.astype(float)
    ]


def _factor(change: float) -> str:
    """Say a change of the log odds as a factor on the odds."""
    factor = np.exp(change)
    if factor > 100:
        return "odds × over 100"
    return "odds × under 0.01" if factor < 0.01 else f"odds × {factor:.2g}"
