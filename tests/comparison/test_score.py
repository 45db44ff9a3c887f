"""Scores: by hand on small problems, what their intervals vary, and what has no value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.comparison import design
from crmlab.comparison.oracle import with_oracle
from crmlab.comparison.score import score
from crmlab.declare.metric import metric
from crmlab.problems import folds
from crmlab.seeds import generator
from crmlab.vocabulary import FAILED, NOT_APPLICABLE, ORACLE

INTERVALS = {"level": 0.95, "replicates": 200, "seed": 1}


def noisy(spread: float, *, own: str = ""):
    """Return an answer that is the truth with noise; `own` names a noise that refits draw anew."""

    def answer(fact, solution):
        words = (own, fact["window"], fact["refit"]) if own else (fact["window"],)
        noise = generator(7, "noise", *words).normal(0, spread, len(solution))
        return np.clip(solution["truth"] + noise, 0, 1)

    return answer


def row(scores, method: str, metric: str) -> pd.Series:
    """Return one method's value by one metric."""
    values = scores.values
    return values[(values["method"] == f"classification/{method}") & (values["metric"] == metric)].iloc[0]


# --- values -------------------------------------------------------------------------------------
def six(make, split: folds.Folds, protocol: str, outcome: list[int]):
    """Return a problem of six customers."""
    rows = pd.DataFrame({"row_id": np.arange(6), "customer": list("abcdef")})
    solution = pd.DataFrame({"row_id": np.arange(6), "outcome": outcome})
    return make.posed(rows, solution, split, protocol)


def test_values_by_hand_on_one_hold_out(make):
    split = folds.chronological(pd.Series(range(6)), train_share=1 / 6)
    problem = six(make, split, "chronological", [0, 1, 0, 1, 0, 0])
    found = make.answered(problem, "m", answer=lambda fact, solution: [0.5, 0.25, 0.5, 0.75, 0.25])
    scores = score(problem, [found], ["auc", "brier"], {}, **INTERVALS)
    # 1s at .5, .5; 0s at .25, .75, .25: of six pairs four are won
    assert row(scores, "m", "auc")["value"] == pytest.approx(4 / 6)
    # squared errors .25, .0625, .25, .5625, .0625
    assert row(scores, "m", "brier")["value"] == pytest.approx(1.1875 / 5)
    # the base rate .4 for everyone
    assert scores.chance == pytest.approx({"auc": 0.5, "brier": 0.24})
    assert len(scores.pairs["auc"]) == 0


def test_an_interval_holds_its_estimate_even_beyond_the_scale(make):
    """An error less its own noise is below 0 about as often as above, where there is none."""
    problem = make.rolling()
    base = make.answered(problem, "m", answer=lambda fact, solution: solution["outcome"].mean())
    found = row(score(problem, [base], ["calibration_error"], {}, **INTERVALS), "m", "calibration_error")
    assert found["value"] < 0
    assert found["lower"] <= found["value"] <= found["upper"]


def test_windows_are_averaged_in_each_fit(make):
    problem = make.rolling()
    # the estimate is (1 + 0) / 2; the means over windows of its three refits are 1, 0 and 1
    perfect = {(0, 0): True, (1, 0): False, (0, 1): True, (1, 1): True, (0, 2): False, (1, 2): False}
    perfect |= {(0, 3): True, (1, 3): True}
    found = make.answered(
        problem,
        "m",
        refits=3,
        answer=lambda fact, solution: np.where(
            perfect[fact["window"], fact["refit"]], solution["outcome"], 1 - solution["outcome"]
        ),
    )
    scores = score(problem, [found], ["auc"], {}, **INTERVALS)
    assert row(scores, "m", "auc")["value"] == pytest.approx(1 / 2)
    assert scores.folds[["fold", "window", "value"]].to_numpy().tolist() == [[0, 0, 1], [1, 1, 0]]
    assert scores.refits[["refit", "value"]].to_numpy().tolist() == [[1, 1], [2, 0], [3, 1]]
    # the bootstrap alone cannot move a perfect and a perfectly wrong ranking: the rest is training, the
    # variance of .5, 1, 0, 1 (.2292) with 3 degrees of freedom, far beyond the ends of the scale
    assert row(scores, "m", "auc")[["lower", "upper"]].tolist() == [0, 1]


def test_cross_validation_by_hand(make):
    problem = make.resampled()
    correct = [0.65, 0.6, 0.55, 0.5, 0.45, 0.4]  # Brier scores of a constant error e: e²
    found = make.answered(
        problem, "m", answer=lambda fact, solution: np.abs(solution["outcome"] - (1 - correct[fact["fold"]]))
    )
    scores = score(problem, [found], ["brier"], {}, **INTERVALS)
    values = (1 - np.array(correct)) ** 2
    value = row(scores, "m", "brier")
    assert value["value"] == pytest.approx(values.mean())
    # Nadeau and Bengio 2003: (1/6 + 20/40) s², t(.975; 5) = 2.570582 (any table)
    half = 2.5705818366147395 * np.sqrt((1 / 6 + 0.5) * values.var(ddof=1))
    assert (value["lower"], value["upper"]) == pytest.approx((values.mean() - half, values.mean() + half))


