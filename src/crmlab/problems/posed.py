"""What posing a task gives, whatever the data look like: rows with roles, folds, solution, facts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.problems.folds import Folds
from crmlab.vocabulary import CARRIED, CATEGORICAL, CLUSTER, NUMERIC, ROW_KEYS, TREATMENT

ROLE_OF: Final = {"treatment": TREATMENT, "cluster": CLUSTER}
"""Columns of which the name says the role."""


@dataclass(frozen=True)
class Posed:
    """A task posed on tables: the three frames of a problem, the roles of columns, and facts."""

    rows: pd.DataFrame
    folds: Folds
    solution: pd.DataFrame
    roles: dict[str, str]
    facts: dict[str, Any]
    history: pd.DataFrame | None = None


def roles_of(
    rows: pd.DataFrame, *, shown: Collection[str] | None, carried: Collection[str] = ()
) -> dict[str, str]:
    """Return the role of each column of `rows` besides its keys: text is categorical, a number numeric.

    shown: the columns that methods are offered (None = all). carried: columns that only ride along;
    so does text in which every value is another one, as that is an id.
    """
    roles = {}
    for column in rows.columns.difference(ROW_KEYS, sort=False):
        if column in ROLE_OF:
            roles[column] = ROLE_OF[column]
            continue
        is_text = not pd.api.types.is_numeric_dtype(rows[column])
        rides = column in carried or (shown is not None and column not in shown)
        if rides or (is_text and _is_id(rows[column])):
            roles[column] = CARRIED
        else:
            roles[column] = CATEGORICAL if is_text else NUMERIC
    return roles


def _is_id(column: pd.Series) -> bool:
    """Tell whether a text column names its rows: many values, none of them twice."""
    known = column.dropna()
    return len(known) > 20 and known.is_unique


def without_empty(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows without the columns that are null throughout, and the names of these."""
    empty = [c for c in rows.columns.difference(ROW_KEYS, sort=False) if rows[c].isna().all()]
    return rows.drop(columns=empty), empty


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame sorted by origin and customer, with row_id = 0, 1, ... in front."""
    frame = frame.sort_values(["origin", "customer"], kind="stable", ignore_index=True)
    frame.insert(0, "row_id", np.arange(len(frame), dtype=np.int64))
    return frame
