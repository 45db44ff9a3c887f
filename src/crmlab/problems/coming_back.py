"""Coming back: whether those who were silent for a horizon may be said to have churned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.problems.problem import Problem

RETURNING: Final = 0.1
"""From this share of the silent who came back on, silence is not called leaving."""

SILENT: Final = "went silent"


@dataclass(frozen=True)
class Silent:
    """The silent of the latest origin of which it is known, by the last cutoff, who bought after it.

    rows: (n,), theirs at the origin. back: (n,), whether each bought in the `days` from the end of the label
    window to the last cutoff.
    """

    rows: pd.DataFrame
    back: np.ndarray
    days: int
    origin: str


def latest_silent(problem: Problem) -> Silent | None:
    """Return the silent of the train rows' latest origin whose label window ended a horizon before the end.

    None without such an origin, without dates, or where the last rows do not say when they last bought.
    """
    facts = problem.facts
    if not facts["horizon_days"] or any(f.get("cutoff") is None for f in facts["folds"]):
        return None
    fold = problem.last_fold()
    train = fold.train_rows
    if "days_since_last" not in fold.test_rows:
        return None
    cutoff, horizon = pd.Timestamp(fold.cutoff), pd.Timedelta(days=facts["horizon_days"])
    ended = train["origin"] + pd.Timedelta(days=facts.get("gap_days") or 0) + horizon
    early = ended + horizon <= cutoff
    if not early.any():
        return None
    here = early & (ended == ended[early].max())
    days = (cutoff - ended[here].iloc[0]).days
    silent = train[here & (fold.train_outcomes["outcome"] == 1)]
    # 0 days ago is the day before the cutoff
    now = fold.test_rows.set_index("customer")["days_since_last"]
    back = (silent["customer"].map(now) < days).to_numpy()
    return Silent(silent, back, days, str(train.loc[here, "origin"].iloc[0].date()))


def outcome_word(problem: Problem) -> str:
    """Return what an outcome of 1 is called: the task's word, unless that claims more than is known.

    Where silence for a horizon stands for leaving, it is called so as long as at most RETURNING of the silent
    came back; where more did, or nobody can know yet, they went silent.
    """
    own = registry.find("tasks", problem.task).positive
    if problem.task != "churn" or not problem.facts.get("horizon_days"):
        return own
    silent = latest_silent(problem)
    if silent is None:
        return SILENT
    # as the return curve counts silences: who bought within a horizon before, not who is long gone
    fresh = (silent.rows["days_since_last"] < problem.facts["horizon_days"]).to_numpy()
    return own if fresh.any() and silent.back[fresh].mean() <= RETURNING else SILENT
