"""Shifts: by hand and against scipy, their noise, and what moves in a problem is found."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from crmlab.explain import shifts
from crmlab.problems import censoring
from crmlab.studies._worlds import hold_out_world
from crmlab.vocabulary import CATEGORICAL, NUMERIC


@pytest.fixture
def problem():
    """800 train and 400 test rows: x1 moved by one standard deviation, a level came up, gaps in x2."""
    world = hold_out_world(3, n_train=800, n_test=400)
    rows, later = world.rows.copy(), world.rows["row_id"] >= 800
    rows.loc[later, "x1"] += 1.0
    rows.loc[later & (rows["row_id"] % 4 == 0), "x2"] = np.nan
    rows["channel"] = np.where(later & (rows["row_id"] % 5 == 0), "app", "web")
    roles = {f"x{i}": NUMERIC for i in range(6)} | {"channel": CATEGORICAL}
    return replace(world, rows=rows, facts=world.facts | {"roles": roles})


@pytest.mark.parametrize(
    ("new", "n_new", "old", "n_old", "interval"),
    [(56, 70, 48, 80, (0.0524, 0.3339)), (9, 10, 3, 10, (0.1705, 0.8090)), (5, 56, 0, 29, (-0.0381, 0.1926))],
)
def test_the_interval_of_a_change_is_the_published_one(new, n_new, old, n_old, interval):
    # Newcombe 1998 (differences), table II, method 10
    change, *found = shifts.rate_change(old, new, n_train=n_old, n_test=n_new)
    assert change == pytest.approx(new / n_new - old / n_old)
    assert found == pytest.approx(interval, abs=5e-5)


def test_the_shift_of_numbers_is_the_statistic_of_smirnov():
    rng = np.random.default_rng(2)
    before, after = pd.Series(rng.normal(size=300).round(1)), pd.Series(rng.normal(0.3, 1, 200).round(1))
    shift, noise = shifts.number_shift(before, after)
    assert shift == pytest.approx(ks_2samp(before, after).statistic, abs=1e-12)
    # 1.358 √(1/n + 1/m): Smirnov's 5 % point
    assert noise == pytest.approx(1.358 * np.sqrt(1 / 300 + 1 / 200), rel=1e-3)


def test_the_shift_of_scores_is_the_distance_of_wasserstein():
    rng = np.random.default_rng(6)
    before, after = pd.Series(rng.random(300).round(2)), pd.Series(rng.random(170).round(2) ** 2)
    shift, noise = shifts.score_shift(before, after)
    assert shift == pytest.approx(wasserstein_distance(before, after), abs=1e-12)
    assert shift > noise
    # a constant that moved by a hair has moved by a hair
    assert shifts.score_shift(pd.Series([0.5] * 9), pd.Series([0.51] * 9))[0] == pytest.approx(0.01)


def test_a_gap_is_a_value_below_all_others():
    before, after = pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([np.nan, np.nan, 3.0, 4.0])
    assert shifts.number_shift(before, after)[0] == 0.5


def test_the_shift_of_texts_by_hand():
    # shares of web, app and missing: .5, .5, 0 before and .25, .5, .25 after
    before = pd.Series(["web", "app", "web", "app"], name="channel")
    after = pd.Series(["web", "app", "app", None], name="channel")
    shift, noise = shifts.text_shift(before, after)
    assert shift == pytest.approx(0.25)
    assert noise == shifts.text_shift(before, after)[1]


def test_rows_without_drift_stay_below_the_noise():
    above = np.zeros(3)
    for world in range(100):
        rng = np.random.default_rng(world)
        numbers = [pd.Series(rng.normal(size=n)) for n in (150, 100)]
        texts = [pd.Series(rng.choice(list("abcde"), n), name="x") for n in (150, 100)]
        pairs = shifts.number_shift(*numbers), shifts.text_shift(*texts), shifts.score_shift(*numbers)
        above += [shift > noise for shift, noise in pairs]
    # 5 % of 100, and three standard errors: 11
    assert (above <= 11).all()
    assert (above >= 1).all()


def test_what_moved_is_found(problem):
    found = shifts.feature_shifts(problem)
    assert found["column"].tolist()[0] == "x1"
    assert set(found.loc[found["shift"] > found["noise"], "column"]) == {"x1", "x2", "channel"}
    by = found.set_index("column")
    assert by.loc["channel", "shift"] == pytest.approx(0.2)
    assert by.loc["x2", ["train_missing", "test_missing"]].tolist() == [0, 0.25]


def test_base_rates_of_a_window(problem):
    (found,) = shifts.base_rates(problem).to_dict("records")  # the refit is the same window
    outcome = problem.solution["outcome"]
    assert found["train_rate"] == pytest.approx(outcome[:800].mean())
    assert found["test_rate"] == pytest.approx(outcome[800:].mean())
    assert found["lower"] < found["change"] < found["upper"]


def test_the_change_by_customer_by_hand():
    # a: 1 before, 1 after; b: 0 and 1 before; c: 0 after. Rates 2/3 and 1/2; by customer the linearised
    # difference is a: -1/9 + 1/4, b: 2/9 - 1/9, c: -1/4
    found = shifts.change_by_customer(np.array([1, 0, 1]), np.array([1, 0]), np.array(list("abbac")))
    half = 1.959964 * np.sqrt(1.5 * ((5 / 36) ** 2 + (1 / 9) ** 2 + (1 / 4) ** 2))
    assert found == pytest.approx((-1 / 6, -1 / 6 - half, -1 / 6 + half))


def test_rows_that_only_repeat_a_customer_tell_nothing_more():
    rng = np.random.default_rng(5)
    old, new, who = rng.integers(0, 2, 300), rng.integers(0, 2, 200), np.arange(500)
    once = shifts.change_by_customer(old, new, who)
    often = shifts.change_by_customer(
        np.repeat(old, 4), np.repeat(new, 4), np.r_[np.repeat(who[:300], 4), np.repeat(who[300:], 4)]
    )
    assert often == pytest.approx(once)
    plain = shifts.rate_change(4 * old.sum(), 4 * new.sum(), n_train=1200, n_test=800)
    assert often[2] - often[1] == pytest.approx(2 * (plain[2] - plain[1]), rel=0.05)


def test_without_train_rows_there_is_no_change(problem):
    only = problem.folds[problem.folds["part"] == "test"]
    bare = replace(problem, folds=only)
    assert np.isnan(shifts.base_rates(bare)[["train_rate", "change", "lower"]]).all(axis=None)
    assert shifts.feature_shifts(bare).empty


def test_score_shifts_compare_the_inner_hold_out_with_the_test(problem):
    inner = pd.DataFrame({"fold": 0, "row_id": range(4), "score": [0.1, 0.2, 0.3, 0.4]})
    answers = pd.DataFrame({"fold": [0, 0, 1], "row_id": [800, 801, 800], "score": [0.35, 0.9, 0.0]})
    runs = [
        SimpleNamespace(method="a", inner=inner, answers=answers),
        SimpleNamespace(method="b", inner=None, answers=answers),
    ]
    (found,) = shifts.score_shifts(SimpleNamespace(runs=runs, problem=problem)).to_dict("records")
    assert (found["method"], found["n_inner"]) == ("a", 4)
    # the quantiles .1 .2 .3 .4 moved to .35 .35 .9 .9: by .25 .15 .6 .5
    assert found["shift"] == pytest.approx(1.5 / 4)
    assert (found["inner_mean"], found["test_mean"]) == pytest.approx((0.25, 0.625))


def test_base_rates_where_some_outcomes_are_not_known(problem):
    """Of every second row nothing is known after day 40: the rates are those of the curves."""
    left = problem.solution["outcome"].to_numpy() == 1
    day = np.where(left, 1 + problem.solution["row_id"] % 90, 90)
    followed = np.where(problem.solution["row_id"] % 2, 90, 40)
    event = (left & (day <= followed)).astype(int)
    solution = problem.solution.assign(
        duration_days=np.minimum(day, followed), event=event, followed_days=followed
    )
    solution["outcome"] = np.where((event == 1) | (followed == 90), event.astype(float), np.nan)
    facts = problem.facts | {"horizon_days": 90}
    (found,) = shifts.base_rates(replace(problem, solution=solution, facts=facts)).to_dict("records")
    train, test = solution.iloc[:800], solution.iloc[800:]
    assert found["train_rate"] == pytest.approx(censoring.rate(train, 90))
    assert found["test_rate"] == pytest.approx(censoring.rate(test, 90))
    assert found["change"] == pytest.approx(found["test_rate"] - found["train_rate"])
    assert np.isnan([found["lower"], found["upper"]]).all()
