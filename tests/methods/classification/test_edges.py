"""Hard tables: everything wrong at once, and many levels. The contract test has each trouble alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import LEVELS, linear_input, tree_input
from crmlab.seeds import generator

METHODS = [name for name in registry.names("methods") if name.startswith("classification/")]


def troubled(n: int, *, seed: int = 1) -> pd.DataFrame:
    """Return rows with empty, constant, late, endless and huge columns, and those that rules read."""
    rng = generator(seed, "troubled")
    nothing = pd.Series([None] * n, dtype="str")
    late = pd.Series([None] * n, dtype="str")
    late[int(0.8 * n) :] = "new shop"
    silent, bought = np.round(rng.gamma(2, 40, n)), rng.poisson(1, n).astype(float)
    return pd.DataFrame(
        {
            "days_since_last": silent,
            "frequency": bought,
            "recency_days": 9 * bought,
            "T_days": 9 * bought + silent,
            "monetary_value": np.where(rng.random(n) < 0.5, np.nan, rng.gamma(2, 1e8, n)),
            "empty": np.nan,
            "constant": 3.0,
            "only_late": np.where(np.arange(n) < 0.9 * n, np.nan, 1.0),
            "visits": rng.poisson(3, n).astype(float),
            "channel": pd.Series([f"level {seed} {i}" for i in range(n)], dtype="str"),
            "region": nothing,
            "shop": late,
            "one": pd.Series(["same"] * n, dtype="str"),
        }
    )


def answered(name: str, rows: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """Fit, and return the scores of new rows."""
    return registry.find("methods", name)(seed=1).fit(rows, y).predict_proba(new)[:, 1]


@pytest.mark.parametrize("name", METHODS)
def test_everything_wrong_at_once_gives_a_result(name):
    rows, y = troubled(300), np.zeros(300, dtype=np.int64)
    # 30 positives, all but two of them in the part that judges
    y[[3, 9, *range(272, 300)]] = 1
    score = answered(name, rows, y, troubled(50, seed=2))
    assert score.shape == (50,)
    assert np.isfinite(score).all()
    assert score.min() >= 0
    assert score.max() <= 1


@pytest.mark.parametrize("name", METHODS)
def test_only_text_or_only_numbers_is_enough(name):
    rows, y = troubled(120), (np.arange(120) % 4 == 0).astype(np.int64)
    for part in (rows[["shop", "channel"]], rows[["visits", "constant"]]):
        try:
            score = answered(name, part, y, part)
        except NotApplicable as error:
            reason = error
        else:
            assert np.isfinite(score).all()
            continue
        assert "no column" in str(reason)


def endless(n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table with one level per row, and outcomes that the visits tell of."""
    rng = generator(3, "endless")
    visits, silent = rng.poisson(3, n).astype(float), np.round(rng.gamma(2, 40, n))
    rows = pd.DataFrame(
        {
            "channel": pd.Series(np.arange(n), dtype="str"),
            "visits": visits,
            "days_since_last": silent,
            "frequency": visits,
            "recency_days": 9 * visits,
            "T_days": 9 * visits + silent,
            "monetary_value": visits,
        }
    )
    return rows, (rng.random(n) < (1 + visits) / 50).astype(np.int64)


@pytest.mark.parametrize("encoder", [linear_input, tree_input])
def test_many_levels_do_not_make_many_columns(encoder):
    rows, y = endless(20_000)
    made = encoder().fit(rows, y).transform(rows.iloc[:10])
    assert made.shape[1] <= 6 + LEVELS + 1
    assert np.isfinite(made).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_many_levels_give_a_result(name):
    rows, y = endless(200_000)
    score = answered(name, rows, y, rows.iloc[:1000])
    assert np.isfinite(score).all()
    assert score.min() >= 0
    assert score.max() <= 1
