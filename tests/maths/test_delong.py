"""DeLong against published values, and against the definition written out."""

import numpy as np
import pytest

from crmlab.errors import DataError
from crmlab.maths import delong

# Turck et al. 2010 (113 patients after a subarachnoid haemorrhage; the data set aSAH of R's pROC)
POOR = np.array([int(c) for c in (
    "00001101001011001011101000000000100110110000000001100010001010011101101111000110"
    "100000010000000000001111110001000"
)])  # fmt: skip
WFNS = np.array([int(c) for c in (
    "11113254125255125225211112121134214541425511241125521251222151125214524414121421"
    "232421451154221113125225552445111"
)])  # fmt: skip
S100B = np.array([
    0.13, 0.14, 0.1, 0.04, 0.13, 0.1, 0.47, 0.16, 0.18, 0.1, 0.12, 0.1, 0.44, 0.71, 0.04, 0.08, 0.49,
    0.04, 0.07, 0.33, 0.09, 0.09, 0.07, 0.11, 0.07, 0.17, 0.07, 0.11, 0.13, 0.19, 0.05, 0.16, 0.41,
    0.14, 0.34, 0.35, 0.48, 0.09, 0.96, 0.25, 0.5, 0.46, 0.16, 0.07, 0.43, 0.45, 0.11, 0.08, 0.09,
    0.86, 0.52, 0.08, 0.06, 0.13, 2.07, 0.1, 0.14, 0.15, 0.07, 0.06, 0.77, 0.05, 0.09, 0.3, 0.03,
    0.09, 0.04, 0.23, 0.7, 0.09, 0.27, 0.71, 0.08, 0.26, 0.08, 0.16, 0.09, 0.13, 0.1, 0.08, 0.11,
    0.33, 0.11, 0.28, 0.07, 0.1, 0.32, 0.22, 0.07, 0.05, 0.24, 0.38, 0.1, 0.15, 0.08, 0.14, 0.1, 0.07,
    0.04, 0.19, 0.56, 0.14, 0.58, 0.32, 0.82, 0.74, 0.15, 0.47, 0.17, 0.44, 0.15, 0.5, 0.48,
])  # fmt: skip


def test_two_markers_differ_as_published():
    # pROC's documentation (Robin et al. 2011): Z = 2.209, p = 0.02718
    found = delong.compare(POOR, WFNS, S100B)
    assert found.z == pytest.approx(2.20898359, abs=5e-9)
    assert found.p == pytest.approx(0.02717578, abs=5e-9)
    areas, _ = delong.areas(POOR, np.column_stack([WFNS, S100B]))
    assert areas == pytest.approx([0.8236789, 0.7313686], abs=5e-8)  # R's pROC 1.19.1


def test_covariance_is_that_of_the_definition():
    # DeLong et al. 1988, equations 4 to 6: structural components from the kernel ψ
    kernels = []
    for score in (WFNS, S100B):
        ones, zeros = score[POOR == 1][:, None], score[POOR == 0][None, :]
        kernels.append((ones > zeros) + 0.5 * (ones == zeros))
    expected = np.cov([k.mean(axis=1) for k in kernels]) / 41 + np.cov([k.mean(axis=0) for k in kernels]) / 72
    _, covariance = delong.areas(POOR, np.column_stack([WFNS, S100B]))
    np.testing.assert_allclose(covariance, expected, rtol=1e-12)


def test_scores_that_rank_alike_do_not_differ():
    assert delong.compare(POOR, S100B, np.exp(S100B)) == (0.0, 0.0, 0.0, 1.0)


def test_one_score_has_a_one_by_one_covariance():
    areas, covariance = delong.areas(POOR, S100B)
    assert (areas.shape, covariance.shape) == ((1,), (1, 1))


def test_too_few_of_a_class_are_refused():
    with pytest.raises(DataError, match="1 ones and 2 zeros"):
        delong.areas(np.array([1, 0, 0]), np.array([0.1, 0.2, 0.3]))
