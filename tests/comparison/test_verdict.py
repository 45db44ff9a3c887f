"""Verdicts: every sentence, each way round, from made-up numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from crmlab.comparison.run import Run
from crmlab.comparison.verdict import (
    BETTER,
    BORDERLINE,
    EQUIVALENT,
    NONE,
    SMALL,
    UNDECIDED,
    answer,
    judge,
    rank_order,
)
from crmlab.declare.metric import Metric
from crmlab.maths.between_windows import AnotherWindow
from crmlab.vocabulary import CHANCE, FAILED, NOT_APPLICABLE, OK, ORACLE, STATUS_QUO, TIMED_OUT

AUC = Metric(None, "AUC", (0.0, 1.0), 1.0, 0.5, "", "", (), None)
LOSS = Metric(None, "Loss", (0.0, 1.0), 0.0, 0.25, "EUR", "", (), None)


def run_of(name: str, control: str | None = None, status: str = OK, reason: str = "") -> Run:
    """Return a run without answers."""
    return Run(f"k/{name}", name.capitalize(), control, {}, name, status, reason)


def judged(values: dict[str, float], differences: dict[tuple[str, str], tuple], runs=None, **changes):
    """Judge made-up values with intervals of ± .02 and given differences (value, lower, upper)."""
    runs = runs or [run_of(name) for name in values]
    frame = pd.DataFrame(
        [{"method": f"k/{n}", "value": v, "lower": v - 0.02, "upper": v + 0.02} for n, v in values.items()]
    )
    pairs = pd.DataFrame(
        [pair_row(f"k/{a}", f"k/{b}", *ends) for (a, b), ends in differences.items()],
        columns=COLUMNS,
    )
    given = {"metric": AUC, "chance": 0.5, "level": 0.95} | changes
    return judge(runs, frame, pairs, given.pop("metric"), **given)


COLUMNS = ["a", "b", "difference", "lower", "upper", "error", "df", "p", "p_from", "p_to", "p_adjusted"]


def pair_row(a: str, b: str, d: float, lower: float, upper: float, slack: float = 0.0) -> list:
    """Return the row of a pair: the interval of the pair alone is the simultaneous one, and it is normal."""
    error = (upper - lower) / 2 / norm.ppf(0.975)
    p, p_from, p_to = (2 * norm.sf(abs(d) / error * (1 + s)) for s in (0, slack, -slack))
    return [a, b, d, lower, upper, error, np.inf, p, p_from, p_to, p]


def test_a_real_lead():
    verdict = judged({"tree": 0.7, "logit": 0.8}, {("tree", "logit"): (-0.1, -0.15, -0.05)})
    assert (verdict.champion, verdict.word, verdict.contenders) == ("k/logit", BETTER, ())
    assert verdict.lead_is_real
    assert verdict.could_be_best == ("k/logit",)
    assert verdict.sentences == (
        "Logit has the best AUC: 0.800 (95% interval 0.780 to 0.820).",
        "It is better than every other method, also than Tree "
        "(+0.100, 95% interval of this pair +0.050 to +0.150, p 8.9e-05).",
        "Logit is better than chance (0.500).",
    )


def test_the_best_stands_with_the_interval_of_the_picked():
    verdict = judged(
        {"tree": 0.7, "logit": 0.8}, {("tree", "logit"): (-0.1, -0.15, -0.05)}, picked=(0.76, 0.815)
    )
    assert verdict.picked == (0.76, 0.815)
    assert verdict.sentences[0] == (
        "Logit has the best AUC: 0.800 (95% interval 0.780 to 0.820, 0.760 to 0.815 as the best picked of 2)."
    )


def test_an_open_lead_says_how_many_customers_would_decide():
    verdict = judged({"logit": 0.8, "tree": 0.79}, {("logit", "tree"): (0.01, -0.02, 0.04)})
    assert (verdict.word, verdict.contenders) == (UNDECIDED, ("k/tree",))
    assert verdict.could_be_best == ("k/logit", "k/tree")
    # .03 must shrink to .01: three times as narrow, nine times as many
    assert verdict.sentences[1:3] == (
        "Undecided, so perhaps as good: Tree (+0.010, 95% interval of this pair -0.020 to +0.040, p 0.51).",
        "Against Tree about 9.0 times as many customers would decide.",
    )


def test_what_lies_within_the_margin_is_equivalent():
    # 90 % interval: .002 ± .0084, within .02
    verdict = judged({"logit": 0.8, "tree": 0.798}, {("logit", "tree"): (0.002, -0.008, 0.012)}, margin=0.02)
    assert (verdict.word, verdict.against) == (EQUIVALENT, {"k/tree": EQUIVALENT})
    assert verdict.sentences[1].startswith(
        "Equivalent to it (within 0.020, which is less than matters): Tree"
    )
    assert judged({"a": 0.8, "b": 0.79}, {("a", "b"): (0.002, -0.008, 0.012)}, margin=0.01).word == UNDECIDED


def test_a_real_lead_may_be_less_than_matters():
    verdict = judged({"logit": 0.8, "tree": 0.795}, {("logit", "tree"): (0.005, 0.001, 0.009)}, margin=0.01)
    assert verdict.word == SMALL
    assert not verdict.lead_is_real


def test_identical_answers_are_equivalent_whatever_the_margin():
    verdict = judged({"a": 0.8, "b": 0.8}, {}, margin=0.0)
    assert verdict.word == UNDECIDED  # not compared
    same = pd.DataFrame([["k/a", "k/b", 0.0, 0.0, 0.0, 0.0, np.inf, 1.0, 1.0, 1.0, 1.0]], columns=COLUMNS)
    assert answer("k/a", "k/b", same, level=0.95, margin=0.0) == EQUIVALENT


def test_within_two_monte_carlo_errors_of_the_threshold_the_word_is_borderline():
    frame = pd.DataFrame([pair_row("k/a", "k/b", 0.0196, 0.0, 0.0392, slack=0.02)], columns=COLUMNS)
    assert answer("k/a", "k/b", frame, level=0.95, margin=0.0) == BORDERLINE
    sure = pd.DataFrame([pair_row("k/a", "k/b", 0.03, 0.0104, 0.0496, slack=0.02)], columns=COLUMNS)
    assert answer("k/a", "k/b", sure, level=0.95, margin=0.0) == BETTER


def test_clones_of_a_bad_method_change_nothing():
    pair = {("logit", "tree"): (0.05, 0.01, 0.09)}
    alone = judged({"logit": 0.8, "tree": 0.75}, pair)
    clones = {f"bad{i}": 0.6 for i in range(20)}
    many = judged(
        {"logit": 0.8, "tree": 0.75, **clones}, pair | {("logit", n): (0.2, 0.15, 0.25) for n in clones}
    )
    assert alone.word == many.word == BETTER


def test_a_lead_over_absent_rivals_is_none():
    runs = [run_of("logit"), run_of("tree"), run_of("forest", status=TIMED_OUT, reason="1 s")]
    verdict = judged(
        {"logit": 0.8, "tree": 0.7, "forest": np.nan}, {("logit", "tree"): (0.1, 0.05, 0.15)}, runs
    )
    assert (verdict.word, verdict.absent) == (UNDECIDED, ("k/forest",))
    assert "No lead is claimed: Forest could have answered and did not." in verdict.sentences
    # a method that does not apply is no rival
    runs[2] = run_of("forest", status=NOT_APPLICABLE, reason="no history")
    there = judged(
        {"logit": 0.8, "tree": 0.7, "forest": np.nan}, {("logit", "tree"): (0.1, 0.05, 0.15)}, runs
    )
    assert there.word == BETTER


def test_a_lead_over_the_second_alone():
    verdict = judged(
        {"logit": 0.8, "tree": 0.75, "noisy": 0.7},
        {("logit", "tree"): (0.05, 0.01, 0.09), ("logit", "noisy"): (0.1, -0.1, 0.3)},
    )
    assert (verdict.word, verdict.contenders) == (UNDECIDED, ("k/noisy",))
    assert "It is better than the other one." in verdict.sentences


def test_what_another_window_may_bring_is_said():
    found = AnotherWindow(7, 2.7, 0.8, 0.05, 0.6, 1.2, within_a_year=True)
    said = judged({"a": 0.8}, {}, another=lambda method: found).sentences[2]
    assert said == (
        "Its 7 windows, which share days and are worth about 2.7 apart have a standard deviation of 0.050: "
        "in another window of this kind 0.600 to 1.000 is to be expected (95%). All of them lie within one "
        "year: another season was not seen."
    )


def test_a_single_method():
    verdict = judged({"logit": 0.8}, {})
    assert (verdict.champion, verdict.lead_is_real) == ("k/logit", False)
    assert verdict.sentences[1] == "It is the only method with a value, so there is no lead to judge."


def test_nothing_to_rank():
    runs = [run_of("prevalence", CHANCE), run_of("logit", status=FAILED, reason="no luck")]
    verdict = judged({"prevalence": 0.5, "logit": np.nan}, {}, runs)
    assert (verdict.champion, verdict.word, verdict.contenders) == (None, NONE, ())
    assert verdict.sentences[0] == "No method has a value: there is nothing to rank."
    assert verdict.sentences[-1] == "No answer (failed) from Logit: no luck."


def test_the_status_quo_wins():
    runs = [run_of("rule", STATUS_QUO), run_of("logit")]
    verdict = judged({"rule": 0.8, "logit": 0.7}, {("rule", "logit"): (0.1, 0.05, 0.15)}, runs)
    assert verdict.champion == "k/rule"
    assert verdict.lead_is_real
    assert "The status quo wins: no learned method is ahead of it here." in verdict.sentences
    assert not any(s.startswith("Against") for s in verdict.sentences)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((-0.1, -0.15, -0.05), "it gains +0.100 (95% simultaneous interval +0.050 to +0.150)."),
        (
            (-0.1, -0.25, 0.05),
            "it shows no established gain: +0.100 (95% simultaneous interval -0.050 to +0.250).",
        ),
    ],
)
def test_the_status_quo_is_beaten_or_not(pair, words):
    runs = [run_of("rule", STATUS_QUO), run_of("logit")]
    verdict = judged({"rule": 0.7, "logit": 0.8}, {("rule", "logit"): pair}, runs)
    assert f"Against the status quo (Rule) {words}" in verdict.sentences


def test_methods_that_could_not_be_compared():
    runs = [run_of("rule", STATUS_QUO), run_of("logit")]
    verdict = judged({"rule": 0.7, "logit": 0.8}, {}, runs)
    assert not verdict.lead_is_real
    assert "Undecided, so perhaps as good: Rule (not compared)." in verdict.sentences
    assert "It was not compared with the status quo (Rule)." in verdict.sentences


def test_chance_and_oracle_are_no_champions():
    runs = [run_of("oracle", ORACLE), run_of("prevalence", CHANCE), run_of("logit")]
    verdict = judged({"oracle": 0.9, "prevalence": 0.5, "logit": 0.45}, {}, runs)
    assert verdict.champion == "k/logit"
    assert verdict.sentences[1] == "It is the only method with a value, so there is no lead to judge."


def test_against_chance():
    assert judged({"a": 0.51}, {}).sentences[-1] == "A is not distinguishable from chance (0.500)."
    assert (
        judged({"a": 0.6}, {}, chance=np.nan).sentences[-1] == "AUC has no value at chance to compare with."
    )


def test_the_oracle_bounds_the_champion():
    runs = [run_of("logit"), run_of("oracle", ORACLE)]
    verdict = judged({"logit": 0.7, "oracle": 0.9}, {}, runs)
    assert verdict.sentences[-1] == (
        "The oracle, which knows the truth, reaches 0.900: Logit covers 50% of the way from chance to there."
    )
    level = judged({"logit": 0.5, "oracle": 0.5}, {}, runs)
    assert not any("oracle" in s for s in level.sentences)


def test_a_metric_whose_lower_end_is_best():
    runs = [run_of("dear"), run_of("cheap"), run_of("oracle", ORACLE)]
    verdict = judged(
        {"dear": 0.2, "cheap": 0.1, "oracle": 0.05},
        {("dear", "cheap"): (0.1, 0.05, 0.15)},
        runs,
        metric=LOSS,
        chance=0.25,
        level=0.9,
    )
    assert (verdict.champion, verdict.lead_is_real) == ("k/cheap", True)
    assert verdict.sentences == (
        "Cheap has the best Loss: 0.100 EUR (90% interval 0.080 EUR to 0.120 EUR).",
        "It is better than every other method, also than Dear "
        "(+0.100 EUR, 90% interval of this pair +0.058 EUR to +0.142 EUR, p 8.9e-05).",
        "Cheap is better than chance (0.250 EUR).",
        "The oracle, which knows the truth, reaches 0.050 EUR: "
        "Cheap covers 75% of the way from chance to there.",
    )


def test_methods_without_an_answer_are_named_with_their_reason():
    runs = [
        run_of("logit"),
        run_of("slow", status=TIMED_OUT, reason="stopped after the limit of 9 s"),
        run_of("rules", status=NOT_APPLICABLE, reason="no history"),
    ]
    verdict = judged({"logit": 0.8, "slow": np.nan, "rules": np.nan}, {}, runs)
    assert verdict.sentences[-2:] == (
        "No answer (timed out) from Slow: stopped after the limit of 9 s.",
        "No answer (not applicable) from Rules: no history.",
    )


def test_the_order_is_best_first_and_without_a_value_last():
    values = pd.DataFrame({"method": list("dcba"), "value": [0.7, np.nan, 0.9, 0.7]})
    assert rank_order(values, AUC) == ["b", "a", "d", "c"]
    assert rank_order(values, LOSS) == ["a", "d", "b", "c"]


def test_a_gain_is_positive_where_lower_is_better():
    values = {"best": 0.10, "rule": 0.15}
    runs = [run_of("best"), run_of("rule", STATUS_QUO)]
    frame = pd.DataFrame(
        [{"method": f"k/{n}", "value": v, "lower": v, "upper": v} for n, v in values.items()]
    )
    pairs = pd.DataFrame([pair_row("k/best", "k/rule", -0.05, -0.06, -0.04)], columns=COLUMNS)
    said = judge(runs, frame, pairs, LOSS, chance=float("nan"), level=0.95).sentences
    assert (
        "Against the status quo (Rule) it gains +0.050 EUR (95% simultaneous interval +0.040 EUR" in said[2]
    )


def test_better_than_chance_is_judged_by_the_simultaneous_pair():
    runs = [run_of("best"), run_of("coin", CHANCE)]
    # its own interval lies above chance, and the simultaneous one of the difference does not
    frame = pd.DataFrame(
        [
            {"method": "k/best", "value": 0.55, "lower": 0.51, "upper": 0.59},
            {"method": "k/coin", "value": 0.50, "lower": 0.50, "upper": 0.50},
        ]
    )
    pairs = pd.DataFrame([pair_row("k/best", "k/coin", 0.05, -0.01, 0.11)], columns=COLUMNS)
    said = judge(runs, frame, pairs, AUC, chance=0.5, level=0.95).sentences
    assert "Against chance (Coin) it shows no established gain" in said[2]
