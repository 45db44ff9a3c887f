"""Pictures of predicted spend: what is drawn are the numbers of the comparison."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.plots import value_calibration, value_intervals, whale
from crmlab.vocabulary import CHANCE


@pytest.fixture(scope="module")
def valued(churn):
    """One method on one window of 40 customers: half spend 0, the others 1 to 20; and a constant."""
    spent = np.r_[np.zeros(20), np.arange(1.0, 21.0)]
    ids = np.arange(40)
    answers = pd.DataFrame({"fold": 0, "row_id": ids, "score": spent + 1.0, "lower": 0.0, "upper": 18.0})
    problem = SimpleNamespace(
        facts=churn.problem.facts | {"folds": [{"fold": 0, "window": 0, "cutoff": None}]},
        solution=pd.DataFrame({"row_id": ids, "outcome": (spent > 0).astype(int), "value": spent}),
        rows=pd.DataFrame({"row_id": ids, "customer": [f"c{i}" for i in ids]}),
        task="value",
        name="by_hand",
    )
    runs = [
        replace(churn.runs[0], answers=answers.assign(p_zero=0.5)),
        replace(churn.runs[1], control=CHANCE, answers=answers.assign(score=5.0, p_zero=0.5)),
    ]
    return replace(churn, problem=problem, runs=runs)


def test_the_whale_curve_of_a_right_order_is_the_perfect_one(valued, whole):
    figure = whale.draw(valued)
    lines = {ln.get_label(): ln.get_ydata() for ln in figure.axes[0].get_lines()}
    np.testing.assert_allclose(lines["Logistic regression"], lines["Perfect order"])
    # 8 of 40 customers spend 13 to 20: 132 of 210
    assert lines["Perfect order"][40] == pytest.approx(132 / 210)
    assert "Random forest" not in lines
    assert "Share of all spend (revenue)" in whole(figure)


def test_deciles_hold_the_means_of_prediction_and_spend(valued, whole):
    frame = valued.runs[0].answers.join(valued.problem.solution.set_index("row_id")["value"], on="row_id")
    bins = value_calibration.deciles(frame)
    # zeros are tied, and share the decile of their middle
    assert bins["n"].tolist() == [20, 4, 4, 4, 4, 4]
    assert bins["realised"].tolist() == [0, 2.5, 6.5, 10.5, 14.5, 18.5]
    np.testing.assert_allclose(bins["predicted"], bins["realised"] + 1)
    assert ((bins["lower"] <= bins["realised"]) & (bins["realised"] <= bins["upper"])).all()
    assert "Realised spend (revenue)" in whole(value_calibration.draw(valued))


def test_coverage_by_decile_counts_zeros_by_their_chance(valued, whole):
    frame = valued.runs[0].answers.join(valued.problem.solution.set_index("row_id")["value"], on="row_id")
    found = value_intervals.by_decile(frame)
    # a zero with p_zero .5 is inside with (.5 - .1) / .5; of 17 to 20 the last two lie above 18
    np.testing.assert_allclose(found, [0.8] * 5 + [1] * 4 + [0.5])
    figure = value_intervals.draw(valued)
    drawn = {ln.get_label(): ln.get_ydata() for ln in figure.axes[1].get_lines()}
    np.testing.assert_allclose(drawn["Logistic regression"], found)
    assert "Coverage" in whole(figure)


@pytest.mark.parametrize("picture", [whale, value_calibration, value_intervals])
def test_without_predicted_spend_there_is_no_picture(picture, churn):
    with pytest.raises(NotApplicable, match="no method predicted spend"):
        picture.draw(churn)
