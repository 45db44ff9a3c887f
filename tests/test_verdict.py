"""Verdicts: every sentence, each way round, from made-up numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.registry import Metric
from crmlab.run import Run
from crmlab.verdict import judge, rank_order
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
        [
            {"a": f"k/{a}", "b": f"k/{b}", "difference": d, "lower": lower, "upper": upper}
            for (a, b), (d, lower, upper) in differences.items()
        ],
        columns=["a", "b", "difference", "lower", "upper"],
    )
    given = {"metric": AUC, "chance": 0.5, "level": 0.95} | changes
    return judge(runs, frame, pairs, given["metric"], chance=given["chance"], level=given["level"])


def test_a_real_lead():
    verdict = judged({"tree": 0.7, "logit": 0.8}, {("tree", "logit"): (-0.1, -0.15, -0.05)})
    assert (verdict.champion, verdict.lead_is_real, verdict.contenders) == ("k/logit", True, ())
    assert verdict.sentences == (
        "Logit has the best AUC: 0.800 (95% interval 0.780 to 0.820).",
        "Its lead is real: it differs from every other method, also from Tree "
        "(+0.100, simultaneous 95% interval +0.050 to +0.150).",
        "Logit is better than chance (0.500).",
    )


def test_a_lead_that_is_not_established():
    verdict = judged({"logit": 0.8, "tree": 0.79}, {("logit", "tree"): (0.01, -0.02, 0.04)})
    assert (verdict.lead_is_real, verdict.contenders) == (False, ("k/tree",))
    assert verdict.sentences[1:3] == (
        "Its lead over Tree is not established (+0.010, simultaneous 95% interval -0.020 to +0.040).",
        "Not distinguishable from the best on these data: Tree.",
    )


def test_a_lead_over_the_second_alone():
    verdict = judged(
        {"logit": 0.8, "tree": 0.75, "noisy": 0.7},
        {("logit", "tree"): (0.05, 0.01, 0.09), ("logit", "noisy"): (0.1, -0.1, 0.3)},
    )
    assert (verdict.lead_is_real, verdict.contenders) == (False, ("k/noisy",))
    assert verdict.sentences[1].startswith("Its lead over Tree is real (+0.050")
    assert verdict.sentences[2] == "Not distinguishable from the best on these data: Noisy."


def test_a_single_method():
    verdict = judged({"logit": 0.8}, {})
    assert (verdict.champion, verdict.lead_is_real) == ("k/logit", False)
    assert verdict.sentences[1] == "It is the only method with a value, so there is no lead to judge."


def test_nothing_to_rank():
    runs = [run_of("prevalence", CHANCE), run_of("logit", status=FAILED, reason="no luck")]
    verdict = judged({"prevalence": 0.5, "logit": np.nan}, {}, runs)
    assert (verdict.champion, verdict.lead_is_real, verdict.contenders) == (None, False, ())
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
    assert "Its lead over Rule is not established." in verdict.sentences
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
        "Its lead is real: it differs from every other method, also from Dear "
        "(+0.100 EUR, simultaneous 90% interval +0.050 EUR to +0.150 EUR).",
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
    columns = ["a", "b", "difference", "lower", "upper", "p_adjusted"]
    pairs = pd.DataFrame([["k/best", "k/rule", -0.05, -0.06, -0.04, 0.01]], columns=columns)
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
    columns = ["a", "b", "difference", "lower", "upper", "p_adjusted"]
    pairs = pd.DataFrame([["k/best", "k/coin", 0.05, -0.01, 0.11, 0.1]], columns=columns)
    said = judge(runs, frame, pairs, AUC, chance=0.5, level=0.95).sentences
    assert "Against chance (Coin) it shows no established gain" in said[2]
