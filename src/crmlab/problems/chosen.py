"""How a question was posed of own data, in words: who, when, how many events, what is not in it and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlab.data.fingerprints import fingerprint
from crmlab.params.local import LOCAL
from crmlab.problems.coming_back import outcome_word
from crmlab.problems.problem import Problem


def sentences(problem: Problem) -> list[str]:
    """Return what was chosen of a posed problem, then what was left out, truncation first."""
    if problem.facts["horizon_days"] is None:
        return [*_labelled(problem), _how(problem)]
    fold = problem.last_fold()
    rows = problem.rows[problem.rows["row_id"].isin(fold.test_row_ids)]
    asked = f"Asked about: {len(rows):,} customers known before {fold.cutoff}"
    return [
        f"{asked}, followed for {problem.facts['horizon_days']} days; {_events(problem, fold)}",
        *_left_out(problem, rows, fold),
        _how(problem),
    ]


def _events(problem: Problem, fold: Any) -> str:
    """Return the base rate and the events of the last window."""
    found = problem.solution[problem.solution["row_id"].isin(fold.test_row_ids)]
    if "outcome" not in found:
        bought = int((found["bought"] != "").sum())
        return f"{bought:,} of them ({bought / len(found):.1%}) bought again: these are judged."
    known = found["outcome"].dropna()
    events = int(known.sum())
    positive, label = outcome_word(problem), problem.facts["label"]
    said = f"{events:,} of them ({known.mean():.1%}) {positive}" if len(known) else "none known"
    if len(known) and known.nunique() == 1:
        return f"{said} ({label}). All came out alike: no method can be judged in this window."
    return f"{said} ({label})."


def _labelled(problem: Problem) -> list[str]:
    """Return the sentences about rows with an outcome."""
    rate, n = problem.facts["base_rate"], len(problem.rows)
    said = [f"Asked about: {n:,} rows; {rate:.1%} {problem.facts['positive']} ({problem.facts['label']})."]
    if "groups" in problem.facts:
        said.append(
            f"They are of {problem.facts['groups']:,} customers, whose rows are all in one part of a fold."
        )
    return said


def _left_out(problem: Problem, rows: pd.DataFrame, fold: Any) -> list[str]:
    """Return what is not in the window, or not whole, and why."""
    lines = fingerprint(problem.spec["dataset"])
    first = pd.Timestamp(lines["tables"]["transactions"]["first"]).floor("D")
    said = []
    if "T_days" in rows:
        horizon = problem.facts["horizon_days"]
        began = pd.Timestamp(fold.cutoff) - pd.to_timedelta(rows["T_days"] + 1, unit="D")
        early = int((began < first + pd.Timedelta(days=horizon)).sum())
        share = f"{early:,} of these customers ({early / len(rows):.1%})"
        said.append(
            f"Left truncation: the data begin on {first:%Y-%m-%d}. {share} were first seen within {horizon} "
            "days of it and may be older: their first purchase is not known."
        )
    origins = problem.facts.get("origins")
    later = origins[-1]["first_seen_after_cutoff"] if origins else 0
    if later:
        said.append(f"Not asked about: {later:,} who were first seen after the cutoff.")
    nobody = lines.get("flags", {}).get("is_anonymous", {}).get("lines", 0)
    if nobody:
        said.append(f"Not counted: {nobody:,} order lines of nobody known.")
    trains = problem.spec.get("train_cutoffs")
    if trains:
        said.append(f"Learned from {len(trains)} earlier windows ({trains[0]} to {trains[-1]}).")
    return said


def _how(problem: Problem) -> str:
    """Say where the choice can be changed."""
    name, task = problem.name, problem.task
    example = "folds: 10" if problem.facts["horizon_days"] is None else "horizon_days: 60"
    return f"To ask in another way: `{name}: {{{task}: {{{example}}}}}` in {LOCAL}, which git ignores."
