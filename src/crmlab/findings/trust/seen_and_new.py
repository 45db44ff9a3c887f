"""Four cells: seen and new customers, within the training time and after it; what each method can score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, store
from crmlab.comparison.oracle import with_oracle
from crmlab.comparison.progress import reporter
from crmlab.comparison.run import Run, run
from crmlab.declare.metric import Metric
from crmlab.errors import NotApplicable
from crmlab.kinds import Fitting
from crmlab.maths import resampling
from crmlab.params import Entry
from crmlab.seeds import generator
from crmlab.vocabulary import CHANCE, OK, ORACLE, TEST, TRAIN

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.problems.problem import Problem

IN_TIME, AFTER = "in time", "after"
SEEN, NEW = "seen", "new"
CELLS: Final = tuple((who, when) for when in (IN_TIME, AFTER) for who in (SEEN, NEW))
REPLICATES: Final = 300


@dataclass(frozen=True)
class Cells:
    """The primary metric of each method in the four cells of the last window.

    table: one row per method and cell: `method`, `label`, `who` (seen, new), `when` (in time, after), `n`
    rows in the cell, `coverage` (the share that the method scored), `value` of the metric with its
    interval `lower` to `upper` (nan where it scored none, or the metric is not defined).
    """

    metric: str
    time: str
    champion: str | None
    level: float
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what the cells are and how large, how the champion does, and who cannot score which."""
        sizes = self.table.drop_duplicates(["who", "when"])
        parts = [f"{r.n:,} {r.who} {r.when}" if r.n else f"none {r.who} {r.when}" for r in sizes.itertuples()]
        said = [
            f"Rows: {'; '.join(parts)}. Seen is who stands in other rows that the model learned from. In "
            f"time are rows of {self.time}, the latest time that it learned from, held out of one more fit.",
            *self._of_the_champion(),
        ]
        blank = self.table[(self.table["coverage"] == 0) & (self.table["n"] > 0)]
        unable = list(dict.fromkeys(blank["label"]))
        if unable:
            few = f"{len(unable)} methods" if len(unable) > 4 else ", ".join(unable)
            said.append(f"A cell without a value was not scored, as by {few}.")
        return tuple(said)

    def _of_the_champion(self) -> list[str]:
        """Say what the champion gains or loses from one time to the other, where it has all four values."""
        own = self.table[self.table["method"] == self.champion].set_index(["who", "when"])
        if own.empty or own["value"].isna().any():
            return []
        parts = [
            f"{who} customers {own.loc[(who, IN_TIME), 'value']:.3f} in time and "
            f"{own.loc[(who, AFTER), 'value']:.3f} after, {_difference(own.loc[who])}"
            for who in (SEEN, NEW)
        ]
        return [f"{own['label'].iloc[0]}, {self.metric}: {'; '.join(parts)}."]

    def head(self) -> pd.DataFrame:
        """Return the table for readers: a row per method, a column per cell."""
        shown = self.table.assign(
            cell=self.table["who"] + ", " + self.table["when"],
            text=[_text(r) for r in self.table.itertuples()],
        )
        wide = shown.pivot(index="label", columns="cell", values="text")
        names = [f"{who}, {when}" for who, when in CELLS]
        return (
            wide.loc[shown["label"].drop_duplicates(), names].rename_axis("Method").rename_axis(None, axis=1)
        )


def find(comparison: Comparison) -> Cells:
    """Return the four cells of a comparison's last window, by its primary metric.

    After: the test rows. In time: rows of the latest train origin, held out of one more fit of each method
    (kept in the store like any other). Of half of the customers there that row is held out, and of every
    second of these all earlier rows too, so that they are new. The label windows of a customer's other
    rows may overlap with that of the row held out: that is what judging in time means. A method without
    labels is fitted on the rows that it scores. Intervals vary the customers of a cell. Raises
    NotApplicable where customers stand in one row only, so that nobody can be seen before, where there are
    no train rows, or where no method answered with what the metric needs.
    """
    problem = comparison.problem
    if not problem.protocol.on_events:
        raise NotApplicable("every row is a customer of its own: nobody is seen at two times")
    fold = problem.last_fold()
    if fold.train_rows.empty:
        raise NotApplicable("there are no train rows: nobody was seen before the test period")
    metric = registry.metric(comparison.primary)
    runs = [r for r in _judged(comparison) if set(metric.reads) <= set(r.answers)]
    if not runs:
        raise NotApplicable(f"no method answered with what {metric.label} needs")
    held = held_in_time(problem, fold.train_rows, seed=comparison.seed)
    again = {r.method: r for r in _fitted_again(comparison, held, runs) if r.status == OK}
    part = held.fold(0)
    judges = {
        IN_TIME: (part.test_rows, set(part.train_rows["customer"])),
        AFTER: (fold.test_rows, set(fold.train_rows["customer"])),
    }
    found = []
    for own in runs:
        answers = {
            IN_TIME: _of_fold(again[own.method].answers, 0) if own.method in again else None,
            AFTER: _of_fold(own.answers, fold.number),
        }
        for who, when in CELLS:
            rows, taught = judges[when]
            rows = rows[rows["customer"].isin(taught) == (who == SEEN)]
            cell = _cell(comparison, metric, rows, answers[when])
            found.append({"method": own.method, "label": own.label, "who": who, "when": when, **cell})
    time = f"{part.test_rows['origin'].iloc[0]:%Y-%m-%d}"
    champion = comparison.verdict.champion
    return Cells(metric.label, time, champion, comparison.level, pd.DataFrame(found))


