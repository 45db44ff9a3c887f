"""The observed curve of some test rows, with a band that keeps the rows of one customer together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.maths import resampling
from crmlab.maths.survival import kaplan_meier
from crmlab.seeds import generator

REPLICATES = 300
LEVEL = 0.95


def owned(comparison: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of rows (`row_id`) with the `customer` that each is of; unknown ones own one row."""
    rows = comparison.problem.rows.set_index("row_id")["customer"].loc[frame["row_id"]]
    return frame.assign(customer=rows.fillna(rows.index.to_series().astype(str)).to_numpy())


def varies(frame: pd.DataFrame) -> str:
    """Return what a band around the curve of the rows (`customer`) varies, for the subtitle."""
    return "test rows" if frame["customer"].is_unique else "test customers"


def with_band(frame: pd.DataFrame, when: np.ndarray, *name: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the Kaplan-Meier curve of the rows at times (m,), and the ends of its pointwise 95 % band.

    frame: `customer`, `duration_days`, `event`, and `entry` where rows come under observation later. Where
    every customer has one row, the band is Greenwood's on the scale of log(−log S). Else, as at stacked
    landmarks, rows of one customer tell much the same: the band is the percentiles of a bootstrap of the
    customers, seeded by its name.
    """
    duration, event = frame["duration_days"].to_numpy(), frame["event"].to_numpy()
    entry = frame["entry"].to_numpy() if "entry" in frame else None
    found = kaplan_meier(duration, event, entry=entry)
    if frame["customer"].is_unique:
        return found.at(when), *found.interval_at(when)
    rng = generator(0, "survivors", *name)
    weights = resampling.poisson_weights(frame["customer"].to_numpy(), REPLICATES, rng)
    drawn = [kaplan_meier(duration, event, weights=w, entry=entry).at(when) for w in weights]
    tail = (1 - LEVEL) / 2
    return found.at(when), *np.quantile(drawn, [tail, 1 - tail], axis=0)
