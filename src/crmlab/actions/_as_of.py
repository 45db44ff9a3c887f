"""As of a day: the method that a comparison chose, fitted on all that is known by then, for everyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from crmlab import params
from crmlab.comparison.run import run
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.explain.scoring import scoring
from crmlab.explain.standing import MODEL
from crmlab.explain.window import explaining
from crmlab.problems.as_of import pose_as_of
from crmlab.vocabulary import OK

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


def as_of(
    comparison: Comparison,
    day: str | None = None,
    *,
    settings: params.Params | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Return a comparison whose last window is everyone known at the end of a day, and whose future is open.

    The chosen method is fitted again, with the one that gives reasons where that is another and the one that
    tells who is still a customer; scores and verdict stay those of the comparison, as nothing can be scored.
    day: default the last day of the data. Raises NotApplicable where there is no method or no such
    problem, UsageError for a day that the data do not reach, CrmlabError where the chosen method fails.
    """
    settings = settings or params.load()
    if comparison.chosen is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no champion to ask")
    part = settings.task(comparison.task)
    problem = pose_as_of(comparison.task, comparison.name, comparison.problem.spec, day=day)
    chosen = _asked(comparison)
    roster = [replace(e, refits=0) for e in part.roster(comparison.name) if e.method in chosen]
    fitting = part.fitting(settings.seed, in_time=problem.protocol.in_time)
    limits = {"workers": settings.workers, "seconds_per_run": settings.seconds_per_run}
    by_method = {r.method: r for r in run(problem, roster, fitting, progress=progress, **limits)}
    first = by_method[chosen[0]]
    if first.status != OK:
        raise CrmlabError(
            f"{first.label} could not be fitted as of {problem.facts['as_of']} "
            f"({first.status.replace('_', ' ')}): {first.reason}"
        )
    runs = [by_method[m] for m in chosen if by_method[m].status == OK]
    values = comparison.scores.values
    known = values["method"].isin([r.method for r in runs])
    return replace(
        comparison,
        problem=problem,
        runs=runs,
        scores=replace(comparison.scores, values=values[known].reset_index(drop=True)),
        verdict=replace(comparison.verdict, champion=chosen[0]),
    )


def _asked(comparison: Comparison) -> list[str]:
    """Return the methods that are fitted: who answers, then who explains and who tells the living."""
    first = comparison.run_of(comparison.chosen)
    if first.answers is None or "score" not in first.answers:
        return [first.method]
    first = scoring(comparison)[0]
    why = explaining(comparison, first)
    found = [first.method, *([why.method] if why else [])]
    found += [r.method for r in comparison.runs if r.method == MODEL and r.status == OK]
    return list(dict.fromkeys(found))


def answers_of(comparison: Comparison) -> pd.DataFrame:
    """Return what the method answers for each customer as of the day, (n rows)."""
    fold, first = comparison.problem.last_fold(), comparison.runs[0]
    own = first.answers[first.answers["fold"] == fold.number].set_index("row_id").loc[fold.test_row_ids]
    told = pd.DataFrame({"customer": fold.test_rows["customer"].to_numpy()})
    return pd.concat([told, own.drop(columns="fold").reset_index(drop=True)], axis=1)


def dated(table: pd.DataFrame, comparison: Comparison, judged: Comparison) -> pd.DataFrame:
    """Return a table with where it comes from: the day, the windows of the judgement, method and run.

    judged: the comparison that chose the method.
    """
    cutoffs = sorted(f["cutoff"] for f in judged.problem.facts["folds"])
    first = comparison.runs[0]
    return table.assign(
        as_of=comparison.problem.facts["as_of"],
        judged=cutoffs[0] if len(cutoffs) == 1 else f"{cutoffs[0]} to {cutoffs[-1]}",
        horizon_days=comparison.problem.facts["horizon_days"],
        method=first.method,
        run=first.key,
    )
