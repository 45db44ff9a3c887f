"""The harness: how a method answers a problem, fold by fold, without ever seeing the solution.

This module is part of every run's key: what is written here decides the numbers.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.seeds import seed_of

NUMERICAL_LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


def environment() -> dict[str, str]:
    """Return what, besides our own code, decides a run's numbers: Python minor and libraries."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python} | {name: version(name) for name in NUMERICAL_LIBRARIES}


def run_key(
    problem_digest: str,
    method: str,
    parameters: Mapping[str, Any],
    *,
    seed: int,
    stability_refits: int,
    environment: Mapping[str, str],
) -> str:
    """Return the name of a run: a hash of everything that made it (no time, path or commit)."""
    kind = method.split("/")[0]
    modules = ("crmlab.harness", f"crmlab.kinds.{kind}", f"crmlab.methods.{method.replace('/', '.')}")
    parts = [
        problem_digest,
        method,
        registry.source_digest(*modules),
        sorted(parameters.items()),
        seed,
        stability_refits,
        sorted(environment.items()),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def answer_folds(
    problem: Any, method: str, parameters: Mapping[str, Any], *, seed: int, stability_refits: int
) -> tuple[pd.DataFrame, Any]:
    """Fit and answer every fold of a problem; return all answers and the last fold's model.

    The answers have the columns fold, row_id and the kind's ANSWER columns. The method gets, per
    fold, the train rows with their outcomes and the test rows without; a label-free kind gets the
    test rows alone. A refit is fitted with another seed on a bootstrap sample of the customers, so
    that it shows what another train set would have changed; the model kept is the last one fitted
    on all train rows. Raises NotApplicable where the method cannot answer, and whatever it raises.
    """
    kind_name = method.split("/")[0]
    kind = registry.module("kinds", kind_name)
    declared = registry.find("methods", method)
    columns = kind.columns(problem.facts["roles"])
    answers, model = [], None
    for number in problem.fold_numbers():
        fold = problem.fold(number)
        context = Context(
            horizon_days=problem.facts.get("horizon_days"),
            seed=seed_of(seed, method, fold.window, fold.refit),
            gap_days=problem.facts.get("gap_days") or 0,
            roles=problem.facts["roles"],
            stability_refits=stability_refits,
        )
        rows = fold.test_rows[columns].reset_index(drop=True)
        train, outcomes = (rows, None) if kind.LABEL_FREE else (fold.train_rows[columns], fold.train_outcomes)
        if fold.refit:
            owners = (fold.test_rows if kind.LABEL_FREE else fold.train_rows)["customer"]
            drawn = customers_drawn(owners, seed_of(seed, "refit", fold.window, fold.refit))
            train, outcomes = train.iloc[drawn], outcomes if outcomes is None else outcomes[drawn]
        fitted = kind.fit(
            lambda s: declared(**parameters, seed=s), train.reset_index(drop=True), outcomes, context
        )
        answer = kind.answer(fitted, rows, context)
        model = model if fold.refit else fitted
        _check(answer, kind.ANSWER, len(rows), method)
        answer.insert(0, "row_id", fold.test_row_ids)
        answer.insert(0, "fold", number)
        answers.append(answer)
    if not answers:
        raise NotApplicable("the problem has no folds")
    return pd.concat(answers, ignore_index=True), model


def customers_drawn(owners: pd.Series, seed: int) -> np.ndarray:
    """Return the row positions of a bootstrap sample of customers, each with all of its rows, sorted."""
    code, known = pd.factorize(owners)
    code = np.where(code < 0, len(known) + np.arange(len(code)), code)  # an unknown owner owns one row
    copies = np.random.default_rng(seed).multinomial(
        code.max() + 1, np.full(code.max() + 1, 1 / (code.max() + 1))
    )
    return np.repeat(np.arange(len(code)), copies[code])


def _check(answer: pd.DataFrame, wanted: tuple[str, ...], rows: int, method: str) -> None:
    """Refuse an answer that does not meet the kind's contract."""
    missing = [c for c in wanted if c not in answer]
    if missing:
        raise ValueError(f"{method} answered without the column {missing[0]}")
    if len(answer) != rows:
        raise ValueError(f"{method} answered {len(answer)} rows of {rows}")
    broken = answer.columns[answer.isna().any()]
    if len(broken):
        raise ValueError(
            f"{method} answered {broken[0]} with {int(answer[broken[0]].isna().sum())} missing values"
        )