def test_prices_reach_the_metric_that_asks_for_them(make):
    problem = make.rolling()
    found = make.answered(problem, "m", answer=noisy(0.1))
    prices = {"contact_cost": 1.0, "margin_mean": 20.0, "margin_shape": 4.0, "accept_rate": 1.0}
    cheap = score(problem, [found], ["auc", "acquisition_profit"], prices, **INTERVALS)
    dear = score(problem, [found], ["auc", "acquisition_profit"], prices | {"contact_cost": 9.0}, **INTERVALS)
    assert row(dear, "m", "acquisition_profit")["value"] < row(cheap, "m", "acquisition_profit")["value"]
    assert dear.chance["acquisition_profit"] < cheap.chance["acquisition_profit"]
    pd.testing.assert_series_equal(row(dear, "m", "auc"), row(cheap, "m", "auc"))


# --- intervals ----------------------------------------------------------------------------------
def test_the_same_seed_gives_the_same_numbers(make):
    problem = make.rolling()
    runs = [make.answered(problem, n, answer=noisy(s)) for n, s in [("a", 0.1), ("b", 0.5)]]
    one, same, other = (score(problem, runs, ["auc"], {}, **(INTERVALS | {"seed": s})) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one.values, same.values)
    pd.testing.assert_frame_equal(one.pairs["auc"], same.pairs["auc"])
    assert row(one, "a", "auc")["value"] == row(other, "a", "auc")["value"]
    assert row(one, "a", "auc")["lower"] != row(other, "a", "auc")["lower"]


@pytest.mark.parametrize("protocol", ["rolling", "resampled"])
def test_identical_methods_do_not_differ(make, protocol):
    problem = getattr(make, protocol)()
    days = problem.rows.set_index("row_id")["days_since_last"]
    runs = [make.answered(problem, n, answer=lambda fact, solution: days.loc[solution.index]) for n in "ab"]
    pair = score(problem, runs, ["auc"], {}, **INTERVALS).pairs["auc"].iloc[0]
    assert (pair["a"], pair["b"]) == ("classification/a", "classification/b")
    assert pair[["difference", "lower", "upper"]].tolist() == [0.0, 0.0, 0.0]


def test_a_clear_lead_has_an_interval_beyond_zero(make):
    problem = make.rolling()
    runs = [
        make.answered(problem, "good", answer=noisy(0.05)),
        make.answered(problem, "guess", answer=noisy(50)),
    ]
    scores = score(problem, runs, ["auc"], {}, **INTERVALS)
    pair = scores.pairs["auc"].iloc[0]
    assert pair["lower"] > 0
    good, guess = row(scores, "good", "auc"), row(scores, "guess", "auc")
    assert pair["difference"] == pytest.approx(good["value"] - guess["value"])
    assert good["lower"] < good["value"] < good["upper"] <= 1


def test_what_refits_change_widens_an_interval(make):
    problem = make.rolling()
    seeded = make.answered(problem, "seeded", refits=4, answer=noisy(0.4, own="seeded"))
    steady = make.answered(problem, "steady", refits=4, answer=noisy(0.4))
    wide, narrow = (
        row(score(problem, runs, ["auc"], {}, **INTERVALS), "seeded", "auc")
        for runs in ([seeded, steady], [replace(seeded, refits=None), replace(steady, refits=None)])
    )
    assert wide["upper"] - wide["lower"] > 1.1 * (narrow["upper"] - narrow["lower"])


def test_the_oracle_s_difference_varies_by_the_other_s_training_alone(make):
    problem = make.rolling()
    seeded = make.answered(problem, "seeded", refits=4, answer=noisy(0.4, own="seeded"))
    both = with_oracle(problem, [seeded])
    pair = score(problem, both, ["auc"], {}, **INTERVALS).pairs["auc"].iloc[0]
    refits = score(problem, both, ["auc"], {}, **INTERVALS).refits
    estimate = row(score(problem, both, ["auc"], {}, **INTERVALS), "seeded", "auc")["value"]
    assert set(refits["method"]) == {"classification/seeded"}
    fits = [estimate, *refits["value"]]
    assert pair["trained"] == pytest.approx(np.var(fits, ddof=1))


