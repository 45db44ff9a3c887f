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
from crmlab.plots import _band, _style, board, calibration, differences, drift, gains, lift, profit, windows


def line(axes: Any, label: str) -> np.ndarray:
    """Return the points of the line with a label, (n, 2)."""
    return next(ln for ln in axes.get_lines() if ln.get_label() == label).get_xydata()


def answering(comparison: Any, outcomes: list[int], scores: list[float]) -> Any:
    """Return a comparison of one method on one window with the given outcomes and scores."""
    ids = np.arange(len(outcomes))
    answers = pd.DataFrame({"fold": 0, "row_id": ids, "score": scores})
    problem = SimpleNamespace(
        facts=comparison.problem.facts | {"folds": [{"fold": 0, "window": 0, "cutoff": None}]},
        solution=pd.DataFrame({"row_id": ids, "outcome": outcomes}),
        rows=pd.DataFrame({"row_id": ids, "customer": [f"c{i}" for i in ids]}),
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


# --- differences --------------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["churn", "by_brier"])
def test_a_lead_is_positive_where_the_champion_is_better(which, request, whole):
    comparison = request.getfixturevalue(which)
    best = comparison.verdict.champion
    values = comparison.of_metric(comparison.primary).set_index("method")["value"]
    upward = registry.metric(comparison.primary).higher_is_better
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
def test_a_panel_has_the_name_of_its_method_also_where_its_colour_is_the_rest(churn, monkeypatch):
    monkeypatch.setattr(_style, "PALETTE", ())
    titles = {axes.get_title(loc="left") for axes in calibration.draw(churn).axes}
    assert churn.run_of(churn.verdict.champion).label in titles


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


# --- bands --------------------------------------------------------------------------------------
def with_inner(comparison: Any, outcomes: list[int], scores: list[float]) -> Any:
    """Return a comparison by hand whose champion scored rows of an inner hold-out, its only solution rows."""
    held = np.arange(len(outcomes)) + 100
    inner = pd.DataFrame({"fold": 0, "row_id": held, "score": scores})
    known = pd.DataFrame({"row_id": held, "outcome": outcomes})
    posed = SimpleNamespace(**vars(comparison.problem))
    posed.solution = pd.concat([posed.solution, known], ignore_index=True)
    return replace(comparison, problem=posed, runs=[replace(comparison.runs[0], inner=inner)])


def test_a_band_holds_the_curve_and_is_wider_for_fewer_customers(churn):
    depths, widths = np.array([0.1, 0.5, 1.0]), []
    for copies in (20, 200):
        many = answering(churn, [1, 0, 1, 0] * copies, list(np.linspace(1, 0, 4 * copies)))
        curve = _band.curve(many, "classification/logit", depths, lift.lift)
        lower, upper = _band.band(many, "classification/logit", depths, lift.lift)
        assert (lower <= curve).all()
        assert (curve <= upper).all()
        widths.append(upper - lower)
    assert (widths[0][:2] > widths[1][:2]).all()
    # everyone has the lift 1 under every weighting
    assert curve[-1] == 1
    assert widths[1][-1] == pytest.approx(0, abs=1e-12)


def test_a_band_is_as_wide_as_the_standard_error_says(churn):
    # the standard error of a share: 40 % of 400 rows at full depth, earning 1 for a 1 and costing 0
    frame = answering(churn, [1] * 160 + [0] * 240, [0.5] * 400)
    lower, upper = _band.band(frame, "classification/logit", np.array([1.0]), lambda ones, rows: ones)
    half = 1.96 * np.sqrt(0.4 * 0.6 / 400)
    assert (upper - lower)[0] / 2 == pytest.approx(half, rel=0.15)


def test_a_customer_has_one_weight_in_all_windows(churn):
    once = answering(churn, [1, 0] * 50, list(np.linspace(1, 0, 100)))
    folds = [{"fold": f, "window": f, "cutoff": None} for f in (0, 1)]
    answers = pd.concat([once.runs[0].answers.assign(fold=f) for f in (0, 1)])
    posed = SimpleNamespace(**vars(once.problem) | {"facts": once.problem.facts | {"folds": folds}})
    twice = replace(once, problem=posed, runs=[replace(once.runs[0], answers=answers)])
    bands = [_band.band(c, "classification/logit", np.array([0.3]), lift.lift) for c in (once, twice)]
    np.testing.assert_allclose(bands[0], bands[1])


# --- lift ---------------------------------------------------------------------------------------
def test_lift_by_hand(churn):
    # 2 of 10 are positive: the best tenth holds one of them, so its rate is 1 over .2
    one = answering(churn, [1, 0, 0, 1, 0, 0, 0, 0, 0, 0], list(np.linspace(1, 0, 10)))
    at = np.array([0.1, 0.2, 0.4, 1.0])
    np.testing.assert_allclose(_band.curve(one, "classification/logit", at, lift.lift), [5, 2.5, 2.5, 1])
    drawn = line(lift.draw(one).axes[0], "Logistic regression")
    assert drawn[-1].tolist() == [1.0, 1.0]


def test_lift_writes_the_numbers_of_the_metric(churn, whole):
    texts = whole(lift.draw(churn))
    best = churn.verdict.champion
    expected = _band.curve(churn, best, np.array([*lift.MARKED, 1.0]), lift.lift)[:3]
    for value in expected:
        assert any(t.startswith(f"{value:.1f} [") for t in texts)
    metric = registry.metric("lift_20")
    frames = list(_band.by_window(churn, best))
    values = [metric(f, f, None, np.ones((1, len(f))))[0] for f in frames]
    assert expected[2] == pytest.approx(np.mean(values))


# --- the depth chosen before --------------------------------------------------------------------
def test_the_diamond_is_the_frozen_policy(churn):
    # at 56 for a churner and -11 for another: on the inner rows the best half pays most
    shown = with_inner(
        answering(churn, [0, 1, 0, 0], [0.9, 0.8, 0.2, 0.1]), [1, 1, 0, 0], [4.0, 3.0, 2.0, 1.0]
    )
    left, right = profit.draw(shown).axes
    assert line(left, "Depth chosen in training").tolist() == [[0.5, pytest.approx((56 - 11) / 4)]]
    assert not [ln for ln in right.get_lines() if ln.get_label() == "Depth chosen in training"]
    without = profit.draw(answering(churn, [1, 0], [0.9, 0.1])).axes[0]
    assert not [ln for ln in without.get_lines() if ln.get_label() == "Depth chosen in training"]


# --- drift --------------------------------------------------------------------------------------
def test_drift_draws_the_rates_of_the_facts(churn, whole):
    figure = drift.draw(churn)
    axes = figure.axes[0]
    posed = churn.problem
    firsts = [f["fold"] for f in posed.facts["folds"]]
    rates = [posed.solution["outcome"].to_numpy()[posed.fold(f).test_row_ids].mean() for f in firsts]
    np.testing.assert_allclose(line(axes, "test")[:, 1], rates)
    answers = churn.run_of(churn.verdict.champion).answers
    means = [answers.loc[answers["fold"] == f, "score"].mean() for f in firsts]
    np.testing.assert_allclose(line(axes, "mean score of the champion")[:, 1], means)
    texts = whole(figure)
    assert {"visits", "channel", "days_since_last"} <= set(texts)
    assert "no inner hold-out to compare with" in texts
    assert figure.png() == drift.draw(churn).png()


def test_a_column_that_jumped_stands_on_top(churn):
    posed = churn.problem
    rows = posed.rows.assign(visits=posed.rows["visits"] + 50 * (posed.rows["origin"] == "2024-07-01"))
    moved = drift.draw(replace(churn, problem=replace(posed, rows=rows))).axes[-1]
    assert moved.get_yticklabels()[0].get_text() == "visits"
    last = [ln for ln in moved.get_lines() if ln.get_color() == _style.PALETTE[0]]
    assert last[0].get_xdata()[0] == 1.0


def test_scores_that_moved_are_drawn_with_what_chance_would_do(churn, whole):
    runs = [replace(r, inner=None if r.answers is None else r.answers.assign(score=0.1)) for r in churn.runs]
    figure = drift.draw(replace(churn, runs=runs))
    drawn = line(figure.axes[1], "Logistic regression")
    answers = churn.run_of("classification/logit").answers
    gaps = (answers["score"] - 0.1).abs().groupby(answers["fold"]).mean().to_numpy()
    np.testing.assert_allclose(drawn[:, 1], gaps[: len(drawn)])
    assert "no inner hold-out to compare with" not in whole(figure)


def test_a_random_split_has_no_drift_and_segments_no_train_rows(resampled, segmentation):
    with pytest.raises(NotApplicable, match="the split is random"):
        drift.draw(resampled)
    posed = segmentation.problem
    bare = replace(posed, folds=posed.folds[posed.folds["part"] == "test"])
    with pytest.raises(NotApplicable, match="no window has train rows"):
        drift.draw(replace(segmentation, problem=bare))


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
@pytest.mark.parametrize("name", ["gains", "profit", "calibration", "lift"])
def test_scores_are_drawn_whole_and_the_same_twice(churn, whole, name):
    picture = registry.module("plots", name)
    figure = picture.draw(churn)
    assert figure.png() == picture.draw(churn).png()
    assert figure.png() == figure.png()
    whole(figure)


@pytest.mark.parametrize("name", ["gains", "profit", "calibration", "lift"])
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
