"""Pictures of survival: the lines are what was answered, the steps what happened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab.comparison.compare import judged
from crmlab.errors import NotApplicable
from crmlab.kinds.survival import CURVE, times
from crmlab.maths.retention_curves import log_survivor
from crmlab.maths.survival import kaplan_meier
from crmlab.params import Params, Task
from crmlab.plots import _survivors, calibration, gains, retention_curves, survival_curves
from crmlab.problems import censoring
from crmlab.seeds import generator
from crmlab.vocabulary import CHANCE

METRICS = ("integrated_brier", "concordance_uno")


def line(axes, label):
    """Return the points of the line with a label, (n, 2)."""
    return next(ln for ln in axes.get_lines() if ln.get_label() == label).get_xydata()


@pytest.fixture(scope="module")
def retention(make):
    """A comparison of survival curves over two cutoffs: one that knows the risk, one that does not."""
    problem = make.rolling(task="retention", truth=False)
    rng = generator(1, "retention")
    n = len(problem.rows)
    ages = rng.integers(1, 300, n)
    event = problem.solution["outcome"].to_numpy()
    days = np.where(event == 1, rng.integers(1, 91, n), 90)
    seen = {"duration_days": days, "event": event, "followed_days": 90}
    problem = replace(
        problem,
        rows=problem.rows.assign(member_days=ages.astype(float)),
        solution=problem.solution[["row_id", "outcome"]].assign(**seen),
    )

    def run(name, risk, control=None, details=None):
        answered = make.answered(problem, name, label=name, control=control, answer=risk)
        score = answered.answers["score"].to_numpy()
        curves = 1 - np.outer(score, times(90) / 90)
        kept = answered.answers.assign(**dict(zip(CURVE, curves.T, strict=True)))
        return replace(answered, method=f"survival/{name}", answers=kept, details=details or {})

    def knows(fact, solution):
        return 0.2 + 0.6 * solution["outcome"].to_numpy()

    def base(fact, solution):
        return np.full(len(solution), 0.5)

    fitted = {0: {"alpha": 9.0, "beta": 1.0}, 1: {"alpha": 1.0, "beta": 4.0, "log_likelihood": -3.0}}
    runs = [
        run("cox", knows),
        run("shifted_beta_geometric", base, details=fitted),
        run("kaplan_meier", base, CHANCE),
    ]
    part = Task("retention", METRICS, METRICS[0], {}, 0, {}, {})
    return judged(problem, runs, part, Params(1, 1, 60.0, 0.95, 60, (), {"retention": part}))


def last_window(comparison):
    """Return rows and solution of the last window's test rows."""
    problem = comparison.problem
    fold = max(f["fold"] for f in problem.facts["folds"])
    ids = problem.folds.loc[(problem.folds["fold"] == fold) & (problem.folds["part"] == "test"), "row_id"]
    return problem.rows.set_index("row_id").loc[ids], problem.solution.set_index("row_id").loc[ids]


def test_survival_curves_show_what_was_answered_on_what_happened(retention, whole):
    figure = survival_curves.draw(retention)
    everyone, thirds = figure.axes
    _, solution = last_window(retention)
    steps = line(everyone, "observed")
    expected = kaplan_meier(solution["duration_days"].to_numpy(), solution["event"].to_numpy())
    np.testing.assert_allclose(steps[:, 1], expected.at(steps[:, 0]))
    drawn = line(everyone, "kaplan_meier")
    np.testing.assert_allclose(drawn, np.column_stack([np.r_[0, times(90)], 1 - 0.5 * np.arange(13) / 12]))
    texts = whole(figure)
    assert any("cox (dashed)" in t for t in texts)
    # those with the lowest risk all stayed, those with the highest all left
    low, high = (line(thirds, t) for t in texts if t.startswith(("lowest third", "highest third")))
    assert low[-1, 1] > 0.9
    assert high[-1, 1] < 0.6


def test_a_method_without_curves_is_no_picture(retention):
    bare = [replace(r, answers=r.answers[["fold", "row_id", "score"]]) for r in retention.runs]
    with pytest.raises(NotApplicable, match="no method answered with survival curves"):
        survival_curves.draw(replace(retention, runs=bare))
    with pytest.raises(NotApplicable, match="cox gave no survival curves"):
        survival_curves.draw(replace(retention, runs=[bare[0], *retention.runs[1:]]), "survival/cox")


def test_retention_curves_carry_the_last_fit_on(retention, whole):
    figure = retention_curves.draw(retention)
    axes = figure.axes[0]
    drawn = line(axes, "shifted_beta_geometric")
    np.testing.assert_allclose(drawn[:, 1], np.exp(log_survivor(drawn[:, 0], 1.0, 4.0)))
    observed = line(axes, "observed")
    assert observed[0].tolist() == [0.0, 1.0]
    assert (np.diff(observed[:, 1]) <= 0).all()
    assert drawn[-1, 0] == observed[-1, 0] + retention_curves.BEYOND
    whole(figure)


