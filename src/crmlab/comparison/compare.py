"""A comparison: the runs of one problem, scored, with a verdict; what notebooks and reviewers read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab import params, registry, store
from crmlab.comparison import record as records
from crmlab.comparison import saying
from crmlab.comparison.choice import chosen
from crmlab.comparison.keys import score_key
from crmlab.comparison.oracle import with_oracle
from crmlab.comparison.over_time import in_another_window
from crmlab.comparison.progress import reporter
from crmlab.comparison.rivals import margin_of, refuse_absent
from crmlab.comparison.run import Run, run
from crmlab.comparison.score import Scores, score
from crmlab.comparison.verdict import Verdict, judge, rank_order
from crmlab.errors import UsageError
from crmlab.maths import ranking
from crmlab.problems import censoring
from crmlab.problems.files import load
from crmlab.problems.problem import Problem
from crmlab.vocabulary import OK

PIPELINE = "pipeline"
SCRATCH = "scratch"


@dataclass(frozen=True)
class Comparison:
    """The methods of a roster on one problem, judged under one protocol."""

    problem: Problem
    runs: list[Run]
    scores: Scores
    verdict: Verdict
    money: Verdict | None
    primary: str
    metrics: tuple[str, ...]
    economics: Mapping[str, float]
    level: float
    score_key: str
    seed: int
    margin: float
    seconds_per_run: float
    may_be_absent: tuple[str, ...] = ()

    @property
    def varies(self) -> str:
        """What the intervals vary."""
        most = max((int(r.refits["refit"].max()) for r in self.runs if r.refits is not None), default=0)
        text = self.problem.protocol.varies
        if not most:
            return text
        return f"{text}; train customers and seed, by {most} bootstrap refits of every window"

    @property
    def task(self) -> str:
        """The business question."""
        return self.problem.task

    @property
    def name(self) -> str:
        """The problem's name."""
        return self.problem.name

    @property
    def chosen(self) -> str | None:
        """The method to use: of segmentations the recommended one, else the champion."""
        return chosen(self)

    def run_of(self, method: str) -> Run:
        """Return a method's run. Raises UsageError for a method that is not in the comparison."""
        for candidate in self.runs:
            if candidate.method == method:
                return candidate
        raise UsageError(f"'{method}' is not in the comparison {self.task}/{self.name}")

    def order(self) -> list[str]:
        """Return the methods, best first by the primary metric, those without a value last."""
        return rank_order(self.of_metric(self.primary), registry.metric(self.primary))

    def of_metric(self, metric: str) -> pd.DataFrame:
        """Return the values of one metric (method, value, lower, upper, reason)."""
        values = self.scores.values
        return values[values["metric"] == metric].drop(columns="metric").reset_index(drop=True)

    def ranking(self) -> pd.DataFrame:
        """Return the board: one row per method, best first; the primary metric with its interval."""
        primary = registry.metric(self.primary)
        wide = self.scores.values.pivot(index="method", columns="metric", values="value")
        board = self.of_metric(self.primary).set_index("method").loc[self.order()]
        labels = {r.method: r for r in self.runs}
        columns: dict[str, Any] = {
            "Method": [labels[m].label for m in board.index],
            "Kind": [labels[m].kind for m in board.index],
            "Control": [(labels[m].control or "").replace("_", " ") for m in board.index],
            primary.label: board["value"].to_numpy(),
            "lower": board["lower"].to_numpy(),
            "upper": board["upper"].to_numpy(),
        }
        for name in self.metrics:
            if name != self.primary:
                columns[registry.metric(name).label] = wide.loc[board.index, name].to_numpy()
        notes = {m: labels[m].reason or reason or labels[m].note for m, reason in board["reason"].items()}
        columns["Note"] = list(notes.values())
        return pd.DataFrame(columns)

    def differences(self, metric: str | None = None) -> pd.DataFrame:
        """Return all pairs by a metric (default: the primary), with simultaneous intervals."""
        labels = {r.method: r.label for r in self.runs}
        pairs = self.scores.pairs[metric or self.primary]
        return pairs.assign(a=pairs["a"].map(labels), b=pairs["b"].map(labels))

    def costs(self) -> pd.DataFrame:
        """Return what each run cost: CPU seconds, peak memory, fits, and whether it was reused."""
        rows = [
            {"Method": r.label, **(r.cost or {}), "reused": r.reused, "status": r.status}
            for r in self.runs
            if r.cost or r.status != OK
        ]
        return pd.DataFrame(rows)

    def predictions(self) -> pd.DataFrame:
        """Return every answer of the roster, sorted by method, fold and row."""
        answered = [r.answers.assign(method=r.method) for r in self.runs if r.status == OK]
        if not answered:
            return pd.DataFrame({"method": [], "fold": [], "row_id": []})
        every = pd.concat(answered, ignore_index=True)
        first = ["method", "fold", "row_id"]
        return every[first + sorted(set(every) - set(first))].sort_values(first, ignore_index=True)

    def curves(self) -> pd.DataFrame:
        """Return one curve per method for `dvc plots`, at most 101 points each.

        Where answers are scores: the cumulative gains on the last window (method, share of customers
        contacted, share of outcomes reached). Else the primary metric over windows (method, window,
        value). The axes are called x and y for every task, as one stage draws them all.
        """
        last = self.problem.last_number()
        solution = self.problem.solution.set_index("row_id")
        parts = []
        for r in self.runs:
            if r.status != OK:
                continue
            if "score" in r.answers:
                own = r.answers[r.answers["fold"] == last]
                share, reached = ranking.gains(
                    censoring.counted(solution.loc[own["row_id"]]), own["score"].to_numpy()
                )
                at = np.linspace(0, 1, 101)
                part = {"x": at, "y": np.interp(at, share, reached)}
            else:
                values = records.fold_values(self.scores.folds, r.method, self.primary)
                part = {"x": np.arange(len(values)), "y": values}
            parts.append(pd.DataFrame({"method": r.method, **part}))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["method"])

    def summary(self) -> dict[str, float]:
        """Return the champion's primary value with its interval, and its gain over the status quo."""
        return records.summary(self)

    def record(self) -> dict[str, Any]:
        """Return everything that git keeps of the comparison, under one digest."""
        return records.record(self)

    def save(self, output: str = SCRATCH) -> Path:
        """Write predictions, curves, metrics and the record; return the record's path.

        output: 'pipeline' for the files that DVC and git watch, 'scratch' for a look around.
        """
        if output == PIPELINE:
            refuse_absent(self)
            places = (store.predictions_file, store.scores_file, store.curves_file, store.metrics_file)
            predictions, scores, curves, metrics = (place(self.task, self.name) for place in places)
        elif output == SCRATCH:
            folder = store.scratch_folder() / self.task / self.name
            names = ("predictions.parquet", "scores.json", "curves.csv", "metrics.json")
            predictions, scores, curves, metrics = (folder / name for name in names)
        else:
            raise UsageError(f"output = {output!r} must be '{PIPELINE}' or '{SCRATCH}'")
        store.write_frame(predictions, self.predictions())
        with store.replacing(curves) as part:
            self.curves().to_csv(part, index=False, float_format="%.6g")
        store.write_json(metrics, records.metric_lines(self))
        records.write(scores, self)
        return scores


