"""What an outcome is called: silence is leaving only where it is known that few come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crmlab.problems.coming_back import latest_silent, outcome_word


@pytest.mark.parametrize(("days", "word"), [(200.0, "churned"), (1.0, "went silent")])
def test_silence_is_called_leaving_where_few_came_back(make, days, word):
    problem = make.rolling(n=100)
    last = problem.last_fold().test_row_ids
    rows = problem.rows.copy()
    rows.loc[np.isin(rows["row_id"], last), "days_since_last"] = days
    problem = replace(problem, rows=rows)
    silent = latest_silent(problem)
    assert silent.back.all() == (days == 1.0)
    assert (silent.origin, silent.days) == ("2024-01-01", 92)
    assert outcome_word(problem) == word


def test_where_nobody_can_know_yet_they_went_silent_and_contracts_say_what_they_say(make):
    problem = make.rolling(n=20)
    assert outcome_word(replace(problem, rows=problem.rows.drop(columns="days_since_last"))) == "went silent"
    assert outcome_word(replace(problem, facts={**problem.facts, "horizon_days": None})) == "churned"
    assert outcome_word(replace(problem, task="value")) == "bought"
