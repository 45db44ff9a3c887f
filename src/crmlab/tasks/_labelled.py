"""A task posed on a ready-made table of rows with an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab import folds
from crmlab.errors import UsageError
from crmlab.tasks._posed import Posed, numbered, roles_of, without_empty


def pose(table: pd.DataFrame, spec: Mapping[str, Any], *, barred: Mapping[str, str], seed: int) -> Posed:
    """Return the rows, folds and solution of a labelled table.

    table: the canonical table `labelled`; its row_id becomes `customer`. barred: columns that may
    never be features, with reasons; they do not enter the rows. Raises UsageError for a protocol
    that needs events.
    """
    frame = numbered(table.rename(columns={"row_id": "customer"}).assign(origin=pd.NaT))
    solution = pd.DataFrame({"row_id": frame["row_id"], "outcome": frame["outcome"].astype(np.int64)})
    hidden = [c for c in barred if c in frame]
    rows = frame[["row_id", "customer", "origin"]].astype({"origin": "datetime64[us]"})
    published = frame.drop(columns=["row_id", "customer", "origin", "outcome", *hidden])
    rows, empty = without_empty(pd.concat([rows, published.apply(_plain)], axis=1))
    split = _split(frame, spec, seed)
    facts = {
        "barred": {c: barred[c] for c in hidden},
        "empty_columns": empty,
        "windows": [_window_facts(solution, split, fold) for fold in split.facts if fold["refit"] == 0],
    }
    return Posed(rows, split, solution, roles_of(rows, shown=None, carried=["period"]), facts)


def _plain(column: pd.Series) -> pd.Series:
    """Return a published column as float64 (numbers, booleans, decimals) or as text."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    known = column.dropna()
    if len(known) and not known.map(lambda v: isinstance(v, str)).all():
        return pd.to_numeric(column).astype("float64")
    return column.astype("str")


def _split(frame: pd.DataFrame, spec: Mapping[str, Any], seed: int) -> folds.Folds:
    """Return the folds of the protocol that the spec names."""
    protocol = spec["protocol"]
    if protocol == "chronological":
        return folds.chronological(
            frame["period"], train_share=spec["train_share"], refits=spec.get("refits", 1)
        )
    if protocol == "cross_validation":
        return folds.cross_validation(
            frame["outcome"].to_numpy(), folds=spec["folds"], repeats=spec.get("repeats", 1), seed=seed
        )
    raise UsageError(
        f"protocol '{protocol}' needs events with times, and {spec['dataset']} is a labelled table: "
        "use chronological or cross_validation"
    )


def _window_facts(solution: pd.DataFrame, split: folds.Folds, fold: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sizes and base rates of one window's parts."""
    part = split.frame[split.frame["fold"] == fold["fold"]]
    outcome = solution["outcome"].to_numpy()[part["row_id"]]
    is_test = (part["part"] == folds.TEST).to_numpy()
    return {
        "window": fold["window"],
        "cutoff": None,
        "n_train": fold["n_train"],
        "n_test": fold["n_test"],
        "base_rate_train": float(outcome[~is_test].mean()),
        "base_rate_test": float(outcome[is_test].mean()),
    }
