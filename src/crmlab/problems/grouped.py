"""Rows of one customer stay together: a labelled problem whose folds never divide a customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from crmlab.errors import UsageError
from crmlab.problems.folds import Folds, cross_validation
from crmlab.problems.posed import Posed
from crmlab.vocabulary import TEST, TRAIN

GROUPS: Final = "groups"
"""The setting of a spec that names the column whose rows stay together."""


def together(posed: Posed, column: str, *, folds: int, repeats: int, seed: int) -> Posed:
    """Return a posed problem with the groups as its customers, and folds that divide no group.

    column: of the rows, whose each one is. Groups are dealt like the rows of a cross-validation, stratified
    by whether any of their rows has the outcome. A customer's rows then are drawn together where intervals
    weight customers. Raises UsageError where a class has fewer groups than there are folds.
    """
    owner = posed.rows[column].astype("str")
    code, names = pd.factorize(owner, sort=True)
    outcome = posed.solution["outcome"].to_numpy()
    if posed.solution["row_id"].tolist() != posed.rows["row_id"].tolist():
        raise UsageError("the rows of a labelled table and their outcomes are in another order")
    ever = np.zeros(len(names), dtype=np.int64)
    np.maximum.at(ever, code, outcome)
    dealt = cross_validation(ever, folds=folds, repeats=repeats, seed=seed)
    rows = posed.rows.drop(columns=column).assign(customer=owner)
    roles = {name: role for name, role in posed.roles.items() if name != column}
    split = _of_rows(dealt, code, posed.rows["row_id"].to_numpy())
    windows = [_counted(fold, split, outcome) for fold in split.facts]
    facts = posed.facts | {"windows": windows, "groups": len(names), "rows_per_group": len(rows) / len(names)}
    return replace(posed, rows=rows, folds=split, roles=roles, facts=facts)


def _of_rows(dealt: Folds, code: np.ndarray, row_ids: np.ndarray) -> Folds:
    """Return the folds of groups as folds of their rows."""
    frames, facts = [], []
    for fact in dealt.facts:
        mine = dealt.frame[dealt.frame["fold"] == fact["fold"]]
        tests = mine.loc[mine["part"] == TEST, "row_id"].to_numpy()
        is_test = np.isin(code, tests)
        part = pd.array(np.where(is_test, TEST, TRAIN), dtype="str")
        frames.append(pd.DataFrame({"fold": np.int64(fact["fold"]), "row_id": row_ids, "part": part}))
        facts.append(fact | {"n_train": int((~is_test).sum()), "n_test": int(is_test.sum())})
    return Folds(pd.concat(frames, ignore_index=True), facts)


def _counted(fold: dict, split: Folds, outcome: np.ndarray) -> dict:
    """Return the sizes and base rates of one window's parts."""
    part = split.frame.loc[split.frame["fold"] == fold["fold"], "part"].to_numpy()
    return {
        "window": fold["window"],
        "cutoff": None,
        "test_periods": None,
        "n_train": fold["n_train"],
        "n_test": fold["n_test"],
        "base_rate_train": float(outcome[part == TRAIN].mean()),
        "base_rate_test": float(outcome[part == TEST].mean()),
    }
