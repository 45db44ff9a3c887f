"""Hazard ratios with covariates that change, against a published fit and the likelihood written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from crmlab.errors import DataError
from crmlab.maths import counting_process
from crmlab.maths.convergence import DidNotConverge
from crmlab.seeds import generator

# the ten spans of the example of coxph in R's package survival (Therneau): coef -.0211, se .795
START = np.array([1, 2, 5, 2, 1, 7, 3, 4, 8, 8])
STOP = np.array([2, 3, 6, 7, 8, 9, 9, 9, 14, 17])
EVENT = np.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 0])
X = np.array([1, 0, 0, 1, 0, 1, 1, 1, 0, 0], dtype=float)[:, None]


def written_out(beta, start, stop, event, X):
    """Return the log partial likelihood, span by span, ties after Efron (1977)."""
    total = 0.0
    for t in np.unique(stop[event == 1]):
        tied = np.flatnonzero((stop == t) & (event == 1))
        risk = np.exp(X @ beta)
        at_risk, dying = risk[(start < t) & (stop >= t)].sum(), risk[tied].sum()
        total += (X[tied] @ beta).sum()
        total -= sum(np.log(at_risk - j / len(tied) * dying) for j in range(len(tied)))
    return total


def test_the_published_fit_comes_out():
    found = counting_process.fit(START, STOP, EVENT, X)
    assert found.log_ratios[0] == pytest.approx(-0.0211, abs=5e-5)
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(0.795, abs=5e-4)


def test_it_is_the_maximum_of_the_likelihood_as_written_out():
    rng = generator(3, "spans")
    start = rng.integers(0, 10, 60)
    stop = start + rng.integers(1, 8, 60)
    event, X = rng.integers(0, 2, 60), rng.normal(size=(60, 2))
    found = counting_process.fit(start, stop, event, X)
    best = minimize(lambda b: -written_out(b, start, stop, event, X), np.zeros(2), method="Nelder-Mead",
                    options={"xatol": 1e-8, "fatol": 1e-10})  # fmt: skip
    np.testing.assert_allclose(found.log_ratios, best.x, atol=1e-5)
    # the covariates are taken around their mean, which shifts no ratio and no likelihood
    assert found.log_likelihood == pytest.approx(written_out(found.log_ratios, start, stop, event, X))


def test_a_customer_cut_in_two_is_the_same_customer():
    cut = np.array([3.0, 5.0])  # the fifth and the ninth span of the example, in the middle
    start, stop = np.r_[START, cut[0], 10.0], np.r_[STOP, STOP[4], STOP[8]].astype(float)
    stop[4], stop[8] = cut[0], 10.0
    event = np.r_[EVENT, EVENT[4], EVENT[8]]
    event[4], event[8] = 0, 0
    found = counting_process.fit(start, stop, event, np.vstack([X, X[4], X[8]]))
    whole = counting_process.fit(START, STOP, EVENT, X)
    np.testing.assert_allclose(found.log_ratios, whole.log_ratios, atol=1e-10)
    np.testing.assert_allclose(found.covariance, whole.covariance, atol=1e-10)


def test_a_covariate_that_tells_events_apart_has_no_estimate():
    with pytest.raises(DidNotConverge, match="did not converge"):
        counting_process.fit(START, STOP, EVENT, EVENT[:, None].astype(float))
    with pytest.raises(DidNotConverge, match="did not converge"):
        counting_process.fit(START, STOP, EVENT, np.column_stack([X, X]))


def test_spans_that_cannot_be_are_named():
    with pytest.raises(DataError, match="span 1 runs from 2 to 2"):
        counting_process.fit([0, 2], [1, 2], [1, 0], np.zeros((2, 1)))
    with pytest.raises(DataError, match="none of 2 spans"):
        counting_process.fit([0, 0], [1, 2], [0, 0], np.zeros((2, 1)))
