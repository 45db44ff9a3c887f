"""The harness: how a method answers a problem, fold by fold, without ever seeing the solution.

This module is part of every run's key: what is written here decides the numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import EARLIER, LATER, NEITHER, Context, Fitting
from crmlab.maths.convergence import DidNotConverge
from crmlab.problems.handed import Fold, fold_of
from crmlab.seeds import generator, seed_of

if TYPE_CHECKING:
    from crmlab.problems.problem import Problem


@dataclass(frozen=True)
class Answered:
    """What a method answered to a problem.

    answers: every fold's test rows (fold, row_id, the kind's ANSWER columns and what else the model
    says). refits: the same of each refit (fold, refit, row_id, ...), or None. model: the one fitted on all
    train rows of the last window. details: what each fold's model says of its own fit, by fold. inner:
    scores of the inner hold-out rows (fold, row_id, score), or None.
    """

    answers: pd.DataFrame
    refits: pd.DataFrame | None
    model: Any
    details: dict[int, dict[str, Any]]
    inner: pd.DataFrame | None


def answer_folds(problem: Problem, method: str, parameters: Mapping[str, Any], fitting: Fitting) -> Answered:
    """Fit and answer every fold of a problem, and as many refits of each as asked for.

    The method gets, per fold, the train rows with what its kind learns from and the test rows without; a
    kind that learns from no outcome gets the test rows alone. A refit is fitted with another seed on a
    bootstrap sample of the customers, so that it shows what another train set would have changed: the same
    sample for every method and every window. A refit that cannot be fitted (its sample holds one class, say)
    is left out. Raises NotApplicable where the method cannot answer, and whatever it raises.
    """
    kind = registry.module("kinds", method.split("/")[0])
    declared = registry.find("methods", method)

    def make(seed: int, **fixed: Any) -> Any:
        return declared(**{**parameters, **fixed}, seed=seed)

    samples = {r: customers_drawn(_owners(problem.rows), fitting.seed, r) for r in _refits(fitting)}
    answers, refits, inner, details, model = [], [], [], {}, None
    for number in problem.fold_numbers():
        fold = fold_of(problem, number)
        seed = seed_of(fitting.seed, method, fold.window, 0)
        given = _given(problem, fold, kind, seed, fitting)
        model = given.fitted(kind, make)
        answers.append(_placed(given.answer(kind, model, method), number, fold.test_row_ids))
        details[number] = dict(getattr(model, "details_", {}))
        inner += _inner_answers(problem, fold, given, kind, make, fitting)
        for refit, copies in samples.items():
            again = given.drawn(copies, seed_of(fitting.seed, method, fold.window, refit))
            with contextlib.suppress(NotApplicable, DidNotConverge):
                answer = again.answer(kind, again.fitted(kind, make), method)
                refits.append(_placed(answer, number, fold.test_row_ids))
                refits[-1].insert(1, "refit", refit)
    if not answers:
        raise NotApplicable("the problem has no folds")
    whole, again, held = (pd.concat(p, ignore_index=True) if p else None for p in (answers, refits, inner))
    return Answered(whole, again, model, details, held)


def _refits(fitting: Fitting) -> range:
    """Return the numbers of the refits."""
    return range(1, fitting.refits + 1)


@dataclass(frozen=True)
class _Given:
    """What a kind is handed of a fold: train rows with whose they are, their outcomes, and the test rows.

    fed: the context of the fit; context: that of the answer. They differ in a refit, which learns from the
    customers that it drew and answers for everybody.
    """

    train: pd.DataFrame
    owners: pd.Series
    outcomes: pd.DataFrame | None
    rows: pd.DataFrame
    fed: Context
    context: Context

    def fitted(self, kind: Any, make: Any) -> Any:
        """Return a model fitted on the train rows."""
        return kind.fit(make, self.train.reset_index(drop=True), self.outcomes, self.fed)

    def answer(self, kind: Any, model: Any, method: str) -> pd.DataFrame:
        """Return a model's answer to the test rows. Raises ValueError where it breaks the contract."""
        answer = kind.answer(model, self.rows.copy(), self.context)
        _check(answer, kind.ANSWER, len(self.rows), method)
        return answer

    def part(self, at: np.ndarray, **changed: Any) -> _Given:
        """Return the same with the train rows at these positions alone, as often as they stand there."""
        outcomes = None if self.outcomes is None else self.outcomes.iloc[at].reset_index(drop=True)
        part = replace(self, train=self.train.iloc[at], owners=self.owners.iloc[at], outcomes=outcomes)
        return replace(part, fed=replace(self.fed, **changed))

    def drawn(self, copies: pd.Series, seed: int) -> _Given:
        """Return a bootstrap sample of the customers, each with all of its rows, and another seed.

        copies: how often each customer was drawn.
        """
        times = self.owners.map(copies).to_numpy(dtype=np.int64)
        at = np.repeat(np.arange(len(times)), times)
        history = history_drawn(self.fed.history, self.owners.iloc[at])
        inner = None if self.fed.inner is None else self.fed.inner[at]
        sample = self.part(at, history=history, inner=inner, seed=seed)
        return replace(sample, context=replace(self.context, seed=seed))


