"""Gradient boosting for spend: LightGBM with one thread and fixed bytes, and P(no spend) by it."""

from __future__ import annotations

from typing import Any

import numpy as np


def booster(kind: str, *, seed: int, **settings: Any) -> Any:
    """Return an unfitted LightGBM 'classifier' or 'regressor'."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    made = LGBMClassifier if kind == "classifier" else LGBMRegressor
    return made(
        **settings, random_state=seed, n_jobs=1, deterministic=True, force_row_wise=True, verbosity=-1
    )


def fit_p_zero(settings: dict[str, Any], X: np.ndarray, value: np.ndarray, *, seed: int) -> Any:
    """Return a fitted classifier of no spend, or the one share where all rows are alike."""
    none = (value <= 0).astype(np.int64)
    if none.min() == none.max():
        return float(none[0])
    return booster("classifier", seed=seed, **settings).fit(X, none)


def p_zero(model: Any, X: np.ndarray) -> np.ndarray:
    """Return P(no spend) of rows X (m, p), (m,)."""
    return np.full(len(X), model) if isinstance(model, float) else model.predict_proba(X)[:, 1]
