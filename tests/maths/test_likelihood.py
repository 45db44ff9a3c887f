"""The maximiser: a known maximum, a maximum at the edge, and a likelihood without one."""

import numpy as np
import pytest
from scipy.special import gammaln

from crmlab.errors import CrmlabError
from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.likelihood import EDGES, Objective, ascend, maximise

COUNTS = np.array([2.0, 3, 7])
ROWS = np.array([1.0, 2, 5])


def test_a_poisson_mean_and_its_error_by_hand():
    found = maximise(lambda m: ROWS * np.log(m) - m - gammaln(ROWS + 1), COUNTS, [[1.0]], what="Poisson")
    mean = 43 / 12
    assert found.parameters == pytest.approx([mean], rel=1e-6)
    assert found.standard_errors == pytest.approx([np.sqrt(mean / 12)], rel=1e-5)


def test_a_maximum_at_the_edge_has_no_standard_error():
    found = maximise(lambda m: -1 / m + 0 * ROWS, COUNTS, [[1.0]], what="edge")
    assert found.parameters == pytest.approx([np.exp(EDGES[1])])
    assert np.isnan(found.standard_errors[0])


def test_beside_one_at_the_edge_the_others_have_their_errors():
    """Log parameters u, v: .1 u, highest at its bound, and three normal observations of v with mean 2."""

    def objective(at):
        u, v = at
        return 0.1 * u - 3 * (v - 2) ** 2 / 2, np.array([0.1, -3 * (v - 2)])

    found = ascend(Objective(objective), [[1.0, 1.0]], total=3.0, what="both")
    assert found.parameters == pytest.approx([np.exp(EDGES[1]), np.exp(2)])
    assert np.isnan(found.standard_errors[0])
    assert found.standard_errors[1] == pytest.approx(np.exp(2) / np.sqrt(3), rel=1e-6)


def test_a_coefficient_that_goes_to_infinity_has_no_estimate():
    """Ten successes and no failure under a logistic chance: ever flatter, and never at its highest."""

    def objective(at):
        return -10 * np.log1p(np.exp(-at[0])), np.array([10 / (1 + np.exp(at[0]))])

    with pytest.raises(DidNotConverge, match="it is flat, but no maximum"):
        ascend(Objective(objective), [[0.0]], total=10.0, what="logit", coefficients=1)


def test_a_hessian_of_its_own_gives_the_errors():
    """Twice as curved as the gradient says: a half of the variance."""

    def objective(at):
        return -2 * (at[0] - 1) ** 2 / 2, np.array([-2 * (at[0] - 1)])

    found = ascend(
        Objective(objective, lambda at: np.array([[-4.0]])), [[0.0]], total=1.0, what="one", coefficients=1
    )
    assert found.parameters == pytest.approx([1.0])
    assert found.standard_errors == pytest.approx([0.5])


def test_a_likelihood_without_a_maximum_says_so():
    with pytest.raises(DidNotConverge, match="the broken fit to 12 customers did not converge"):
        maximise(lambda m: np.full(3, np.nan) * m, COUNTS, [[1.0], [2.0]], what="broken")


def test_a_coefficient_may_be_negative_and_its_error_is_by_hand():
    # three normal observations of a mean, and two exponential ones of a positive rate: 2 / sum
    seen, waits = np.array([-4.0, -1, -1]), np.array([0.5, 1.5])

    def objective(at):
        rate, mean = np.exp(at[0]), at[1]
        value = 2 * at[0] - rate * waits.sum() - ((seen - mean) ** 2).sum() / 2
        return value, np.array([2 - rate * waits.sum(), (seen - mean).sum()])

    found = ascend(Objective(objective), [[3.0, 5.0]], total=5.0, what="pair", coefficients=1)
    assert found.parameters == pytest.approx([1.0, -2.0], rel=1e-6)
    assert found.standard_errors == pytest.approx([1 / np.sqrt(2), 1 / np.sqrt(3)], rel=1e-5)


def test_newton_steps_finish_what_the_search_leaves(monkeypatch):
    # a sum whose last digits are gone: a search that compares values stops on the slope
    stretched = np.array([[1.0, 0.9], [0.9, 1.0]])

    def objective(at):
        return float(np.round(-1e4 - at @ stretched @ at / 2, 2)), -stretched @ at

    found = ascend(Objective(objective), [[3.0, -5.0]], total=1.0, what="valley", coefficients=2)
    assert found.parameters == pytest.approx([0.0, 0.0], abs=1e-6)
    # its inverse by hand: 1 / .19 on the diagonal
    assert found.standard_errors == pytest.approx(np.sqrt([1 / 0.19] * 2), rel=1e-6)
    monkeypatch.setattr("crmlab.maths.likelihood.STEPS", 0)
    with pytest.raises(CrmlabError, match="the gradient is still"):
        ascend(Objective(objective), [[3.0, -5.0]], total=1.0, what="valley", coefficients=2)
