"""A vendor's scores on the board: read from a file, dated, and judged beside the methods on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import params, store
from crmlab.comparison.compare import Comparison, judged
from crmlab.comparison.run import Run
from crmlab.errors import UsageError
from crmlab.params.checking import DAY
from crmlab.serving.rows import read_rows
from crmlab.vocabulary import NOT_APPLICABLE, OK, ORACLE

METHOD: Final = "classification/given_scores"
NEVER: Final = "9999-12-31"
"""A cutoff that no score comes after."""

COLUMNS: Final = ("customer", "date", "score")


def with_scores(comparison: Comparison, file: Path, *, settings: params.Params | None = None) -> Comparison:
    """Return a comparison in which somebody else's scores take part as a method; nothing is fitted.

    file: .csv or .parquet with `customer`, `date` (YYYY-MM-DD) and `score`, higher where the outcome is
    likelier. Each window takes a customer's latest score of a day before its cutoff. Who has none takes the
    mean of the window's. Raises UsageError where the problem has no dates or no scores to compare with, for a
    line that cannot be read, a customer with two scores of a day, and a score of the last cutoff or later: it
    may have seen the outcome.
    """
    settings = settings or params.load()
    problem = comparison.problem
    folds = problem.facts["folds"]
    title = f"{comparison.task}/{comparison.name}"
    if not all(f.get("cutoff") for f in folds):
        raise UsageError(f"{title} has no dates: no score can be said to be from before the outcome")
    if not any(r.status == OK and "score" in r.answers for r in comparison.runs):
        raise UsageError(f"no method of {title} answers with scores: there is nothing to compare {file} with")
    given = read_scores(file, before=max(f["cutoff"] for f in folds))
    run = _run(problem, given, file)
    runs = [r for r in comparison.runs if r.control != ORACLE and r.method != METHOD]
    return judged(problem, [*runs, run], settings.task(comparison.task), settings)


def read_scores(file: Path, *, before: str) -> pd.DataFrame:
    """Return the scores of a file, `customer, date, score`, sorted by date; all are of days before `before`.

    Raises UsageError as `with_scores` does.
    """
    table = read_rows(file)
    for column in COLUMNS:
        if column not in table:
            raise UsageError(f"{file} has no column '{column}': its columns are {', '.join(table)}")
    date = table["date"].astype("str")
    score = pd.to_numeric(table["score"], errors="coerce")
    _refuse(~date.map(_is_day), file, "date", date, "is not a day written as YYYY-MM-DD")
    _refuse(~np.isfinite(score), file, "score", table["score"], "is not a number")
    _refuse(table["customer"].isna(), file, "customer", table["customer"], "names nobody")
    late = f"is not before {before}, the last cutoff: a score of then may have seen the outcome"
    _refuse(date >= before, file, "date", date, late)
    found = pd.DataFrame({"customer": table["customer"].astype("str"), "date": date, "score": score})
    twice = found.duplicated(["customer", "date"], keep=False)
    _refuse(twice, file, "customer", found["customer"], "has more than one score on a day")
    return found.sort_values("date", kind="stable", ignore_index=True)


def _is_day(text: str) -> bool:
    """Tell whether a text is a day of the calendar."""
    return bool(DAY.fullmatch(text)) and not pd.isna(pd.to_datetime(text, errors="coerce"))


def _refuse(wrong: Any, file: Path, column: str, values: pd.Series, what: str) -> None:
    """Refuse a file for the first of its wrong lines, and say how many there are."""
    places = np.flatnonzero(np.asarray(wrong, dtype=bool))
    if not len(places):
        return
    more = f", and {len(places) - 1:,} more like it" if len(places) > 1 else ""
    raise UsageError(f"{file}, line {places[0] + 2}: {column} '{values.iloc[places[0]]}' {what}{more}")


def _run(problem: Any, given: pd.DataFrame, file: Path) -> Run:
    """Return the finished run of a file's scores on a problem."""
    label, key = (
        f"{file.stem} (given scores)",
        store.digest_of([given.to_csv(index=False), problem.facts["digest"]]),
    )
    about: Mapping[str, Any] = {"control": None, "parameters": {"column": "given_score"}, "key": key[:20]}
    parts, lacking = [], {}
    for fact in problem.facts["folds"]:
        own = given[given["date"] < fact["cutoff"]].drop_duplicates("customer", keep="last")
        rows = problem.fold(fact["fold"]).test_rows
        score = rows["customer"].map(own.set_index("customer")["score"])
        if score.isna().all():
            reason = f"no customer of the window from {fact['cutoff']} has a score of a day before it"
            return Run(METHOD, label, **about, status=NOT_APPLICABLE, reason=reason)
        lacking[fact["fold"]] = float(score.isna().mean())
        filled = score.fillna(score.mean()).to_numpy()
        row_ids = problem.fold(fact["fold"]).test_row_ids
        parts.append(pd.DataFrame({"fold": fact["fold"], "row_id": row_ids, "score": filled}))
    details = {f: {"note": _note(share)} for f, share in lacking.items()}
    return Run(
        METHOD, label, **about, status=OK, answers=pd.concat(parts, ignore_index=True), details=details
    )


def _note(share: float) -> str:
    """Say how many of a window have no score."""
    return f"{share:.1%} have no score and take the mean" if share else "everyone has a score"
