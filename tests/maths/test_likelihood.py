"""The maximiser: a known maximum, a maximum at the edge, and a likelihood without one."""

import numpy as np
import pytest
from scipy.special import gammaln

from crmlab.errors import CrmlabError
from crmlab.maths.likelihood import maximise

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
    with pytest.raises(CrmlabError, match="the broken fit to 12 customers did not converge"):
        maximise(lambda m: np.full(3, np.nan) * m, COUNTS, [[1.0], [2.0]], what="broken")
