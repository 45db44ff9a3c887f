"""Metrics of predicted spend, against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from crmlab import registry

SOLUTION = pd.DataFrame({"value": [0.0, -2.0, 6.0, 12.0]})
ANSWERS = pd.DataFrame(
    {
        "score": [1.0, 0.0, 5.0, 14.0],
        "lower": [0.0, 0.0, 2.0, 2.0],
        "upper": [3.0, 3.0, 5.0, 22.0],
        "p_zero": [0.5, 0.5, 0.05, 0.05],
    }
)
"""The second customer gave back more than was bought: no spend."""

BY_HAND = {
    "rmse": np.sqrt((1 + 0 + 1 + 4) / 4),
    "mae": (1 + 0 + 1 + 2) / 4,
    "msle": (np.log(2) ** 2 + np.log(6 / 7) ** 2 + np.log(15 / 13) ** 2) / 4,
    "total_bias": 20 / 18 - 1,
    # a tenth of four customers is .4 of the best one, who has 12 of 18
    "capture_10": 0.4 * 12 / 18,
    "capture_20": 0.8 * 12 / 18,
    # zeros: (.5 - .1) / .5 each; 6 lies above its interval, 12 within
    "coverage": (0.8 + 0.8 + 0 + 1) / 4,
    "top_coverage": 1.0,
    "raw_coverage": 3 / 4,
    "interval_width": (3 + 3 + 3 + 20) / 4,
    # values have the mid-ranks 1.5, 1.5, 3, 4, scores 2, 1, 3, 4: covariance 4.5 of 4.5 and 5
    "spearman": 4.5 / np.sqrt(4.5 * 5),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    found = registry.metric(name)(SOLUTION, ANSWERS, None, np.ones((1, 4)))
    assert found[0] == pytest.approx(BY_HAND[name])
