"""A small segmentation whose segments are known, without a fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crmlab.seeds import generator
from crmlab.segments.assigned import Assigned
from crmlab.vocabulary import CARRIED, NUMERIC

ROLES = {
    "total_spend": NUMERIC,
    "days_since_last": NUMERIC,
    "frequency": NUMERIC,
    "T_days": CARRIED,
    "consent": CARRIED,
    "region": CARRIED,
}


def rows(sizes: tuple[int, ...], seed: int) -> pd.DataFrame:
    """Return customers of groups that spend 100, 200, ... and last bought 300, 200, ... days ago."""
    rng, group = generator(seed, "rows"), np.repeat(np.arange(len(sizes)), sizes)
    n = len(group)
    return pd.DataFrame(
        {
            "row_id": np.arange(n),
            "customer": [f"c{i:04d}" for i in range(n)],
            "origin": pd.Series([pd.Timestamp("2024-07-01")] * n, dtype="datetime64[us]"),
            "total_spend": 100.0 * (1 + group) + rng.uniform(0, 60, n),
            "days_since_last": 300 - 100.0 * group + rng.integers(0, 60, n),
            "frequency": rng.poisson(1 + group).astype(float),
            "T_days": rng.integers(300, 600, n).astype(float),
            "consent": (rng.random(n) < 0.6).astype(float),
            "region": pd.Series(rng.choice(["north", "south"], n), dtype="str"),
        }
    )


def build(*sizes: int, seed: int = 1, labels: np.ndarray | None = None, **columns: object) -> Assigned:
    """Return groups of these sizes as segments, the one that spends most as segment 0."""
    found = rows(sizes, seed).assign(**columns)
    own = np.repeat(np.arange(len(sizes))[::-1], sizes) if labels is None else labels
    rng = generator(seed, "solution")
    solution = pd.DataFrame(
        {"outcome": (rng.random(len(found)) < 0.5).astype(int), "value": rng.gamma(2, 30, len(found))}
    )
    answers = pd.DataFrame({"fold": 0, "row_id": found["row_id"], "segment": own.astype(np.int64)})
    roles = ROLES | {c: NUMERIC for c in columns if c not in ROLES}
    frame = found.drop(columns="row_id")
    return Assigned("made_up", roles, "2024-07-01", frame, answers, solution, "inactive", seed)


@pytest.fixture
def segmented(project) -> Callable[..., Assigned]:
    """Return the builder: sizes of the groups, and columns to add or to replace."""
    return build
