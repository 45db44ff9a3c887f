"""Outcomes that are not known yet, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.maths import survival_scores
from crmlab.problems import censoring
from crmlab.seeds import generator

# four rows: one ends on day 2, one is censored on day 5, one ends on day 6, one is followed for all 10 days
SOLUTION = pd.DataFrame(
    {
        "duration_days": [2, 5, 6, 10],
        "event": [1, 0, 1, 0],
        "followed_days": [10, 5, 10, 10],
        "outcome": [1.0, np.nan, 1.0, 0.0],
    }
)


def test_each_end_counts_for_those_not_followed_so_long():
    """G is 1 up to day 5, then 2/3: one of the three at risk was censored."""
    assert censoring.is_censored(SOLUTION).tolist() == [False, True, False, False]
    assert censoring.counted(SOLUTION) == pytest.approx([1.0, 0.0, 1.5, 0.0])
    assert censoring.followed_share(SOLUTION, 10) == pytest.approx(2 / 3)
    # Kaplan-Meier: 3/4 stay after day 2, half of these after day 6; so 2.5 of 4 left
    assert censoring.rate(SOLUTION, 10) == pytest.approx(2.5 / 4)


def test_an_end_comes_before_censoring_on_the_same_day():
    same = SOLUTION.assign(duration_days=[2, 6, 6, 10])
    assert censoring.counted(same) == pytest.approx([1.0, 0.0, 1.0, 0.0])
    assert censoring.followed_share(same, 10) == pytest.approx(1 / 2)


def test_where_all_is_known_it_is_the_outcome():
    known = SOLUTION.assign(outcome=[1, 0, 1, 0])
    assert censoring.counted(known).tolist() == [1, 0, 1, 0]
    assert censoring.rate(known, 10) == 0.5
    assert censoring.rate(known.iloc[:0], 10) is None


def test_a_rate_needs_somebody_followed_to_the_horizon():
    assert censoring.rate(SOLUTION.iloc[1:2], 10) is None


def test_it_agrees_with_the_weights_of_the_metrics():
    rng = generator(1, "censoring")
    ends, followed = rng.integers(1, 80, 300), rng.choice([15, 30, 60], 300)
    event = (ends <= followed).astype(int)
    duration = np.minimum(ends, followed)
    outcome = np.where(event == 1, 1.0, np.where(followed == 60, 0.0, np.nan))
    solution = pd.DataFrame(
        {"duration_days": duration, "event": event, "followed_days": followed, "outcome": outcome}
    )
    alone, days = np.ones((1, 300)), duration.astype(float)
    weight = event / survival_scores.followed(days, event, alone, days)[0]
    np.testing.assert_allclose(censoring.counted(solution), weight)
    assert censoring.counted(solution).mean() == pytest.approx(censoring.rate(solution, 60))
    at = survival_scores.followed(days, event, alone, np.array([60.0]))[0, 0]
    assert censoring.followed_share(solution, 60) == pytest.approx(at)
