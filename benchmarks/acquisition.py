"""What a whole comparison costs beside its bare fits: bank marketing, one hold-out and ten windows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from _results import keep

from crmlab import params, registry
from crmlab.comparison import harness
from crmlab.comparison.run import Run
from crmlab.comparison.score import score
from crmlab.declare.method import Method
from crmlab.errors import NotApplicable
from crmlab.kinds import Fitting
from crmlab.problems.files import load
from crmlab.vocabulary import OK

TASK, PROBLEMS = "acquisition", ("bank_marketing", "bank_marketing_rolling")
CONTROLS = ("prevalence", "list_order", "rate_by_level", "rfm_score")
TUNED = "_tuned"


class Timed:
    """A model whose `fit` and `predict_proba` add their CPU seconds to a list."""

    def __init__(self, model: Any, spent: list[float]) -> None:
        self.model, self.spent = model, spent

    def __getattr__(self, name: str) -> Any:
        """Return what the model has, its two verbs with a clock around them."""
        found = getattr(self.model, name)
        return self._clocked(found) if name in ("fit", "predict_proba", "unfitted") else found

    def _clocked(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """Return a verb that keeps the time; what returns the model returns this one."""

        def timed(*arguments: Any) -> Any:
            began = time.process_time()
            result = act(*arguments)
            self.spent.append(time.process_time() - began)
            return self if result is self.model else result

        return timed


def main(options: Sequence[str] = ()) -> None:
    """Answer and score problems with every method of the roster, in this process, one after another.

    options: `--problems NAME ...`, for fewer than both.
    """
    settings, asked = params.load(), options[1:] if list(options[:1]) == ["--problems"] else PROBLEMS
    rows = [row for name in asked for row in compared(name, settings)]
    found = pd.DataFrame(rows)
    total = found.drop(columns=["problem", "method"]).sum()
    methods = found.loc[found["method"] != "scoring", "method"]
    plain = found[~found["method"].isin([*CONTROLS, "scoring"]) & ~found["method"].str.endswith(TUNED)]
    rows.append({"problem": ", ".join(asked), "method": "all", **total.to_dict()})
    keep(
        "acquisition",
        "The whole bank marketing comparison, CPU seconds",
        [{k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()} for row in rows],
        notes={
            "all": f"{methods.nunique()} methods, {total['through'] / 60:.1f} CPU-minutes, "
            f"{total['through'] / total['bare']:.3f} times the bare fits and predictions",
            "without controls and tuned twins": f"{plain['method'].nunique()} methods, "
            f"{plain['through'].sum() / 60:.1f} CPU-minutes of fits and answers",
            "through": "answering all folds through the harness, refits and inner hold-outs too; "
            "a row `scoring` for all metrics with intervals and pairs",
            "bare": "inside the models' own fit and predict_proba, of the same fits",
        },
    )


def compared(name: str, settings: params.Params) -> list[dict[str, Any]]:
    """Return a row per method of a problem's roster with its seconds, and one for scoring them all."""
    problem, task = load(TASK, name), settings.task(TASK)
    fitting = task.fitting(settings.seed, in_time=problem.protocol.in_time)
    rows, runs = [], []
    for entry in task.roster(name):
        spent: list[float] = []
        declared = registry.find("methods", entry.method)
        timed = Method(clocked(declared, spent), declared.label, declared.cite, declared.control)
        began = time.process_time()
        try:
            answered = answered_with(timed, problem, entry, fitting)
        except NotApplicable:
            continue
        rows.append(row(name, entry.method.split("/")[1], time.process_time() - began, sum(spent)))
        kept = {"answers": answered.answers, "inner": answered.inner}
        runs.append(Run(entry.method, declared.label, declared.control, {}, entry.method, OK, **kept))
        print(*rows[-1].values(), flush=True)
    began = time.process_time()
    economics = task.economics
    score(
        problem,
        runs,
        task.metrics,
        economics,
        level=settings.level,
        replicates=settings.replicates,
        seed=settings.seed,
    )
    return [*rows, row(name, "scoring", time.process_time() - began, 0.0)]


def row(problem: str, method: str, through: float, bare: float) -> dict[str, Any]:
    """Return one line of the table."""
    return {"problem": problem, "method": method, "through": through, "bare": bare}


def clocked(declared: Method, spent: list[float]) -> Callable[..., Timed]:
    """Return a factory of models with a clock."""

    def factory(seed: int = 0, **parameters: Any) -> Timed:
        return Timed(declared(**parameters, seed=seed), spent)

    return factory


def answered_with(timed: Method, problem: Any, entry: params.Entry, fitting: Fitting) -> harness.Answered:
    """Answer all folds with a timed method in the place of the registered one."""
    find = registry.find
    registry.find = lambda folder, name: (
        timed if (folder, name) == ("methods", entry.method) else find(folder, name)
    )
    try:
        return harness.answer_folds(problem, entry.method, entry.parameters, fitting)
    finally:
        registry.find = find