def test_below_ten_events_there_is_no_interval_and_no_pair(make):
    problem = make.rolling()
    tests = problem.folds.loc[problem.folds["part"] == "test", "row_id"].unique()
    problem.solution["outcome"] = 0
    problem.solution.loc[tests[:9], "outcome"] = 1
    runs = [make.answered(problem, n, answer=noisy(s)) for n, s in [("a", 0.1), ("b", 0.5)]]
    scores = score(problem, runs, ["auc"], {}, **INTERVALS)
    assert np.isfinite(row(scores, "a", "auc")["value"])
    assert np.isnan(row(scores, "a", "auc")["lower"])
    assert row(scores, "a", "auc")["reason"] == (
        "no interval: 9 events among the test customers, fewer than 10"
    )
    assert scores.pairs["auc"].empty
    problem.solution.loc[tests[9], "outcome"] = 1
    assert np.isfinite(row(score(problem, runs, ["auc"], {}, **INTERVALS), "a", "auc")["lower"])


def test_a_lead_at_the_threshold_is_told_by_more_weightings(make):
    """The pair of the best method that 200 weightings leave open is told by 10,000; the others stay."""
    problem = make.rolling(n=120)
    names = {"a": 0.30, "b": 0.42, "c": 5.0}
    runs = [make.answered(problem, n, answer=noisy(s)) for n, s in names.items()]
    plain = score(problem, runs, ["auc"], {}, **INTERVALS).pairs["auc"]
    first = plain.iloc[0]
    # the level at which this pair lies at the threshold exactly
    level = 1 - first["p"]
    at = INTERVALS | {"level": level}
    told = score(problem, runs, ["auc"], {}, **at, judging=["auc"]).pairs["auc"]
    assert told.iloc[0]["tested"] != first["tested"]
    assert told.iloc[0]["tested"] == pytest.approx(first["tested"], rel=0.4)
    width = told.iloc[0]["p_to"] - told.iloc[0]["p_from"]
    assert width < 0.3 * (first["p_to"] - first["p_from"])
    assert told.iloc[1:]["tested"].tolist() == plain.iloc[1:]["tested"].tolist()


def test_customers_are_the_blocks_of_the_bootstrap(make, monkeypatch):
    """Rows of one customer get one weight: with a single customer nothing but the weight's sum varies."""
    problem = make.rolling()
    problem.rows["customer"] = "everyone"
    monkeypatch.setattr(design, "FEWEST_EVENTS", 0)
    scores = score(problem, [make.answered(problem, "m", answer=noisy(0.3))], ["auc"], {}, **INTERVALS)
    value = row(scores, "m", "auc")
    assert value["upper"] - value["lower"] == pytest.approx(0, abs=1e-12)


def test_rows_without_a_customer_vary_alone(make):
    problem = make.rolling()
    problem.rows["customer"] = pd.Series([None] * len(problem.rows), dtype="str")
    scores = score(problem, [make.answered(problem, "m", answer=noisy(0.3))], ["auc"], {}, **INTERVALS)
    value = row(scores, "m", "auc")
    assert value["upper"] - value["lower"] > 0.02


# --- no value -----------------------------------------------------------------------------------
def test_a_metric_without_its_column_says_so(make):
    problem = make.rolling()
    runs = [
        make.answered(problem, "segments", column="segment", answer=lambda fact, solution: 0),
        make.answered(problem, "scores", answer=noisy(0.1)),
    ]
    scores = score(problem, runs, ["auc"], {}, **INTERVALS)
    assert np.isnan(row(scores, "segments", "auc")["value"])
    assert row(scores, "segments", "auc")["reason"] == "the answer has no score"
    assert row(scores, "scores", "auc")["reason"] == ""


def test_a_window_with_a_single_class_has_no_value_and_is_left_out(make):
    problem = make.rolling()
    first = problem.rows["origin"] == "2024-04-01"
    problem.solution.loc[first.to_numpy(), "outcome"] = 0
    found = make.answered(problem, "m", answer=noisy(0.2))
    scores = score(problem, [found], ["auc"], {}, **INTERVALS)
    values = scores.folds["value"].tolist()
    assert np.isnan(values[0])
    value = row(scores, "m", "auc")
    assert value["value"] == values[1]
    assert value["lower"] < value["value"] < value["upper"]


def test_a_problem_with_a_single_class_has_no_auc(make, monkeypatch):
    problem = make.rolling()
    problem.solution["outcome"] = 1
    monkeypatch.setattr(design, "FEWEST_EVENTS", 0)
    runs = [make.answered(problem, n, answer=noisy(0.2)) for n in "ab"]
    scores = score(problem, runs, ["auc", "brier"], {}, **INTERVALS)
    assert row(scores, "a", "auc")["reason"] == "not defined on these test rows"
    assert np.isfinite(row(scores, "a", "brier")["value"])
    assert len(scores.pairs["auc"]) == 0
    assert len(scores.pairs["brier"]) == 1