def test_members_count_from_the_renewals_that_they_had_passed(retention):
    """By hand: of the members at risk at each renewal, the share that ended there."""
    members = retention_curves._members(retention)
    found = kaplan_meier(members["duration_days"], members["event"], entry=members["entry"])
    rows, solution = last_window(retention)
    assert len(members) <= len(rows)
    month = 365.25 / 12
    age = rows["member_days"].to_numpy() + 1
    passed = np.floor((age - 0.5) / month)
    event = solution["event"].to_numpy() == 1
    days = solution["duration_days"].to_numpy()
    ended = np.maximum(np.round((age + days - 1) / month), passed + 1)
    last = np.where(event, ended, np.floor((age + days - 0.5) / month))
    renewal = found.times[2]
    at_risk = (passed < renewal) & (last >= renewal)
    assert found.at_risk[2] == at_risk.sum()
    assert found.events[2] == (at_risk & event & (last == renewal)).sum()


def test_without_a_fitted_curve_or_ages_there_is_no_picture(retention):
    with pytest.raises(NotApplicable, match="no method fitted a retention curve"):
        retention_curves.draw(replace(retention, runs=[r for r in retention.runs if not r.details]))
    problem = replace(retention.problem, rows=retention.problem.rows.drop(columns="member_days"))
    with pytest.raises(NotApplicable, match="how old a contract is"):
        retention_curves.draw(replace(retention, problem=problem))


# --- rows that were not followed to the horizon ---------------------------------------------------
@pytest.fixture(scope="module")
def censored(retention):
    """The same comparison, every third row followed for 30 of 90 days."""
    known = retention.problem.solution
    followed = np.where(known["row_id"] % 3 == 0, 30, 90)
    event = known["event"] * (known["duration_days"] <= followed)
    solution = known.assign(
        duration_days=np.minimum(known["duration_days"], followed),
        event=event,
        followed_days=followed,
        outcome=event.astype(float).where((event == 1) | (followed == 90)),
    )
    return replace(retention, problem=replace(retention.problem, solution=solution))


def test_a_bin_s_rate_is_one_less_its_curve_at_the_horizon(censored, whole):
    n = 40
    rng = generator(1, "bin")
    frame = pd.DataFrame(
        {
            "score": 0.3,
            "customer": [f"c{i}" for i in range(n)],
            "duration_days": rng.integers(1, 91, n),
            "event": rng.integers(0, 2, n),
            "followed_days": 90,
        }
    )
    (found,) = calibration._censored_reliability(frame).to_dict("records")
    curve = kaplan_meier(frame["duration_days"].to_numpy(), frame["event"].to_numpy())
    low, high = curve.interval_at(np.array([90.0]))
    assert found == {
        "n": n,
        "predicted": pytest.approx(0.3),
        "observed": pytest.approx(1 - curve.at(np.array([90.0]))[0]),
        "lower": pytest.approx(1 - high[0]),
        "upper": pytest.approx(1 - low[0]),
    }
    whole(calibration.draw(censored))


def test_gains_count_each_end_for_those_not_followed_so_long(censored, whole):
    figure = gains.draw(censored)
    drawn = line(figure.axes[0], "cox")
    assert np.isfinite(drawn).all()
    assert drawn[-1].tolist() == [1.0, 1.0]
    perfect = line(figure.axes[0], "Perfect order")
    parts = [
        f["row_id"] for _, f in censored.problem.folds.query("part == 'test' and fold < 2").groupby("fold")
    ]
    known = censored.problem.solution.set_index("row_id")
    tenth = np.mean([0.1 / censoring.rate(known.loc[ids], 90) for ids in parts])
    assert np.interp(0.1, *perfect.T) == pytest.approx(tenth)
    reached = censored.curves().groupby("method")["y"].last()
    assert reached.tolist() == [1.0] * 3
    whole(figure)


def test_rows_of_one_customer_vary_together_in_a_band():
    """Each member four times tells no more than once: the band is as wide as without the copies."""
    rng = generator(1, "band")
    once = pd.DataFrame(
        {
            "customer": [f"c{i:03d}" for i in range(150)],
            "duration_days": rng.integers(1, 91, 150),
            "event": rng.integers(0, 2, 150),
        }
    )
    when = np.array([30.0, 60.0])
    share, *ends = _survivors.with_band(once, when, "test")
    again, *wide = _survivors.with_band(pd.concat([once] * 4, ignore_index=True), when, "test")
    np.testing.assert_allclose(share, again)
    np.testing.assert_allclose(np.subtract(*wide), np.subtract(*ends), rtol=0.15)
    assert _survivors.varies(once) == "test rows"
    assert _survivors.varies(pd.concat([once, once])) == "test customers"
