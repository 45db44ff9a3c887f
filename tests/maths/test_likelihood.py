"""The maximiser: a known maximum, a maximum at the edge, and a likelihood without one."""

import numpy as np
import pytest
from scipy.special import gammaln

from crmlab.errors import CrmlabError
from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.likelihood import Objective, ascend, maximise

COUNTS = np.array([2.0, 3, 7])
ROWS = np.array([1.0, 2, 5])


def test_a_poisson_mean_and_its_error_by_hand():
    found = maximise(lambda m: ROWS * np.log(m) - m - gammaln(ROWS + 1), COUNTS, [[1.0]], what="Poisson")
    mean = 43 / 12
    assert found.parameters == pytest.approx([mean], rel=1e-6)
    assert found.standard_errors == pytest.approx([np.sqrt(mean / 12)], rel=1e-5)


def test_a_maximum_at_the_edge_has_no_standard_error():
    found = maximise(lambda m: -1 / m + 0 * ROWS, COUNTS, [[1.0]], what="edge")
    assert found.parameters[0] > 1e3
    assert np.isnan(found.standard_errors[0]) or found.standard_errors[0] > 1e3


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
