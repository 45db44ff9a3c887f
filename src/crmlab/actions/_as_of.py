"""As of a day: the method that a comparison chose, fitted on all that is known by then, for everyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
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

ABOVE: Final = "the mean lies above its interval"


def as_of(
    comparison: Comparison,
    day: str | None = None,
    *,
    campaign: str | None = None,
    settings: params.Params | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Return a comparison whose last window is everyone known at the end of a day, and whose future is open.

    The chosen method is fitted again, with the one that gives reasons where that is another and the one that
    tells who is still a customer; scores and verdict stay those of the comparison, as nothing can be scored.
    day: default the last day of the data. campaign: whose hold-out stays the same; default the list's name.
    Raises NotApplicable where there is no method or no such problem, UsageError for a day that the data do
    not reach, CrmlabError where the chosen method fails.
    """
    settings = settings or params.load()
    if comparison.chosen is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no champion to ask")
    part = settings.task(comparison.task)
    problem = pose_as_of(comparison.task, comparison.name, comparison.problem.spec, day=day)
    problem = replace(problem, facts={**problem.facts, "campaign": campaign})
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
    """Return what the method answers for each customer as of the day, (n rows).

    Where it tells who is still a customer, `p_alive_by` names the model. `note` says of an expected value
    above its interval that it is: most of such customers buy nothing, and a few much.
    """
    fold, first = comparison.problem.last_fold(), comparison.runs[0]
    own = first.answers[first.answers["fold"] == fold.number].set_index("row_id").loc[fold.test_row_ids]
    told = pd.DataFrame({"customer": fold.test_rows["customer"].to_numpy()})
    found = pd.concat([told, own.drop(columns="fold").reset_index(drop=True)], axis=1)
    if "p_alive" in found:
        found = found.assign(p_alive_by=first.label)
    if {"score", "upper"} <= set(found):
        is_above = found["score"] > found["upper"]
        found["note"] = pd.Series(np.where(is_above, ABOVE, ""), dtype="str")
    return found


def dated(table: pd.DataFrame, comparison: Comparison, judged: Comparison) -> pd.DataFrame:
    """Return a table with where it comes from: the day, the windows of the judgement, method and run.

    comparison: of a day of today, or of a last window that is over, which is as of the day before it begins.
    judged: the comparison that chose the method. A problem without dates has neither day nor windows.
    """
    facts = comparison.problem.facts
    when = {"as_of": facts.get("as_of") or day_before(comparison.problem.last_fold().cutoff)}
    when |= {"judged": windows_of(judged), "horizon_days": facts["horizon_days"]}
    known = {name: value for name, value in when.items() if value is not None}
    return table.assign(**known, **_made_by(comparison))


def _made_by(comparison: Comparison) -> dict[str, str]:
    """Return method and run of who answers; nothing where there is no champion."""
    is_today = "as_of" in comparison.problem.facts
    asked = None if is_today else getattr(comparison, "chosen", None) or comparison.verdict.champion
    first = comparison.runs[0] if is_today else comparison.run_of(asked) if asked else None
    return {} if first is None else {"method": first.method, "run": first.key}


def windows_of(judged: Comparison) -> str | None:
    """Return the cutoffs of the windows on which a comparison was judged; None of one without dates."""
    cutoffs = sorted(f["cutoff"] for f in judged.problem.facts["folds"] if f.get("cutoff"))
    if not cutoffs:
        return None
    return cutoffs[0] if len(cutoffs) == 1 else f"{cutoffs[0]} to {cutoffs[-1]}"


def day_before(cutoff: str | None) -> str | None:
    """Return the last day that is known at a cutoff, a midnight; None where there is none."""
    if cutoff is None:
        return None
    return (pd.Timestamp(cutoff) - pd.Timedelta(days=1)).date().isoformat()


def remarks(comparison: Comparison, judged: Comparison) -> list[str]:
    """Return what is to be known of a list's day and its numbers, in sentences.

    A day by which the windows of the judgement were not over; means that lie above their intervals.
    """
    facts, said = comparison.problem.facts, []
    ends = [pd.Timestamp(f["cutoff"]) for f in judged.problem.facts["folds"]]
    reach = pd.Timedelta(days=facts["horizon_days"] + (facts.get("gap_days") or 0))
    last = day_before(str(max(ends) + reach))
    if facts["as_of"] < last:
        said.append(
            f"{facts['as_of']} lies before {last}, where the windows end by which the method was chosen: "
            "that choice knew what came after, though the method as it is fitted here does not."
        )
    answers = answers_of(comparison)
    above = int((answers["note"] != "").sum()) if "note" in answers else 0
    if above:
        said.append(
            f"Of {above:,} customers the expected value lies above the upper end of its interval (`note`): "
            "most of such customers buy nothing and a few much, so that the mean is nobody's usual case."
        )
    return said
