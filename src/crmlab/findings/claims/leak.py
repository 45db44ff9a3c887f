"""The leak: what a column that is known too late would have bought, shown where it can do no harm.

A data set's card bars such a column, and no problem ever holds it. Here the table is read directly,
two methods are fitted with and without the column, and both are judged on the same test rows;
nothing is kept, and no roster can enter what is made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import params, registry, store
from crmlab.data.described import described
from crmlab.errors import NotApplicable, UsageError, did_you_mean
from crmlab.kinds import Context
from crmlab.maths import ranking, resampling
from crmlab.params import Entry
from crmlab.problems import from_labelled
from crmlab.problems.problem import Fold, Problem
from crmlab.seeds import generator, seed_of

METHODS = ("classification/logit", "classification/hist_boosting")
"""A line and a learner of interactions: enough to see what the column gives away."""


@dataclass(frozen=True)
class Leak:
    """What one column would have bought.

    table: one row per problem (a protocol) and method: the AUC without and with the column on the
    same test rows, the gain and its interval (lower, upper), which varies the test rows.
    """

    column: str
    reason: str
    level: float
    table: pd.DataFrame

    def head(self) -> pd.DataFrame:
        """Return the table for reading: AUC without and with the column, and the gain with its interval."""
        rows = [
            {
                "Problem": row.problem,
                "Method": row.method,
                f"AUC without {self.column}": f"{row.without_column:.3f}",
                f"AUC with {self.column}": f"{row.with_column:.3f}",
                "Gain": f"{row.gain:+.3f} [{row.lower:+.3f}, {row.upper:+.3f}]",
            }
            for row in self.table.itertuples()
        ]
        return pd.DataFrame(rows).set_index("Problem")

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what the column would have bought, one sentence per row of the table."""
        return (
            f"`{self.column}` is barred: {self.reason}.",
            *(self._said(row) for row in self.table.itertuples()),
        )

    def _said(self, row: Any) -> str:
        """Say one gain, and whether it is one."""
        interval = f"{row.gain:+.3f}, {self.level:.0%} interval {row.lower:+.3f} to {row.upper:+.3f}"
        if row.lower > 0:
            end = f"that is what the leak would have bought ({interval})."
        elif row.upper < 0:
            end = f"the leak would have cost accuracy ({interval})."
        else:
            end = f"the leak would have bought nothing that is established ({interval})."
        return (
            f"On `{row.problem}`, {row.method} would have shown an AUC of {row.with_column:.3f} with it, not "
            f"{row.without_column:.3f}: {end}"
        )


def find(task: str, problems: Sequence[str], *, settings: params.Params | None = None) -> Leak:
    """Return the demonstration on problems of params.yaml that lie on one data set, by their protocols.

    The methods are those of the first problem's roster. Raises NotApplicable where the data set bars no
    column, UsageError for problems of different data sets.
    """
    settings = settings or params.load()
    asked = settings.task(task)
    specs = {name: asked.spec(name) for name in problems}
    datasets = sorted({spec["dataset"] for spec in specs.values()})
    if len(datasets) != 1:
        raise UsageError(f"a leak is shown on one data set, and these problems lie on {', '.join(datasets)}")
    barred = described(datasets[0]).barred
    if not barred:
        raise NotApplicable(f"the card of {datasets[0]} bars no column: there is nothing that could leak")
    return demonstrate(
        datasets[0],
        next(iter(barred)),
        specs,
        [entry for entry in asked.roster(problems[0]) if entry.method in METHODS],
        level=settings.level,
        replicates=settings.replicates,
        seed=settings.seed,
    )


def demonstrate(
    dataset: str,
    column: str,
    specs: Mapping[str, Mapping[str, Any]],
    entries: Sequence[Entry],
    *,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int,
) -> Leak:
    """Fit classifiers once with and once without a barred column, on the last window of each spec.

    specs: how to pose the labelled table, by a name for the table of results. entries: the
    methods. replicates: bootstrap weightings of the test rows, the same ones with and without the
    column. Raises UsageError for a column that the data set does not bar.
    """
    barred = described(dataset).barred
    if column not in barred:
        raise UsageError(f"{dataset} does not bar a column '{column}'.{did_you_mean(column, barred)}")
    connection = store.engine()
    labelled = store.open_tables(dataset, connection)["labelled"]
    table = connection.to_pyarrow(labelled.order_by("row_id")).to_pandas()
    still_barred = {c: why for c, why in barred.items() if c != column}
    rows = []
    for name, spec in specs.items():
        honest, leaking = (_posed(table, spec, kept, seed) for kept in (barred, still_barred))
        for entry in entries:
            gain = _gain(honest, leaking, entry, level=level, replicates=replicates, seed=seed)
            rows.append({"problem": name, "method": registry.find("methods", entry.method).label, **gain})
    return Leak(column, barred[column], level, pd.DataFrame(rows))


def _posed(table: pd.DataFrame, spec: Mapping[str, Any], barred: Mapping[str, str], seed: int) -> Problem:
    """Return a labelled table posed with other columns barred than its card says; it is never saved."""
    made = from_labelled.pose(table, spec, barred=barred, seed=seed)
    facts = {"roles": made.roles, "folds": made.folds.facts}
    return Problem("leak", "leak", spec, made.rows, made.folds.frame, made.solution, facts)


def _gain(
    honest: Problem, leaking: Problem, entry: Entry, *, level: float, replicates: int, seed: int
) -> dict[str, float]:
    """Return a method's AUC on the last window without and with the column, and the gain's interval."""
    last = honest.last_number()
    fold = honest.fold(last)
    outcome = honest.solution["outcome"].to_numpy()[fold.test_row_ids]
    drawn = resampling.poisson_weights(
        np.arange(len(outcome)), replicates, generator(seed, "leak", entry.method)
    )
    weights = np.concatenate([np.ones((1, len(outcome)), dtype=np.uint8), drawn])
    without, with_ = (
        ranking.auc(outcome, _scores(p, p.fold(last), entry, seed), weights) for p in (honest, leaking)
    )
    gain = with_ - without
    lower, upper = resampling.interval_from_replicates(gain[0], gain[1:], level=level)
    return {
        "without_column": float(without[0]),
        "with_column": float(with_[0]),
        "gain": float(gain[0]),
        "lower": lower,
        "upper": upper,
    }


def _scores(problem: Problem, fold: Fold, entry: Entry, seed: int) -> np.ndarray:
    """Return the scores of a fold's test rows by a method fitted on its train rows."""
    kind, declared = registry.module("kinds", "classification"), registry.find("methods", entry.method)
    columns = kind.columns(problem.facts["roles"])
    context = Context(None, seed_of(seed, "leak", entry.method), problem.facts["roles"])
    fitted = kind.fit(
        lambda seed: declared(**entry.parameters, seed=seed),
        fold.train_rows[columns],
        fold.train_outcomes,
        context,
    )
    return kind.answer(fitted, fold.test_rows[columns], context)["score"].to_numpy()
