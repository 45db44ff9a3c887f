"""The survival methods: curves that are curves, and what each of them can find."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.tree import DecisionTreeRegressor

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import survival as kind
from crmlab.maths import survival_scores
from crmlab.maths.encoding import linear_input
from crmlab.maths.retention_curves import DAYS_PER_MONTH
from crmlab.methods.survival._person_period import DiscreteHazard
from crmlab.methods.survival.survival_boosting import PartialLikelihood
from crmlab.methods.survival.survival_forest import _leaf_curves
from crmlab.seeds import generator

NAMES = [n for n in registry.names("methods") if n.startswith("survival/")]
AGES_ALONE = ("by_contract_age", "shifted_beta_geometric", "beta_discrete_weibull")
KNOWS_COLUMNS = [n for n in NAMES if n.split("/")[1] not in (*AGES_ALONE, "kaplan_meier")]
KNOWS_AGES = [n for n in NAMES if n.split("/")[1] not in ("kaplan_meier",)]
TIMES = kind.times(180)


def members(n, *, seed=1, effect=0.0):
    """Return members of a club at a cutoff, and when they left: at monthly renewals, up to 180 days.

    Each cancels with an own probability, Beta(1, 4) before it is changed by `hurt`, a column, with the
    log odds ratio `effect`; so old contracts are the loyal ones.
    """
    rng = generator(seed, "members")
    hurt = rng.normal(size=4 * n)
    own = rng.beta(1.0, 4.0, 4 * n)
    odds = own / (1 - own) * np.exp(effect * hurt)
    ends = np.round(rng.geometric(odds / (1 + odds)) * DAYS_PER_MONTH)
    age = rng.integers(1, 500, 4 * n)
    there = np.flatnonzero(ends >= age)[:n]
    left = ends - age + 1
    X = pd.DataFrame({"hurt": hurt, "noise": rng.normal(size=4 * n), "member_days": age - 1.0})
    duration, event = np.minimum(left, 180.0), (left <= 180).astype(float)
    return X.iloc[there].reset_index(drop=True), duration[there], event[there]


def fitted(name, X, duration, event):
    return registry.find("methods", name)(seed=1).fit(X, duration, event)


@pytest.fixture(scope="module")
def models():
    """Every method, fitted on 500 members whose column matters."""
    club = members(500, effect=2.0)
    return {name: fitted(name, *club) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_curves_begin_at_1_and_never_rise(name, models):
    X, _, _ = members(60, seed=2, effect=2.0)
    curve = models[name].survival(X, np.concatenate([[0.0], TIMES]))
    assert curve.shape == (60, 13)
    np.testing.assert_allclose(curve[:, 0], 1.0)
    assert (np.diff(curve, axis=1) <= 1e-12).all()
    assert curve[:, -1].min() >= 0
    assert curve[:, -1].max() < 1


@pytest.mark.parametrize("name", NAMES)
def test_as_many_stay_as_is_said(name, models):
    """On new members of the same club the mean risk is right to eight points at 180 days."""
    X, _, event = members(1500, seed=3, effect=2.0)
    risk = 1 - models[name].survival(X, np.array([180.0]))[:, 0]
    assert risk.mean() == pytest.approx(event.mean(), abs=0.08)


def concordance_of(model, club):
    X, duration, event = club
    risk = 1 - model.survival(X, np.array([180.0]))[:, 0]
    return survival_scores.concordance(duration, event, risk, np.ones((1, len(X))))[0]


@pytest.mark.parametrize("name", KNOWS_COLUMNS)
def test_a_column_that_matters_is_found(name, models):
    club = members(800, seed=3, effect=2.0)
    by_age_alone = concordance_of(models["survival/shifted_beta_geometric"], club)
    assert concordance_of(models[name], club) > by_age_alone + 0.03


@pytest.mark.parametrize("name", KNOWS_AGES)
def test_old_contracts_are_the_loyal_ones(name, models):
    young, old = (
        models[name].survival(
            pd.DataFrame({"hurt": [0.0], "noise": [0.0], "member_days": [days]}), np.array([180.0])
        )
        for days in (5.0, 450.0)
    )
    assert young[0, 0] < old[0, 0]


@pytest.mark.parametrize("name", ["survival/shifted_beta_geometric", "survival/beta_discrete_weibull"])
def test_planted_retention_comes_back(name):
    """Beta(1, 4), seen from the cutoff on only; the estimate within three standard errors."""
    model = fitted(name, *members(4000, seed=5))
    for parameter, planted in {"alpha": 1.0, "beta": 4.0, "c": 1.0}.items():
        if parameter in model.parameters_:
            error = model.details_[f"{parameter}_standard_error"]
            assert abs(model.parameters_[parameter] - planted) < 3 * error
            assert error < planted


def test_retention_falls_at_the_renewals_of_a_contract(models):
    """A contract of 10 days is renewed 21 days later: its curve is flat until then, and again after."""
    X = pd.DataFrame({"hurt": [0.0], "noise": [0.0], "member_days": [9.0]})
    curve = models["survival/shifted_beta_geometric"].survival(X, np.array([10.0, 20.0, 22.0, 50.0, 52.0]))[0]
    assert curve[0] == curve[1] == 1.0
    assert curve[1] > curve[2] == curve[3] > curve[4]


def test_a_gap_makes_contracts_older():
    club = members(300)
    late, soon = (registry.find("methods", "survival/shifted_beta_geometric")() for _ in range(2))
    late.gap_days = 30
    moved = club[0].assign(member_days=club[0]["member_days"] + 30)
    late.fit(*club)
    soon.fit(moved, *club[1:])
    np.testing.assert_allclose(late.survival(club[0], TIMES), soon.survival(moved, TIMES))


@pytest.mark.parametrize("name", AGES_ALONE)
def test_without_ages_it_does_not_apply(name):
    X, duration, event = members(50)
    with pytest.raises(NotApplicable, match="no column 'member_days'"):
        fitted(f"survival/{name}", X.drop(columns="member_days"), duration, event)


def test_one_curve_for_all_is_kaplan_meier():
    """By hand: one of three at risk ends at 10, one of two at 40."""
    X = pd.DataFrame({"noise": [0.0, 1.0, 2.0]})
    model = fitted("survival/kaplan_meier", X, np.array([10.0, 40.0, 180.0]), np.array([1.0, 1.0, 0.0]))
    curve = model.survival(X, np.array([9.0, 10.0, 60.0]))
    np.testing.assert_allclose(curve, np.tile([1.0, 2 / 3, 1 / 3], (3, 1)))


def test_hazards_of_periods_by_hand():
    """Without columns: of four members one leaves in the first of two periods, one of three in the second."""
    X = pd.DataFrame({"same": np.zeros(4)})
    method = registry.find("methods", "survival/discrete_logit")
    model = method(C=1e6, periods=2).fit(X, np.array([5.0, 15.0, 20.0, 20.0]), np.array([1.0, 1.0, 0.0, 0.0]))
    curve = model.survival(X.iloc[:1], np.array([5.0, 10.0, 20.0]))
    np.testing.assert_allclose(curve[0], [0.875, 0.75, 0.5], atol=1e-4)


class Kept(BaseEstimator):
    """A learner that keeps the person-period rows it is given."""

    def fit(self, rows, ends):
        self.rows, self.ends = rows, ends


def test_every_end_falls_in_one_period_whatever_the_horizon():
    """One member ends on each day. Period k has the days above kH/12 and up to (k + 1)H/12, in integers."""
    for horizon in range(7, 400, 7):
        days = np.arange(1.0, horizon + 1)
        learner = Kept()
        made = DiscreteHazard(linear_input(), learner, periods=12, age="member_days", indicators=True)
        made.fit(pd.DataFrame({"same": np.zeros(horizon)}), days, np.ones(horizon))
        before = np.arange(13) * horizon // 12
        in_period = learner.rows[:, -12:]
        assert (learner.ends @ in_period).tolist() == np.diff(before).tolist(), horizon
        assert in_period.sum(axis=0).tolist() == (horizon - before[:-1]).tolist(), horizon


@pytest.mark.parametrize("horizon", [91, 180, 182, 364])
def test_those_who_end_on_the_last_day_have_ended(horizon):
    """Without columns the risk is the share that ended: of 100, 5 early and 35 on the last day."""
    X = pd.DataFrame({"same": np.zeros(100)})
    duration = np.r_[np.full(5, 3.0), np.full(95, float(horizon))]
    event = np.r_[np.ones(40), np.zeros(60)]
    model = registry.find("methods", "survival/discrete_logit")(C=1e6).fit(X, duration, event)
    assert 1 - model.survival(X.iloc[:1], np.array([float(horizon)]))[0, 0] == pytest.approx(0.4, abs=1e-3)


def test_boosting_climbs_the_partial_likelihood():
    """Its derivatives against differences of log L = Σ (f − log Σ_at risk exp f) over who ended (Breslow)."""
    rng = generator(1, "derivatives")
    duration, event = rng.integers(1, 6, 12).astype(float), (rng.random(12) < 0.7).astype(float)
    f = rng.normal(size=12)

    def loss(f):
        at_risk = np.exp(f) @ (duration[:, None] >= duration)
        return -(event * (f - np.log(at_risk))).sum()

    slope, curvature = PartialLikelihood(duration, event)(f, None)
    for i, move in enumerate(1e-4 * np.eye(12)):
        up, down, here = loss(f + move), loss(f - move), loss(f)
        assert slope[i] == pytest.approx((up - down) / 2e-4, abs=1e-6)
        assert curvature[i] == pytest.approx(max((up + down - 2 * here) / 1e-8, 1e-6), abs=1e-5)


def test_trees_without_rows_to_split_do_not_apply():
    X, duration, event = members(30)
    with pytest.raises(NotApplicable, match="30 train rows: a tree that splits needs 40"):
        fitted("survival/survival_boosting", X, duration, event)
    X, duration, event = members(200)
    rare = pd.DataFrame({"rare": (np.arange(200) < 3).astype(float), "constant": 1.0})
    with pytest.raises(
        NotApplicable, match="no column cuts the 200 train rows into two parts of at least 20"
    ):
        fitted("survival/survival_boosting", rare, duration, event)


def test_the_mean_of_a_forest_is_kaplan_meier_where_all_were_followed():
    X, duration, event = members(800, seed=7, effect=2.0)
    curve = fitted("survival/survival_forest", X, duration, event).survival(X, TIMES).mean(axis=0)
    stayed = np.array([(duration > t).mean() for t in TIMES[:-1]] + [1 - event.mean()])
    np.testing.assert_allclose(curve, stayed, atol=0.02)


# --- rows that were followed for a shorter time ---------------------------------------------------
def shortened(duration, event, *, seed=1):
    """Return the same members followed for 20, 60, 100 days or for all 180."""
    followed = generator(seed, "followed").choice([20.0, 60.0, 100.0, 180.0], len(duration))
    return np.minimum(duration, followed), event * (duration <= followed)


@pytest.mark.parametrize("name", NAMES)
def test_a_shorter_follow_up_is_reckoned_with(name):
    """Three in four are followed for 20 to 100 days: on average the curve stays that of the whole club."""
    X, duration, event = members(1500, seed=5)
    days, ended = shortened(duration, event)
    whole, short, taken_for_stayed = (
        fitted(name, X, *seen).survival(X, TIMES).mean(axis=0)
        for seen in ((duration, event), (days, ended), (np.where(ended > 0, days, 180.0), ended))
    )
    assert np.abs(short - whole).max() < 0.06
    assert np.abs(short - whole).max() < 0.5 * np.abs(taken_for_stayed - whole).max()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_period_that_was_watched_in_part_counts_in_part(share):
    """The hazard of the only period is that of the days, whatever part of it most were watched for."""
    rng = generator(1, "period")
    n, days = 40_000, 20
    ends = rng.geometric(0.01, n).astype(float)
    followed = np.where(rng.random(n) < 0.8, share * days, days)
    duration, event = np.minimum(ends, followed), (ends <= followed).astype(float)
    learner = registry.find("methods", "survival/discrete_logit")(C=1e6, periods=1)
    found = learner.fit(pd.DataFrame({"same": np.zeros(n)}), duration, event)
    stays = found.survival(pd.DataFrame({"same": [0.0]}), np.array([float(days)]))[0, 0]
    assert stays == pytest.approx(0.99**days, abs=0.015)


def test_weights_of_person_periods_by_hand():
    """Two periods of 10 days: of four members one ends on day 3, one is censored on day 5, one on day 15."""
    learner = Weighed()
    made = DiscreteHazard(linear_input(), learner, periods=2, age="member_days", indicators=True)
    duration, event = np.array([3.0, 5.0, 15.0, 20.0]), np.array([1.0, 0.0, 0.0, 0.0])
    made.fit(pd.DataFrame({"same": np.zeros(4)}), duration, event)
    assert learner.ends.tolist() == [1, 0, 0, 0, 0, 0]
    assert learner.weight.tolist() == [1.0, 0.5, 1.0, 0.5, 1.0, 1.0]


class Weighed(BaseEstimator):
    """A learner that keeps the ends and weights that it is given."""

    def fit(self, rows, ends, sample_weight):
        self.ends, self.weight = ends, sample_weight


def test_a_leaf_whose_rows_were_not_followed_for_long_leaves_no_one_for_ever():
    """One leaf of all rows: after day 20, when its last row is censored, it falls as all train rows do."""
    tree = DecisionTreeRegressor(max_depth=1).fit(np.zeros((2, 1)), np.zeros(2))
    steps, usual = np.array([10.0, 30.0, 40.0]), np.array([0.9, 0.25, 0.5])
    curves = _leaf_curves(
        tree, np.zeros((2, 1)), np.array([10.0, 20.0]), np.array([1.0, 0.0]), steps=steps, usual=usual
    )
    np.testing.assert_allclose(curves[0], [0.5, 0.5 * 0.75, 0.5 * 0.75 * 0.5])
