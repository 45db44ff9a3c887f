"""A task posed on a ready-made table of rows with an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import UsageError, did_you_mean
from crmlab.problems import folds
from crmlab.problems.posed import Posed, numbered, roles_of, without_empty

IN_TIME = {
    "chronological": (folds.chronological, ("train_share",)),
    "blocks": (folds.blocks, ("first_share", "windows", "test_periods")),
}
"""The protocols that divide rows by their period, with the settings that each takes."""


def pose(table: pd.DataFrame, spec: Mapping[str, Any], *, barred: Mapping[str, str], seed: int) -> Posed:
    """Return the rows, folds and solution of a labelled table.

    table: the canonical table `labelled`; its row_id becomes `customer`. barred: columns that may
    never be features, with reasons; they do not enter the rows, and neither do those that the spec
    leaves out (`leave_out`). Raises UsageError for a protocol that needs events, and for a column
    to leave out that there is none of.
    """
    frame = numbered(table.rename(columns={"row_id": "customer"}).assign(origin=pd.NaT))
    solution = pd.DataFrame({"row_id": frame["row_id"], "outcome": frame["outcome"].astype(np.int64)})
    hidden = [c for c in barred if c in frame]
    rows = frame[["row_id", "customer", "origin"]].astype({"origin": "datetime64[us]"})
    published = frame.drop(columns=["row_id", "customer", "origin", "outcome", *hidden])
    left_out = _left_out(published, spec)
    published = published.drop(columns=left_out)
    rows, empty = without_empty(pd.concat([rows, published.apply(_plain)], axis=1))
    split = _split(frame, spec, seed)
    facts = {
        "barred": {c: barred[c] for c in hidden},
        "left_out": left_out,
        "empty_columns": empty,
        "windows": [_window_facts(frame, split, fold) for fold in split.facts],
    }
    if spec["protocol"] in IN_TIME:
        facts["rows_out_of_order"] = _out_of_order(frame["period"])
    return Posed(rows, split, solution, roles_of(rows, shown=None, carried=["period"]), facts)


def _plain(column: pd.Series) -> pd.Series:
    """Return a published column as float64 (numbers, booleans, decimals) or as text."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    known = column.dropna()
    if len(known) and not known.map(lambda v: isinstance(v, str)).all():
        return pd.to_numeric(column).astype("float64")
    return column.astype("str")


def _left_out(published: pd.DataFrame, spec: Mapping[str, Any]) -> list[str]:
    """Return the columns that the spec leaves out. Raises UsageError for one that is not there."""
    columns = published.columns.drop("period")
    for name in spec.get("leave_out", []):
        if name not in columns:
            raise UsageError(
                f"leave_out: {spec['dataset']} has no column '{name}' to leave out."
                + did_you_mean(str(name), columns)
            )
    return list(spec.get("leave_out", []))


def _out_of_order(period: pd.Series) -> int:
    """Count the rows that stand, in the order of their ids, behind a row of a later period.

    0 where the table itself is in order of time; where it is not, that one period follows another
    is an assumption.
    """
    return int((period < period.cummax()).sum())


def _split(frame: pd.DataFrame, spec: Mapping[str, Any], seed: int) -> folds.Folds:
    """Return the folds of the protocol that the spec names."""
    protocol = spec["protocol"]
    if protocol in IN_TIME:
        make, settings = IN_TIME[protocol]
        return make(frame["period"], **{name: spec[name] for name in settings if name in spec})
    if protocol == "cross_validation":
        return folds.cross_validation(
            frame["outcome"].to_numpy(), folds=spec["folds"], repeats=spec.get("repeats", 1), seed=seed
        )
    raise UsageError(
        f"protocol '{protocol}' needs events with times, and {spec['dataset']} is a labelled table: "
        f"use {', '.join(IN_TIME)} or cross_validation"
    )


def _window_facts(frame: pd.DataFrame, split: folds.Folds, fold: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sizes and base rates of one window's parts, and which periods test where time divides."""
    part = split.frame[split.frame["fold"] == fold["fold"]]
    rows = frame.iloc[part["row_id"]]
    is_test = (part["part"] == folds.TEST).to_numpy()
    tested = rows["period"][is_test]
    in_time = bool(rows["period"][~is_test].max() < tested.min())
    return {
        "window": fold["window"],
        "cutoff": None,
        "test_periods": [int(tested.min()), int(tested.max())] if in_time else None,
        "n_train": fold["n_train"],
        "n_test": fold["n_test"],
        "base_rate_train": float(rows["outcome"][~is_test].mean()),
        "base_rate_test": float(rows["outcome"][is_test].mean()),
    }
