"""Metrics of expected purchases, against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from crmlab import registry

SOLUTION = pd.DataFrame({"purchases": [0, 0, 1, 5]})
ANSWERS = pd.DataFrame({"expected_purchases": [0.5, 0.0, 2.0, 2.0], "score": 0.5})

BY_HAND = {
    "purchases_rmse": np.sqrt((0.25 + 0 + 1 + 9) / 4),
    "purchases_msle": (np.log(1.5) ** 2 + np.log(3 / 2) ** 2 + np.log(3 / 6) ** 2) / 4,
    "purchases_bias": 4.5 / 6 - 1,
    # counts have the mid-ranks 1.5, 1.5, 3, 4, expectations 2, 1, 3.5, 3.5: covariance 4 of 4.5 and 4.5
    "purchases_spearman": 4.0 / 4.5,
    # a tenth of four customers is .2 of each of the two at the top, who have 6 of 6
    "purchases_capture_10": 0.2 * 6 / 6,
}
WEIGHTED = {
    # the last customer twice and the first one not at all
    "purchases_rmse": np.sqrt((0 + 1 + 2 * 9) / 4),
    "purchases_bias": 6 / 11 - 1,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    found = registry.metric(name)(SOLUTION, ANSWERS, None, np.ones((1, 4)))
    assert found[0] == pytest.approx(BY_HAND[name])


@pytest.mark.parametrize("name", WEIGHTED)
def test_a_weight_counts_as_so_many_customers(name):
    found = registry.metric(name)(SOLUTION, ANSWERS, None, np.array([[1, 1, 1, 1], [0, 1, 1, 2]]))
    np.testing.assert_allclose(found, [BY_HAND[name], WEIGHTED[name]])


def test_expecting_nothing_of_anyone_is_a_bias_of_all():
    nothing = ANSWERS.assign(expected_purchases=0.0)
    found = registry.metric("purchases_bias")(SOLUTION, nothing, None, np.ones((1, 4)))
    assert found.tolist() == [-1.0]


@pytest.mark.parametrize("name", BY_HAND)
def test_it_is_asked_only_of_methods_that_expect_purchases(name):
    assert registry.metric(name).reads == ("expected_purchases",)