def _given(problem: Problem, fold: Fold, kind: Any, seed: int, fitting: Fitting) -> _Given:
    """Return what a kind is handed of a fold."""
    columns = kind.columns(problem.facts["roles"])
    rows, inner = fold.test_rows[columns].reset_index(drop=True), None
    learned_from = fold.train_rows if kind.TARGET else fold.test_rows
    if kind.TARGET:
        inner = _inner_parts(fold.train_rows, problem.facts, fitting, seed)
    context = Context(
        horizon_days=problem.facts.get("horizon_days"),
        seed=seed,
        gap_days=problem.facts.get("gap_days") or 0,
        roles=problem.facts["roles"],
        stability_refits=fitting.stability_refits,
        history=fold.history if getattr(kind, "HISTORY", False) else None,
        inner=inner,
    )
    outcomes = fold.train_outcomes[list(kind.TARGET)] if kind.TARGET else None
    return _Given(learned_from[columns], _owners(learned_from), outcomes, rows, context, context)


def _inner_answers(
    problem: Problem, fold: Fold, given: _Given, kind: Any, make: Any, fitting: Fitting
) -> list[pd.DataFrame]:
    """Return the answers to the later train rows of a model that learned from the earlier ones, if any."""
    if not (fitting.inner_share and kind.TARGET):
        return []
    facts, seed = problem.facts, given.context.seed
    earlier, later = inner_split(fold.train_rows, facts, fitting, seed)
    known = given.outcomes.iloc[earlier]
    if not len(later) or known.nunique().min() < 2:
        return []
    chooses = _inner_parts(fold.train_rows.iloc[earlier], facts, fitting, seed)
    model = given.part(earlier, inner=chooses).fitted(kind, make)
    held = kind.answer(model, given.train.iloc[later].reset_index(drop=True), given.context)
    return [_placed(held, fold.number, fold.train_rows["row_id"].to_numpy()[later])]


INNER_SHARE: Final = 0.2
"""Of the train rows, the latest: what a method's own choices are judged on where the task says nothing."""


def _inner_parts(rows: pd.DataFrame, facts: Mapping[str, Any], fitting: Fitting, seed: int) -> np.ndarray:
    """Return EARLIER, LATER or NEITHER of each train row, (n,)."""
    fitting = replace(fitting, inner_share=fitting.inner_share or INNER_SHARE)
    parts = np.full(len(rows), NEITHER, dtype=np.int8)
    for part, at in zip((EARLIER, LATER), inner_split(rows, facts, fitting, seed), strict=True):
        parts[at] = part
    return parts


def inner_split(
    rows: pd.DataFrame, facts: Mapping[str, Any], fitting: Fitting, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split train rows into earlier and later ones by time; return two arrays of positions.

    Events: the last origin is later; earlier are the origins whose label windows end before it. A
    table in time order: the last `share` of the rows. Where there is no time (cross-validation), or
    no origin ends early enough, a random share of the customers.
    """
    origins, share = rows["origin"], fitting.inner_share
    if origins.notna().all() and len(rows):
        last = origins.max()
        reach = pd.Timedelta(days=facts["horizon_days"] + (facts.get("gap_days") or 0))
        earlier = np.flatnonzero(origins + reach <= last)
        if len(earlier):
            return earlier, np.flatnonzero(origins == last)
    elif fitting.in_time:
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


def _owners(rows: pd.DataFrame) -> pd.Series:
    """Return whose each row is; an unknown owner owns one row."""
    return (
        rows["customer"].astype("object").where(rows["customer"].notna(), "row " + rows["row_id"].astype(str))
    )


def customers_drawn(owners: pd.Series, seed: int, refit: int) -> pd.Series:
    """Return how often each customer is in a refit's bootstrap sample, by customer."""
    known = np.sort(owners.unique())
    rng = generator(seed, "refit", refit)
    return pd.Series(rng.multinomial(len(known), np.full(len(known), 1 / len(known))), index=known)


def history_drawn(history: pd.DataFrame | None, owners: pd.Series) -> pd.DataFrame | None:
    """Return the events of the customers of a bootstrap sample, each customer's as often as drawn.

    owners: whose the drawn rows are. A customer drawn again is another one: its name ends with #2, #3, ...
    """
    if history is None:
        return None
    drawn = owners.groupby(owners).size()
    rows = owners.drop_duplicates().to_frame("customer").assign(times=lambda f: f["customer"].map(drawn))
    parts = []
    for copy in range(int(drawn.max()) if len(drawn) else 0):
        who = rows.loc[rows["times"] > copy, "customer"]
        part = history[history["customer"].isin(who)]
        parts.append(part if copy == 0 else part.assign(customer=part["customer"] + f"#{copy + 1}"))
    return pd.concat(parts, ignore_index=True) if parts else history[:0]


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
