"""The harness: how a method answers a problem, fold by fold, without ever seeing the solution.

This module is part of every run's key: what is written here decides the numbers.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.seeds import seed_of

NUMERICAL_LIBRARIES = (
    "diptest",
    "empulse",
    "interpret-core",
    "kmedoids",
    "lightgbm",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "stepmix",
)


@dataclass(frozen=True)
class Answered:
    """What a method answered to a problem.

    answers: every fold's test rows (fold, row_id, the kind's ANSWER columns and what else the model
    says). model: the one fitted on all train rows of the last window. details: what each fold's model
    says of its own fit, by fold, for refit 0. inner: scores of the inner hold-out rows (fold, row_id,
    score), or None.
    """

    answers: pd.DataFrame
    model: Any
    details: dict[int, dict[str, Any]]
    inner: pd.DataFrame | None


def environment() -> dict[str, str]:
    """Return what, besides our own code, decides a run's numbers: Python minor and libraries."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python} | {name: _version(name) for name in NUMERICAL_LIBRARIES}


def _version(name: str) -> str:
    """Return a library's version, or that it is absent (some are optional)."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def run_key(
    problem_digest: str,
    method: str,
    parameters: Mapping[str, Any],
    *,
    seed: int,
    stability_refits: int,
    inner_share: float,
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
        inner_share,
        sorted(environment.items()),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def answer_folds(
    problem: Any,
    method: str,
    parameters: Mapping[str, Any],
    *,
    seed: int,
    stability_refits: int = 0,
    inner_share: float = 0.0,
) -> Answered:
    """Fit and answer every fold of a problem.

    The method gets, per fold, the train rows with what its kind learns from and the test rows without; a
    kind that learns from no outcome gets the test rows alone. A refit is fitted with another seed on a
    bootstrap sample of the customers, so that it shows what another train set would have changed.

    inner_share: where above 0, a second model of each fold, fitted on the earlier train rows, scores
    the later ones: what a threshold or a calibration may be chosen on. Raises NotApplicable where
    the method cannot answer, and whatever it raises.
    """
    kind = registry.module("kinds", method.split("/")[0])
    declared = registry.find("methods", method)
    columns = kind.columns(problem.facts["roles"])

    def make(seed: int, **fixed: Any) -> Any:
        return declared(**{**parameters, **fixed}, seed=seed)

    answers, inner, details, model = [], [], {}, None
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
        train, outcomes = rows, None
        if kind.TARGET:
            train, outcomes = fold.train_rows[columns], fold.train_outcomes[list(kind.TARGET)]
        if fold.refit and len(train):
            owners = (fold.train_rows if kind.TARGET else fold.test_rows)["customer"]
            drawn = customers_drawn(owners, seed_of(seed, "refit", fold.window, fold.refit))
            train, outcomes = train.iloc[drawn], outcomes if outcomes is None else outcomes.iloc[drawn]
        fitted = kind.fit(make, train.reset_index(drop=True), outcomes, context)
        answer = kind.answer(fitted, rows, context)
        _check(answer, kind.ANSWER, len(rows), method)
        answers.append(_placed(answer, number, fold.test_row_ids))
        if fold.refit:
            continue
        model, details[number] = fitted, dict(getattr(fitted, "details_", {}))
        if inner_share and kind.TARGET:
            earlier, later = inner_split(fold.train_rows, problem.facts, inner_share, context.seed)
            known = outcomes.iloc[earlier]
            if len(later) and known.nunique().min() > 1:
                again = kind.fit(make, train.iloc[earlier].reset_index(drop=True), known, context)
                held = kind.answer(again, train.iloc[later].reset_index(drop=True), context)
                inner.append(_placed(held, number, fold.train_rows["row_id"].to_numpy()[later]))
    if not answers:
        raise NotApplicable("the problem has no folds")
    held = pd.concat(inner, ignore_index=True) if inner else None
    return Answered(pd.concat(answers, ignore_index=True), model, details, held)


def inner_split(
    rows: pd.DataFrame, facts: Mapping[str, Any], share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split train rows into earlier and later ones by time; return two arrays of positions.

    Events: the last origin is later; earlier are the origins whose label windows end before it. A
    table in time order: the last `share` of the rows. Where there is no time (cross-validation), or
    no origin ends early enough, a random share of the customers.
    """
    origins = rows["origin"]
    if origins.notna().all() and len(rows):
        last = origins.max()
        reach = pd.Timedelta(days=facts["horizon_days"] + (facts.get("gap_days") or 0))
        earlier = np.flatnonzero(origins + reach <= last)
        if len(earlier):
            return earlier, np.flatnonzero(origins == last)
    elif facts["protocol"] != "cross_validation":
        order = rows["period"].argsort(kind="stable") if "period" in rows else np.arange(len(rows))
        cut = len(rows) - round(share * len(rows))
        return np.sort(order[:cut]), np.sort(order[cut:])
    code, known = pd.factorize(rows["customer"])
    later = np.random.default_rng(seed_of(seed, "inner")).random(len(known)) < share
    return np.flatnonzero(~later[code]), np.flatnonzero(later[code])


def _placed(answer: pd.DataFrame, fold: int, row_ids: np.ndarray) -> pd.DataFrame:
    """Return an answer with the fold and the row that each line belongs to."""
    answer.insert(0, "row_id", row_ids)
    answer.insert(0, "fold", fold)
    return answer


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
