"""Metrics of survival by hand, and next to their twins without censoring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.kinds.survival import CURVE, times
from crmlab.metrics.auc import auc
from crmlab.metrics.brier import brier
from crmlab.metrics.calibration_error import calibration_error
from crmlab.seeds import generator


def world(n=200, *, censored=False):
    """Return the solution and answers of n members whose risk is answered as it is, horizon 120 days."""
    rng = generator(1, "members")
    rate = rng.gamma(2.0, 0.004, n)
    ends = np.ceil(rng.exponential(1 / rate))
    followed = np.full(n, 120)
    if censored:  # most of them from some day on
        followed = np.where(rng.random(n) < 0.7, rng.integers(10, 120, n), 120)
    event = (ends <= followed).astype(int)
    solution = pd.DataFrame(
        {
            "row_id": np.arange(n),
            "duration_days": np.minimum(ends, followed).astype(int),
            "event": event,
            "followed_days": followed,
            "outcome": event,
        }
    )
    curves = np.exp(-rate[:, None] * times(120))
    answers = pd.DataFrame({"score": 1 - curves[:, -1], **dict(zip(CURVE, curves.T, strict=True))})
    return solution, answers


def value(name, solution, answers):
    return registry.metric(name)(solution, answers, solution, np.ones((1, len(solution))))[0]


def test_integrated_brier_by_hand():
    """One member leaves on day 60 of 120; S is answered as one half throughout: (1/2)² at every time."""
    solution = pd.DataFrame({"duration_days": [60], "event": [1], "followed_days": [120], "outcome": [1]})
    halves = pd.DataFrame({c: [0.5] for c in CURVE})
    assert value("integrated_brier", solution, halves) == pytest.approx(0.25)
    # right until day 50, wrong by one at 60 to 120: of 11 steps, 6 whole ones and half a one
    stays = pd.DataFrame({c: [1.0] for c in CURVE})
    assert value("integrated_brier", solution, stays) == pytest.approx(6.5 / 11)


def test_without_censoring_the_horizon_is_an_ordinary_outcome():
    solution, answers = world()
    weights = generator(1, "weights").integers(0, 3, (4, len(solution)))
    at_horizon = registry.metric("survival_calibration")
    np.testing.assert_allclose(
        at_horizon(solution, answers, solution, weights),
        calibration_error(solution, answers, solution, weights),
    )
    # a curve that falls only at the horizon has but one time at which anybody left
    late = solution.assign(duration_days=120)
    np.testing.assert_allclose(
        registry.metric("time_dependent_auc")(late, answers, late, weights),
        auc(late, answers, late, weights),
    )
    np.testing.assert_allclose(
        registry.metric("integrated_brier")(
            late, answers.assign(**dict.fromkeys(CURVE[:-1], 1.0)), late, weights
        ),
        brier(late, answers, late, weights) / 22,
    )


@pytest.mark.parametrize(
    "name", ["concordance_uno", "integrated_brier", "survival_calibration", "time_dependent_auc"]
)
def test_shorter_follow_up_is_made_up_for(name):
    """Most of the members are watched for 10 to 119 days: the value stays within what sampling explains."""
    whole, short = (world(4000, censored=c) for c in (False, True))
    tolerance = 0.005 if name in ("integrated_brier", "survival_calibration") else 0.03
    assert short[0]["event"].mean() < 0.8 * whole[0]["event"].mean()
    assert value(name, *short) == pytest.approx(value(name, *whole), abs=tolerance)


def test_truth_beats_one_curve_for_all():
    solution, answers = world(2000)
    metric = registry.metric("integrated_brier")
    assert value("integrated_brier", solution, answers) < metric.chance(solution)
    assert value("concordance_uno", solution, answers) > 0.6
    assert value("time_dependent_auc", solution, answers) > 0.6


def test_too_gloomy_curves_are_found_out():
    solution, answers = world(2000)
    gloomy = answers.assign(**{c: answers[c] ** 2 for c in CURVE})
    right, wrong = (value("survival_calibration", solution, a) for a in (answers, gloomy))
    assert abs(right) < 0.002
    assert wrong > 0.02


def test_what_is_chance_at_the_horizon_does_not_depend_on_the_follow_up():
    whole, short = (world(4000, censored=c)[0] for c in (False, True))
    chance = registry.metric("survival_calibration").chance
    assert chance(whole) == pytest.approx(-whole["event"].mean() * (1 - whole["event"].mean()) * 10 / 4000)
    # the noise of those who are known, each of whom stands for others
    unknown = short.assign(
        outcome=short["outcome"].where(short["event"].eq(1) | short["followed_days"].eq(120))
    )
    assert unknown["outcome"].isna().mean() > 0.3
    assert chance(unknown) == pytest.approx(chance(whole), rel=0.1)


@pytest.mark.parametrize("name", ["auc", "calibration_in_the_large"])
def test_what_needs_every_outcome_is_not_defined_where_one_is_unknown(name):
    solution, answers = world(200)
    assert np.isfinite(value(name, solution, answers))
    solution["outcome"] = solution["outcome"].astype(float).where(solution.index > 0)
    assert np.isnan(value(name, solution, answers))
