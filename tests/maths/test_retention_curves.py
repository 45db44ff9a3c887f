"""Retention curves against the published cohorts."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.maths import retention_curves
from crmlab.seeds import generator

# Fader and Hardie 2007, table 1: per cent of a cohort still there after 0 to 12 years
HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]
MODELS = (retention_curves.SHIFTED_BETA_GEOMETRIC, retention_curves.BETA_DISCRETE_WEIBULL)


def cohort(per_cent, years=7):
    """Return (passed, last, event, counts) of a cohort of 1,000 seen from its start for some years."""
    there = 10 * np.array(per_cent[: years + 1])
    last = np.append(np.arange(1, years + 1), years)
    event = np.append(np.ones(years), 0)
    return np.zeros(years + 1), last, event, np.append(-np.diff(there), there[-1])


@pytest.mark.parametrize(
    ("per_cent", "alpha", "beta", "log_likelihood"),
    [(HIGH_END, 0.668, 3.806, -1611.2), (REGULAR, 0.704, 1.182, -1680.3)],
)
def test_published_estimates(per_cent, alpha, beta, log_likelihood):
    """Fader and Hardie 2007: the estimates from the first seven years, to the printed digits."""
    passed, last, event, counts = cohort(per_cent)
    found = retention_curves.fit(passed, last, event, counts=counts)
    assert found.parameters.round(3).tolist() == [alpha, beta]
    assert round(found.log_likelihood, 1) == log_likelihood
    # they carry the curve on to year 12 within two points
    twelve = 100 * np.exp(retention_curves.log_survivor(12, *found.parameters))
    assert twelve == pytest.approx(per_cent[12], abs=2)


def test_weibull_with_c_of_1_is_the_geometric_model_and_fits_at_least_as_well():
    rows = cohort(HIGH_END)
    plain = retention_curves.log_likelihood(*rows[:3], 0.668, 3.806)
    np.testing.assert_allclose(retention_curves.log_likelihood(*rows[:3], 0.668, 3.806, 1.0), plain)
    geometric, weibull = (retention_curves.fit(*rows[:3], counts=rows[3], model=m) for m in MODELS)
    assert weibull.log_likelihood > geometric.log_likelihood
    # at the high end, a member's own chance to cancel rises with time
    assert weibull.parameters[2] > 1


def test_the_survivor_function_by_hand():
    """B(2, 3 + 1) / B(2, 3) = (1/20) / (1/12) = .6 (Beta function of whole numbers)."""
    assert np.exp(retention_curves.log_survivor(1, 2.0, 3.0)) == pytest.approx(0.6)
    assert np.exp(retention_curves.log_survivor(0, 2.0, 3.0)) == pytest.approx(1.0)
    # P(ends at the first) = alpha / (alpha + beta), whether it is the renewal 1 of a new contract or not
    ends = retention_curves.log_likelihood(np.array([0]), np.array([1]), np.array([1]), 2.0, 3.0)
    assert np.exp(ends[0]) == pytest.approx(0.4)


def test_members_seen_late_are_taken_for_what_they_are():
    """Left truncation: of a planted cohort, those who passed some renewals give back the same parameters."""
    rng = generator(1, "renewals")
    ends = rng.geometric(rng.beta(1.5, 6.0, 40_000))
    passed = rng.integers(0, 8, len(ends))
    seen = ends > passed
    passed, ends = passed[seen], ends[seen]
    event, last = ends <= passed + 6, np.minimum(ends, passed + 6)
    found = retention_curves.fit(passed, last, event)
    off = np.abs(found.parameters - [1.5, 6.0]) / found.standard_errors
    assert off.max() < 3
    # taken for new contracts, they would look far more loyal
    naive = retention_curves.fit(np.zeros(len(ends)), last - passed, event)
    truth, wrong = (np.exp(retention_curves.log_survivor(6, *p)) for p in ([1.5, 6.0], naive.parameters))
    assert wrong > truth + 0.05


def test_everybody_leaves_at_once_is_no_exception():
    found = retention_curves.fit(np.zeros(9), np.ones(9), np.ones(9))
    assert np.exp(retention_curves.log_survivor(1, *found.parameters)) < 0.01


def test_days_become_renewals():
    """A contract of 10 days, a month being 30.4 days: its first renewal is 21 days ahead, the next 51."""
    passed, last = retention_curves.in_renewals(
        np.array([10.0, 10.0, 10.0, 40.0]), np.array([21.0, 20.0, 55.0, 21.0]), np.array([1, 0, 0, 1])
    )
    assert passed.tolist() == [0, 0, 0, 1]
    assert last.tolist() == [1, 0, 2, 2]