def test_methods_defined_on_different_folds_are_not_compared(make):
    problem = make.resampled(parts=3, repeats=1)

    def proper_in(fold_wanted):
        return lambda fact, solution: 0.5 if fact["fold"] in fold_wanted else 1.5  # 1.5 is no probability

    runs = [
        make.answered(problem, "a", answer=proper_in({0, 1})),
        make.answered(problem, "b", answer=proper_in({1, 2})),
    ]
    scores = score(problem, runs, ["brier"], {}, **INTERVALS)
    assert row(scores, "a", "brier")["value"] == pytest.approx(0.25)
    assert len(scores.pairs["brier"]) == 0


# --- what a metric may ask for besides the test rows ----------------------------------------------
def asking(function, *, reads=("score",)):
    """Return a metric that keeps what it was handed."""
    return metric(label="Asking", range=(0.0, 1.0), best=1.0, chance=None, reads=reads)(function)


def test_a_metric_sees_the_segment_of_the_window_before(make, monkeypatch):
    problem = make.rolling(n=5)
    seen = []

    def moved(solution, answers, rows, weights):
        seen.append(rows[["customer"]].assign(now=answers["segment"], before=answers["segment_before"]))
        return np.full(len(weights), 0.5)

    asked = asking(moved, reads=("segment", "segment_before"))
    monkeypatch.setattr(registry, "metric", lambda name: asked)
    monkeypatch.setattr(registry, "prices", lambda name: ())
    monkeypatch.setattr(registry, "wants_inner", lambda name: False)
    found = make.answered(
        problem,
        "m",
        "segment",
        answer=lambda fact, solution: np.arange(5) + 10 * fact["window"],
    )
    scores = score(problem, [found], ["auc"], {}, **INTERVALS)
    # the first window has no window before it, and a refit is no window
    assert scores.folds["window"].tolist() == [1]
    assert seen[0]["before"].tolist() == [0, 1, 2, 3, 4]
    assert seen[0]["now"].tolist() == [10, 11, 12, 13, 14]


def test_a_metric_sees_the_inner_hold_out_and_no_other_train_row(make, monkeypatch):
    problem = make.rolling()
    train = problem.fold(0).train_rows["row_id"].to_numpy()[:7]
    seen = []

    def chosen(solution, answers, rows, weights, *, inner):
        seen.append(inner)
        return np.full(len(weights), 0.5)

    asked = asking(chosen)
    monkeypatch.setattr(registry, "metric", lambda name: asked)
    monkeypatch.setattr(registry, "prices", lambda name: ())
    monkeypatch.setattr(registry, "wants_inner", lambda name: True)
    found = make.answered(problem, "m", answer=lambda fact, solution: solution["truth"])
    inner = pd.DataFrame({"fold": 0, "row_id": train, "score": np.arange(7.0)})
    score(problem, [replace(found, inner=inner)], ["auc"], {}, **INTERVALS)
    first, *others = seen
    assert first["row_id"].tolist() == train.tolist()
    assert first["score"].tolist() == list(range(7))
    assert first["outcome"].tolist() == problem.solution["outcome"][train].tolist()
    assert others
    assert all(o is None or o["row_id"].tolist() == train.tolist() for o in others)


def test_a_run_that_failed_is_a_row_for_every_metric(make):
    problem = make.rolling()
    runs = [
        make.answered(problem, "broken", answer=noisy(0.1), status=FAILED, reason="no luck"),
        make.answered(problem, "elsewhere", answer=noisy(0.1), status=NOT_APPLICABLE, reason=""),
    ]
    scores = score(problem, runs, ["auc", "brier"], {}, **INTERVALS)
    assert scores.values["value"].isna().all()
    assert scores.values["reason"].tolist() == ["no luck"] * 2 + ["not_applicable"] * 2
    assert scores.folds.empty


# --- the oracle ---------------------------------------------------------------------------------
def test_the_oracle_is_there_where_the_truth_is_known(make):
    problem = make.rolling()
    runs = [make.answered(problem, "m", answer=noisy(0.3))]
    both = with_oracle(problem, runs)
    assert [r.control for r in both] == [None, ORACLE]
    scores = score(problem, both, ["auc"], {}, **INTERVALS)
    assert row(scores, ORACLE, "auc")["value"] > row(scores, "m", "auc")["value"]
    assert with_oracle(make.rolling(truth=False), runs) == runs


@pytest.mark.parametrize("name", ["auc", "average_precision", "lift_10", "brier"])
def test_the_solution_fed_back_is_the_best_answer(make, name):
    problem = make.rolling()
    fed = make.answered(problem, "fed", answer=lambda fact, solution: solution["outcome"])
    rival = make.answered(problem, "rival", answer=noisy(0.2))
    metric = registry.metric(name)
    scores = score(problem, [fed, rival], [name], {}, **INTERVALS)
    best, other = row(scores, "fed", name)["value"], row(scores, "rival", name)["value"]
    assert (best > other) == metric.higher_is_better
