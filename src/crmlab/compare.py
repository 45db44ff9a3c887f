"""A comparison: the runs of one problem, scored, with a verdict; what notebooks and reviewers read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab import censoring, harness, params, registry, store
from crmlab.errors import UsageError
from crmlab.maths import ranking
from crmlab.problem import Problem, load
from crmlab.recommendation import recommend
from crmlab.run import Run, run
from crmlab.score import Scores, score, with_oracle
from crmlab.verdict import Verdict, judge, rank_order
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
    primary: str
    metrics: tuple[str, ...]
    economics: Mapping[str, float]
    level: float
    score_key: str
    seed: int

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
        is_segmented = any(r.status == OK and "segment" in r.answers for r in self.runs)
        return (recommend(self).method if is_segmented else None) or self.verdict.champion

    def run_of(self, method: str) -> Run:
        """Return a method's run. Raises UsageError for a method that is not in the comparison."""
        for candidate in self.runs:
            if candidate.method == method:
                return candidate
        raise UsageError(f"'{method}' is not in the comparison {self.task}/{self.name}")

    def order(self) -> list[str]:
        """Return the methods, best first by the primary metric, those without a value last."""
        return rank_order(self.of_metric(self.primary), registry.find("metrics", self.primary))

    def of_metric(self, metric: str) -> pd.DataFrame:
        """Return the values of one metric (method, value, lower, upper, reason)."""
        values = self.scores.values
        return values[values["metric"] == metric].drop(columns="metric").reset_index(drop=True)

    def ranking(self) -> pd.DataFrame:
        """Return the board: one row per method, best first; the primary metric with its interval."""
        primary = registry.find("metrics", self.primary)
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
                columns[registry.find("metrics", name).label] = wide.loc[board.index, name].to_numpy()
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
        value).
        """
        last = max(self.problem.facts["folds"], key=lambda f: (f["window"], -f["refit"]))["fold"]
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
                part = {"share": at, "reached": np.interp(at, share, reached)}
            else:
                values = _fold_values(self.scores.folds, r.method, self.primary)
                part = {"window": np.arange(len(values)), "value": values}
            parts.append(pd.DataFrame({"method": r.method, **part}))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["method"])

    def record(self) -> dict[str, Any]:
        """Return what is kept in git: keys, values with intervals, differences, verdict."""
        facts = self.problem.facts
        windows = self.scores.folds
        methods = {}
        for method in self.order():
            r = self.run_of(method)
            own = self.scores.values[self.scores.values["method"] == method]
            methods[method] = {
                "label": r.label,
                "control": r.control,
                "parameters": r.parameters,
                "run_key": r.key,
                "status": r.status,
                "reason": r.reason,
                "note": r.note,
                "scores": {
                    v.metric: {"value": v.value, "lower": v.lower, "upper": v.upper}
                    | ({"reason": v.reason} if v.reason else {})
                    for v in own.itertuples()
                }
                if r.status == OK
                else {},
                "folds": _fold_values(windows, method, self.primary),
            }
        return {
            "task": self.task,
            "problem": self.name,
            "dataset": facts["dataset"],
            "protocol": facts["protocol"],
            "varies": facts["varies"],
            "problem_key": facts["problem_key"],
            "problem_digest": facts["digest"],
            "score_key": self.score_key,
            "environment": harness.environment(),
            "seed": self.seed,
            "level": self.level,
            "primary": self.primary,
            "metrics": {
                m: {"label": d.label, "unit": d.unit, "best": d.best, "chance": self.scores.chance[m]}
                for m in self.metrics
                for d in [registry.find("metrics", m)]
            },
            "economics": dict(self.economics),
            "methods": methods,  # best first
            "differences": self.scores.pairs[self.primary].to_dict("records"),
            "verdict": {
                "champion": self.verdict.champion,
                "chosen": self.chosen,
                "lead_is_real": self.verdict.lead_is_real,
                "contenders": list(self.verdict.contenders),
                "sentences": list(self.verdict.sentences),
            },
        }

    def save(self, output: str = SCRATCH) -> Path:
        """Write predictions and scores; return the scores' path.

        output: 'pipeline' for the files that DVC and git watch, 'scratch' for a look around.
        """
        if output == PIPELINE:
            predictions = store.predictions_file(self.task, self.name)
            scores = store.scores_file(self.task, self.name)
            curves = store.curves_file(self.task, self.name)
        elif output == SCRATCH:
            folder = store.scratch_folder() / self.task / self.name
            predictions, scores = folder / "predictions.parquet", folder / "scores.json"
            curves = folder / "curves.csv"
        else:
            raise UsageError(f"output = {output!r} must be '{PIPELINE}' or '{SCRATCH}'")
        store.write_frame(predictions, self.predictions())
        with store.replacing(curves) as part:
            self.curves().to_csv(part, index=False, float_format="%.6g")
        store.write_json(scores, self.record())
        return scores


def _fold_values(folds: pd.DataFrame, method: str, metric: str) -> list[float]:
    """Return a method's values of one metric, one per fold."""
    if folds.empty:
        return []
    own = folds[(folds["method"] == method) & (folds["metric"] == metric)]
    return own.sort_values("fold")["value"].tolist()


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
    accepted = registry.module("tasks", task).KINDS
    refused = [e.method for e in roster if not _answers_as(e.method.split("/")[0]) & {*accepted}]
    if refused:
        raise UsageError(f"the task '{task}' takes {', '.join(accepted)}: not {refused[0]}")
    runs = run(
        posed,
        roster,
        seed=settings.seed,
        stability_refits=part.stability_refits,
        inner_share=part.inner_share,
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
    scores = score(
        posed,
        runs,
        part.metrics,
        part.economics,
        level=settings.level,
        replicates=part.replicates(posed.name, settings.replicates),
        seed=settings.seed,
    )
    primary = registry.find("metrics", part.primary)
    values = scores.values[scores.values["metric"] == part.primary]
    verdict = judge(
        runs,
        values,
        scores.pairs[part.primary],
        primary,
        chance=scores.chance[part.primary],
        level=settings.level,
    )
    return Comparison(
        problem=posed,
        runs=runs,
        scores=scores,
        verdict=verdict,
        primary=part.primary,
        metrics=part.metrics,
        economics=part.economics,
        level=settings.level,
        score_key=score_key(
            posed.name, posed.facts["digest"], {r.method: r.key for r in runs}, part, settings
        ),
        seed=settings.seed,
    )


def score_key(
    problem: str, digest: str, run_keys: Mapping[str, str], part: params.Task, settings: params.Params
) -> str:
    """Return the name of a scored comparison: its runs, the metrics' sources and the prices."""
    asked = {price for m in part.metrics for price in registry.prices(m)}
    content = [
        digest,
        sorted(run_keys.items()),
        list(part.metrics),
        part.primary,
        sorted((k, float(v)) for k, v in part.economics.items() if k in asked),
        [settings.level, part.replicates(problem, settings.replicates), settings.seed],
        registry.source_digest("crmlab.maths.resampling", *(f"crmlab.metrics.{m}" for m in part.metrics)),
        registry.source_digest("crmlab.score", "crmlab.verdict", "crmlab.controls", transitive=False),
    ]
    return store.digest_of(content)[:20]


def reporter(title: str) -> Callable[[str], None]:
    """Return a function that keeps one progress line.

    The line goes to the file named by CRMLAB_PROGRESS (crmlab's own command shows it on the
    terminal while papermill runs), else to the terminal, and nowhere else: no flood in a notebook.
    """
    target = os.environ.get("CRMLAB_PROGRESS")

    def report(line: str) -> None:
        text = f"{title}: {line}" if line else ""
        if target:
            Path(target).write_text(text, encoding="utf-8")
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    return report