def held_in_time(problem: Problem, train: pd.DataFrame, *, seed: int) -> Problem:
    """Return the problem with one fold within the training time: rows of the latest train origin test.

    train: the rows that a window learns from. Half of the customers of the latest origin are held out with
    that row, and every second of these with all rows. The outcomes of rows that test are in no train row.
    """
    there = train[train["origin"] == train["origin"].max()]
    customers = np.sort(there["customer"].unique())
    held = generator(seed, "cells", problem.name).permutation(customers)[: (len(customers) + 1) // 2]
    tests = there["customer"].isin(held).reindex(train.index, fill_value=False)
    away = tests | train["customer"].isin(held[::2])
    frame = pd.concat(
        [
            pd.DataFrame({"fold": 0, "row_id": train.loc[chosen, "row_id"], "part": part})
            for part, chosen in ((TRAIN, ~away), (TEST, tests))
        ],
        ignore_index=True,
    )
    fact = {"fold": 0, "window": 0, "cutoff": f"{there['origin'].iloc[0]:%Y-%m-%d}"}
    fact |= {"n_train": int((~away).sum()), "n_test": int(tests.sum())}
    digest = store.digest_of([problem.facts["digest"], store.digest(frame)])
    return replace(problem, folds=frame, facts={**problem.facts, "folds": [fact], "digest": digest})


def _judged(comparison: Comparison) -> list[Run]:
    """Return the runs that answered, best first, without the mark of chance."""
    runs = (comparison.run_of(m) for m in comparison.order())
    return [r for r in runs if r.status == OK and r.control != CHANCE]


def _fitted_again(comparison: Comparison, held: Problem, runs: list[Run]) -> list[Run]:
    """Return the runs of the same methods on the fold within the training time."""
    roster = [Entry(r.method, r.parameters) for r in runs if r.control != ORACLE]
    progress = reporter(f"{comparison.task}/{comparison.name}, in time")
    return with_oracle(held, run(held, roster, Fitting(comparison.seed), progress=progress))


def _of_fold(answers: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return a method's answers of one fold by row id."""
    return answers[answers["fold"] == number].set_index("row_id")


def _cell(
    comparison: Comparison, metric: Metric, rows: pd.DataFrame, answers: pd.DataFrame | None
) -> Mapping[str, Any]:
    """Return size, coverage and the metric with its interval of one method in one cell."""
    scored = rows[rows["row_id"].isin(answers.index)] if answers is not None else rows[:0]
    cell = {"n": len(rows), "coverage": len(scored) / len(rows) if len(rows) else np.nan}
    if scored.empty:
        return cell | dict.fromkeys(("value", "lower", "upper"), np.nan)
    solution = comparison.problem.solution.set_index("row_id", drop=False).loc[scored["row_id"]]
    given = solution, answers.loc[scored["row_id"]], scored
    given = tuple(part.reset_index(drop=True) for part in given)
    rng = generator(comparison.seed, "cells", comparison.name)
    drawn = resampling.poisson_weights(scored["customer"].to_numpy(), REPLICATES, rng)
    value = float(metric(*given, np.ones((1, len(scored))))[0])
    lower, upper = resampling.interval_from_replicates(value, metric(*given, drawn), level=comparison.level)
    return cell | {"value": value, "lower": lower, "upper": upper}


def _difference(own: pd.DataFrame) -> str:
    """Say whether the intervals of a method, by time, lie apart."""
    if own.loc[AFTER, "lower"] > own.loc[IN_TIME, "upper"]:
        return "which is more"
    if own.loc[AFTER, "upper"] < own.loc[IN_TIME, "lower"]:
        return "which is less"
    return "with intervals that overlap"


def _text(row: Any) -> str:
    """Return a cell for readers."""
    if not row.n:
        return "nobody"
    if not row.coverage:
        return "not scored (coverage 0%)"
    value = "not defined" if np.isnan(row.value) else f"{row.value:.3f} [{row.lower:.3f}, {row.upper:.3f}]"
    return value if row.coverage == 1 else f"{value} (coverage {row.coverage:.0%})"
