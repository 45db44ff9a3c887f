"""Survival curves and regressions against published values."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.errors import CrmlabError
from crmlab.maths import accelerated_failure, cox, survival
from crmlab.maths.convergence import DidNotConverge
from crmlab.seeds import generator

# Freireich et al. 1963, weeks in remission of 21 + 21 children with acute leukaemia, as printed in Cox 1972
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
WEEKS, ENDED = np.array(TREATED + PLACEBO, dtype=float), np.array(RELAPSED + [1] * 21)
ON_PLACEBO = np.repeat([0.0, 1.0], 21)[:, None]


# --- curves -------------------------------------------------------------------------------------
def test_kaplan_meier_on_the_treated_children():
    """Klein and Moeschberger 2003, table 4.1A: the estimate and its standard error."""
    found = survival.kaplan_meier(WEEKS[:21], ENDED[:21])
    assert found.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert found.survival.round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    np.testing.assert_allclose(found.error_at(found.times), errors, atol=5e-5)
    assert found.at(np.array([0.0, 5.9, 6.0, 50.0])).round(3).tolist() == [1.0, 1.0, 0.857, 0.448]


def test_the_interval_stays_within_0_and_1():
    """Klein and Moeschberger 2003, table 4.4: log-transformed interval at 23 weeks, .188 to .680."""
    found = survival.kaplan_meier(WEEKS[:21], ENDED[:21])
    lower, upper = found.interval_at(np.array([1.0, 23.0]))
    assert (lower[0], upper[0]) == (1.0, 1.0)
    assert (round(lower[1], 3), round(upper[1], 3)) == (0.188, 0.680)


def test_nelson_aalen_by_hand():
    times, hazard = survival.cumulative_hazard(np.array([1, 2, 2, 3]), np.array([1, 1, 0, 0]))
    assert times.tolist() == [1, 2]
    np.testing.assert_allclose(hazard, [1 / 4, 1 / 4 + 1 / 3])


def test_weights_count_rows():
    duration, event = np.array([3.0, 1.0, 2.0]), np.array([1, 1, 0])
    weights = np.array([2, 1, 3])
    by_weight = survival.kaplan_meier(duration, event, weights=weights)
    by_rows = survival.kaplan_meier(duration.repeat(weights), event.repeat(weights))
    np.testing.assert_allclose(by_weight.survival, by_rows.survival)


def test_who_came_later_is_at_risk_later():
    """By hand: at 2 the rows 1 and 3 are at risk, at 4 the rows 2 and 3, at 5 the row 3 alone."""
    found = survival.kaplan_meier(np.array([2, 4, 5]), np.array([1, 1, 1]), entry=np.array([0, 2, 1]))
    assert found.at_risk.tolist() == [2, 2, 1]
    np.testing.assert_allclose(found.survival, [1 / 2, 1 / 4, 0])


def test_where_nobody_ends_everyone_stays():
    found = survival.kaplan_meier(np.array([5, 5]), np.array([0, 0]))
    assert found.at(np.array([0.0, 9.0])).tolist() == [1.0, 1.0]
    assert found.error_at(np.array([9.0])).tolist() == [0.0]


# --- Cox ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ties", "coefficient", "error"), [("efron", 1.5721, 0.4124), ("breslow", 1.5092, 0.4096)]
)
def test_cox_on_the_remission_times(ties, coefficient, error):
    """Breslow: Kleinbaum and Klein 2012 (1.509, .410); Efron: the default of R's survival (1.5721, .4124)."""
    found = cox.fit(ON_PLACEBO, WEEKS, ENDED, ties=ties)
    assert found.coefficients[0] == pytest.approx(coefficient, abs=5e-5)
    assert found.standard_errors[0] == pytest.approx(error, abs=5e-5)


def test_breslow_baseline_without_columns_is_nelson_aalen():
    times, hazard = cox.baseline(np.zeros(42), WEEKS, ENDED)
    expected = survival.cumulative_hazard(WEEKS, ENDED)
    np.testing.assert_allclose(times, expected[0])
    np.testing.assert_allclose(hazard, expected[1])


def test_baseline_by_hand():
    """Two rows of relative hazards 2 and 1: the first event finds 3 at risk, the second 1."""
    times, hazard = cox.baseline(np.log([2.0, 1.0]), np.array([1.0, 2.0]), np.array([1, 1]))
    assert times.tolist() == [1.0, 2.0]
    np.testing.assert_allclose(hazard, [1 / 3, 1 / 3 + 1])


def test_a_ridge_shrinks_and_makes_separable_rows_estimable():
    X, duration = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([3.0, 4.0, 1.0, 2.0])
    with pytest.raises(CrmlabError, match="one tells without error"):
        cox.fit(X, duration, np.ones(4))
    wide, narrow = (cox.fit(X, duration, np.ones(4), ridge=r).coefficients[0] for r in (0.1, 1.0))
    assert wide > narrow > 0


def test_columns_that_say_the_same_need_a_ridge():
    with pytest.raises(CrmlabError, match="some columns cannot be told apart"):
        cox.fit(np.column_stack([ON_PLACEBO, 0 * ON_PLACEBO]), WEEKS, ENDED)


# --- accelerated failure times ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("noise", "intercept", "treated", "shape"),
    [
        (accelerated_failure.WEIBULL, 2.248, 1.267, 1.366),
        (accelerated_failure.LOG_LOGISTIC, 1.893, 1.265, 1 / 0.547),
    ],
)
def test_failure_times_of_the_children(noise, intercept, treated, shape):
    """Kleinbaum and Klein 2012, chapter 7: Stata's estimates, with treatment as the column."""
    found = accelerated_failure.fit(1 - ON_PLACEBO, WEEKS, ENDED, noise=noise)
    assert found.intercept == pytest.approx(intercept, abs=1e-3)
    assert found.coefficients[0] == pytest.approx(treated, abs=1e-3)
    assert 1 / found.scale == pytest.approx(shape, abs=2e-3)


def test_curves_at_the_median():
    """S of the median is one half: exp(mean) (log-logistic), exp(mean) (log 2)^scale (Weibull)."""
    logistic = accelerated_failure.survival(np.array([np.e]), np.array([1.0]), 0.5, noise="log-logistic")
    weibull = accelerated_failure.survival(
        np.array([np.e * np.log(2) ** 0.5]), np.array([1.0]), 0.5, noise="Weibull"
    )
    assert logistic[0, 0] == pytest.approx(0.5)
    assert weibull[0, 0] == pytest.approx(0.5)


def test_planted_failure_times_come_back():
    rng = generator(1, "failure times")
    X = rng.normal(size=(4000, 2))
    times = np.exp(3 + X @ [0.5, -0.25] + 0.7 * np.log(rng.exponential(size=4000)))
    ended = times < 30
    found = accelerated_failure.fit(X, np.minimum(times, 30.0), ended, noise="Weibull")
    np.testing.assert_allclose(
        [found.intercept, *found.coefficients, found.scale], [3, 0.5, -0.25, 0.7], atol=0.05
    )


def test_a_fit_without_a_maximum_says_so():
    """One row alone: the likelihood rises for ever as the scale falls to nothing."""
    with pytest.raises(DidNotConverge, match="did not converge"):
        accelerated_failure.fit(np.zeros((1, 0)), np.array([1.0]), np.array([1]), noise="Weibull")
