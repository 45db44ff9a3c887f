"""Pictures of methods that answer with scores: what is drawn are the numbers of the comparison."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import _style, board, calibration, differences, gains, profit, windows


def line(axes: Any, label: str) -> np.ndarray:
    """Return the points of the line with a label, (n, 2)."""
    return next(ln for ln in axes.get_lines() if ln.get_label() == label).get_xydata()


def answering(comparison: Any, outcomes: list[int], scores: list[float]) -> Any:
    """Return a comparison of one method on one window with the given outcomes and scores."""
    ids = np.arange(len(outcomes))
    answers = pd.DataFrame({"fold": 0, "row_id": ids, "score": scores})
    problem = SimpleNamespace(
        facts=comparison.problem.facts | {"folds": [{"fold": 0, "window": 0, "refit": 0, "cutoff": None}]},
        solution=pd.DataFrame({"row_id": ids, "outcome": outcomes}),
        task="churn",
        name="by_hand",
    )
    return replace(comparison, problem=problem, runs=[replace(comparison.runs[0], answers=answers)])


# --- the board ----------------------------------------------------------------------------------
def test_board_shows_every_method_best_on_top(churn, whole):
    figure = board.draw(churn)
    axes = figure.axes[0]
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert labels[0] == "Oracle (the truth)" or labels[0] == "Logistic regression"
    assert labels == [board._label(churn, m) for m in churn.order()]
    assert "Hiatus rule (status quo)" in labels
    texts = whole(figure)
    assert "no purchase history" in texts
    value = churn.of_metric("auc").set_index("method").loc["classification/logit"]
    assert f"{value['value']:.3f}  [{value['lower']:.3f}, {value['upper']:.3f}]" in texts


def test_board_marks_chance_and_the_champion(churn):
    axes = board.draw(churn).axes[0]
    assert any(list(ln.get_xdata()) == [0.5, 0.5] for ln in axes.get_lines())
    bold = [t.get_text() for t in axes.get_yticklabels() if t.get_fontweight() == "bold"]
    assert bold == [churn.run_of(churn.verdict.champion).label]


def test_board_without_a_value_does_not_apply(churn):
    values = churn.scores.values.assign(value=np.nan)
    with pytest.raises(NotApplicable, match="no method has a value"):
        board.draw(replace(churn, scores=replace(churn.scores, values=values)))


def test_save_all_writes_what_applies(churn, tmp_path):
    saved = board.save_all(churn, tmp_path)
    assert [p.stem for p in saved] == ["board", "calibration", "differences", "gains", "profit", "windows"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in saved)


# --- differences --------------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["churn", "by_brier"])
def test_a_lead_is_positive_where_the_champion_is_better(which, request, whole):
    comparison = request.getfixturevalue(which)
    best = comparison.verdict.champion
    values = comparison.of_metric(comparison.primary).set_index("method")["value"]
    upward = registry.find("metrics", comparison.primary).higher_is_better
    leads = differences.leads(comparison).set_index("method")
    assert best not in leads.index
    expected = (values[best] - values[leads.index]) * (1 if upward else -1)
    np.testing.assert_allclose(leads["lead"], expected, atol=1e-12)
    assert (leads["lower"] <= leads["lead"]).all()
    assert (leads["lead"] <= leads["upper"]).all()
    assert (leads["is_real"] == ((leads["lower"] > 0) | (leads["upper"] < 0))).all()
    whole(differences.draw(comparison))


def test_a_lead_is_filled_only_where_it_is_real(churn):
    leads = differences.leads(churn)
    dots = [ln for ln in differences.draw(churn).axes[0].get_lines() if ln.get_marker() == "o"]
    filled = [dot.get_markerfacecolor() != "white" for dot in dots]
    assert filled == leads["is_real"].tolist()
    assert True in filled


def test_one_method_has_no_rival(churn):
    none = {m: p.iloc[:0] for m, p in churn.scores.pairs.items()}
    with pytest.raises(NotApplicable, match="no pair"):
        differences.draw(replace(churn, scores=replace(churn.scores, pairs=none)))


# --- gains --------------------------------------------------------------------------------------
def test_gains_by_hand(churn):
    one = answering(churn, [1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    left, right = gains.draw(one).axes
    curve = dict(line(left, "Logistic regression"))
    # the best quarter holds one of two positives, the next none, the third the other
    assert [curve[d] for d in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx([0, 0.5, 0.5, 1, 1])
    assert dict(line(left, "Perfect order"))[0.25] == pytest.approx(0.5)
    assert dict(line(right, "Logistic regression"))[0.75] == pytest.approx(0.25)


def test_a_constant_score_gains_nothing(churn):
    left, _ = gains.draw(answering(churn, [1, 0, 1, 0, 0], [0.3] * 5)).axes
    curve = line(left, "Logistic regression")
    np.testing.assert_allclose(curve[:, 0], curve[:, 1], atol=1e-12)


# --- profit -------------------------------------------------------------------------------------
def test_profit_by_hand(churn):
    # Verbraken et al. 2013, their prices: a churner brings 6/20 · (200 - 10) - 1 = 56, another costs 11
    left, right = profit.draw(answering(churn, [1, 0], [0.9, 0.1])).axes
    curve = dict(line(left, "Logistic regression"))
    assert curve[0.5] == pytest.approx(56 / 2)
    assert curve[1.0] == pytest.approx((56 - 11) / 2)
    assert dict(line(right, "Logistic regression"))[0.5] == pytest.approx(56 / 2 - (56 - 11) / 4)


def test_profit_of_a_response(churn):
    prices = {"contact_cost": 1.0, "margin_mean": 20.0, "margin_shape": 4.0, "accept_rate": 1.0}
    one = replace(answering(churn, [1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1]), economics=prices)
    curve = dict(line(profit.draw(one).axes[0], "Logistic regression"))
    assert curve[0.25] == pytest.approx(19 / 4)
    assert curve[1.0] == pytest.approx((19 - 3) / 4)


def test_profit_needs_prices(churn):
    with pytest.raises(NotApplicable, match="no prices"):
        profit.draw(replace(churn, economics={"margin_shape": 4.0}))


# --- calibration --------------------------------------------------------------------------------
def test_reliability_has_wilsons_interval():
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, score interval .2553 to .3662
    frame = pd.DataFrame({"score": 0.3, "outcome": [1] * 81 + [0] * (263 - 81)})
    bins = calibration._reliability(frame)
    assert len(bins) == 1
    assert bins.loc[0, ["n", "observed"]].tolist() == [263, pytest.approx(81 / 263)]
    assert bins.loc[0, ["lower", "upper"]].tolist() == pytest.approx([0.2553, 0.3662], abs=5e-5)


def test_reliability_bins_hold_equal_counts_and_never_part_ties():
    scores = np.r_[np.linspace(0.0, 0.5, 80), np.full(20, 0.9)]
    bins = calibration._reliability(pd.DataFrame({"score": scores, "outcome": 1}))
    assert bins["n"].tolist() == [10] * 8 + [20]
    assert bins["predicted"].iloc[-1] == pytest.approx(0.9)


def test_a_score_beyond_one_is_no_probability(churn, whole):
    texts = whole(calibration.draw(answering(churn, [1, 0], [3.0, 0.1])))
    assert "the score is\nno probability" in texts


# --- windows ------------------------------------------------------------------------------------
def test_windows_over_time(churn, whole):
    figure = windows.draw(churn)
    folds = churn.scores.folds
    own = folds[(folds["metric"] == "auc") & (folds["method"] == "classification/logit")]
    drawn = line(figure.axes[0], "Logistic regression")
    np.testing.assert_allclose(drawn[:, 1], own.groupby("window")["value"].mean())
    assert {"2024-04-01", "2024-07-01"} <= set(whole(figure))


def test_splits_are_dots(resampled, whole):
    figure = windows.draw(resampled)
    dots = [ln for ln in figure.axes[0].get_lines() if ln.get_marker() == "o"]
    assert [len(d.get_xdata()) for d in dots] == [6] * 4
    assert figure.title == "Churn · small: fit by fit"
    whole(figure)


# --- every picture ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["gains", "profit", "calibration"])
def test_scores_are_drawn_whole_and_the_same_twice(churn, whole, name):
    picture = registry.module("plots", name)
    figure = picture.draw(churn)
    assert figure.png() == picture.draw(churn).png()
    assert figure.png() == figure.png()
    whole(figure)


@pytest.mark.parametrize("name", ["gains", "profit", "calibration"])
def test_segments_have_no_scores(segmentation, name):
    priced = replace(segmentation, economics={"contact_cost": 1.0, "margin_mean": 2.0})
    with pytest.raises(NotApplicable, match="no method answered with scores"):
        registry.module("plots", name).draw(priced)


def test_a_method_has_one_colour_and_controls_are_grey(churn, by_brier):
    first, second = _style.colours(churn), _style.colours(by_brier)
    assert {m: first[m] for m in second} == second
    assert first["classification/prevalence"] == _style.CONTROL["chance"]
    free = [first[r.method] for r in churn.runs if r.control is None]
    assert len(set(free)) == len(free)


def test_a_picture_shows_itself_in_a_notebook(churn):
    figure = board.draw(churn)
    shown = figure._repr_mimebundle_()
    assert shown["image/png"] == figure.png()
    assert shown["text/plain"] == "Picture: Churn · small: AUC"
    assert b"Software" not in shown["image/png"]


def test_the_look_stays_inside_the_picture(churn):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    board.draw(churn).png()
    assert dict(mpl.rcParams) == before
