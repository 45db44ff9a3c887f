"""The controls of clustering: one segment, a random partition, RFM quintiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare
from sklearn.metrics import adjusted_rand_score

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.seeds import generator


def customers(n: int = 5000) -> pd.DataFrame:
    """Return n customers without ties."""
    rng = generator(31, "controls")
    return pd.DataFrame(rng.random((n, 3)), columns=["days_since_last", "frequency", "monetary_value"])


def labels(name: str, rows: pd.DataFrame, **parameters: object) -> np.ndarray:
    """Fit on rows and return their segments."""
    return registry.find("methods", f"clustering/{name}")(**parameters).fit(rows).predict(rows)


def test_one_segment_tells_nobody_apart():
    assert labels("one_segment", customers(3)).tolist() == [0, 0, 0]


def test_random_groups_are_of_about_equal_size():
    counts = np.bincount(labels("random_partition", customers(), k=5, seed=1))
    assert len(counts) == 5
    # equal sizes are refused by chance in 1 of 1,000 seeds
    assert chisquare(counts).pvalue > 0.001


def test_random_groups_follow_the_row_and_the_seed_only():
    rows = customers()
    one, two = (labels("random_partition", rows, k=5, seed=seed) for seed in (1, 2))
    # independent partitions agree as by chance: the spread of this index is about 1/5000
    assert abs(adjusted_rand_score(one, two)) < 0.002
    np.testing.assert_array_equal(labels("random_partition", rows[::-1], k=5, seed=1), one[::-1])


def quintiles(k: int = 5) -> object:
    """Return RFM quintiles fitted on ten customers with R = 1..10, F = 0 for six, M = 10..100."""
    rows = pd.DataFrame(
        {
            "days_since_last": np.arange(1.0, 11),
            "frequency": [4.0, 3, 2, 1, 0, 0, 0, 0, 0, 0],
            "monetary_value": np.arange(100.0, 0, -10),
        }
    )
    return registry.find("methods", "clustering/rfm_quintiles")(k=k).fit(rows), rows


def test_rfm_scores_by_hand():
    model, rows = quintiles()
    # R and M fall from 5 to 1 by two customers each. The inner quintile edges of F are 0, 0, .4, 2.2:
    # 0 exceeds none (score 1), 1 and 2 exceed three (4), 3 and 4 exceed all (5)
    expected = np.array([5, 5, 4, 4, 3, 3, 2, 2, 1, 1]) * 2 + np.array([5, 5, 4, 4, 1, 1, 1, 1, 1, 1])
    np.testing.assert_array_equal(model.score(rows), expected)
    # fifths of the score: 15 15 | 12 12 | 7 7 | 5 5 | 3 3
    assert model.predict(rows).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_rfm_two_tiers_are_halves():
    model, rows = quintiles(k=2)
    # the median score is 7, which does not exceed itself
    assert model.predict(rows).tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_rfm_equal_customers_share_a_tier_and_missing_values_score_lowest():
    model, rows = quintiles()
    new = pd.concat([rows.iloc[[0, 0]], rows.iloc[[0]] * np.nan])
    assert model.score(new).tolist() == [15, 15, 3]
    assert model.predict(new).tolist() == [0, 0, 4]


def test_rfm_edges_come_from_the_train_rows():
    model, _ = quintiles()
    new = pd.DataFrame({"days_since_last": [0.0, 99], "frequency": [50.0, 0], "monetary_value": [1e6, -5]})
    assert model.score(new).tolist() == [15, 3]


def test_rfm_without_money_does_not_apply():
    with pytest.raises(NotApplicable, match="no column monetary_value; the rows have days_since_last, freq"):
        labels("rfm_quintiles", customers(5).drop(columns="monetary_value"))