def compare(
    task: str,
    problem: str,
    *,
    fresh: bool = False,
    settings: params.Params | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Fit the roster's methods on a problem, score them, and judge.

    fresh: refit also what the store holds. settings: default params.yaml. Raises UsageError for
    an unknown task, problem, method, parameter; DataError where the problem was not made yet.
    """
    settings = settings or params.load()
    part = settings.task(task)
    posed = load(task, problem)
    roster = part.roster(problem)
    accepted = registry.find("tasks", task).kinds
    refused = [e.method for e in roster if not _answers_as(e.method.split("/")[0]) & {*accepted}]
    if refused:
        raise UsageError(f"the task '{task}' takes {', '.join(accepted)}: not {refused[0]}")
    runs = run(
        posed,
        roster,
        part.fitting(settings.seed, in_time=posed.protocol.in_time),
        workers=settings.workers,
        seconds_per_run=settings.seconds_per_run,
        fresh=fresh,
        progress=progress or reporter(f"{task}/{problem}"),
    )
    return judged(posed, runs, part, settings)


def _answers_as(kind: str) -> set[str]:
    """Return the kinds of which a method of this kind may stand beside others: its own and ANSWERS_AS."""
    return {kind, getattr(registry.module("kinds", kind), "ANSWERS_AS", kind)}


def judged(posed: Problem, runs: list[Run], part: params.Task, settings: params.Params) -> Comparison:
    """Score runs that are there and judge them; nothing is fitted."""
    runs = with_oracle(posed, runs)
    judging = [part.primary] if part.money is None else [part.primary, part.money]
    scores = score(
        posed,
        runs,
        part.metrics,
        part.economics,
        judging=judging,
        level=settings.level,
        replicates=part.replicates(posed.name, settings.replicates),
        seed=settings.seed,
    )
    by = {name: _judged_by(name, posed, runs, scores, settings) for name in judging}
    verdict, money = by[part.primary], by.get(part.money)
    if money is not None:
        label = {r.method: r.label for r in runs}
        beside = saying.beside_money(verdict, money, *map(registry.metric, judging), label)
        verdict = replace(verdict, sentences=(*verdict.sentences, beside))
    return Comparison(
        problem=posed,
        runs=runs,
        scores=scores,
        verdict=verdict,
        money=money,
        primary=part.primary,
        metrics=part.metrics,
        economics=part.economics,
        level=settings.level,
        score_key=score_key(
            posed.name, posed.facts["digest"], {r.method: (r.key, r.status) for r in runs}, part, settings
        ),
        seed=settings.seed,
        margin=margin_of(part.primary, runs, scores, settings),
        seconds_per_run=settings.seconds_per_run,
        may_be_absent=part.may_be_absent,
    )


def _judged_by(
    name: str, posed: Problem, runs: list[Run], scores: Scores, settings: params.Params
) -> Verdict:
    """Return the verdict by one metric."""
    folds = scores.folds[scores.folds["metric"] == name]
    return judge(
        runs,
        scores.values[scores.values["metric"] == name],
        scores.pairs[name],
        registry.metric(name),
        chance=scores.chance[name],
        level=settings.level,
        margin=margin_of(name, runs, scores, settings),
        picked=scores.picked.get(name),
        another=partial(in_another_window, posed, folds, level=settings.level),
    )
