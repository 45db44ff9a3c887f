"""The hiatus rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from crmlab import registry
from crmlab.seeds import generator


def customers(*, sign: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return days since the last purchase, and an outcome that rises (1) or falls (-1) with them."""
    rng = generator(5, "hiatus")
    days = np.round(rng.gamma(2, 50, 3000))
    p = 1 / (1 + np.exp(-sign * (np.log1p(days) - 4)))
    return pd.DataFrame({"days_since_last": days}), (rng.random(3000) < p).astype(np.int64)


def scores(model: object, days: list[float] | np.ndarray) -> np.ndarray:
    """Return the probability of churn after so many days."""
    return model.predict_proba(pd.DataFrame({"days_since_last": days}))[:, 1]


def test_it_ranks_exactly_by_days():
    rows, labels = customers(sign=1)
    days = np.arange(0.0, 1001.0)
    answer = scores(registry.find("methods", "classification/hiatus")().fit(rows, labels), days)
    np.testing.assert_array_equal(rankdata(answer), rankdata(days))


def test_it_is_calibrated_on_the_train_rows():
    rows, labels = customers(sign=1)
    model = registry.find("methods", "classification/hiatus")().fit(rows, labels)
    # a logistic curve with an intercept reproduces the base rate
    np.testing.assert_allclose(scores(model, rows["days_since_last"]).mean(), labels.mean(), atol=1e-6)
    # the planted curve: probability .5 at e^4 - 1 = 53.6 days, slope 1 on the logarithm
    standard_error = 0.05
    assert abs(model.slope_ - 1) < 4 * standard_error
    assert abs(scores(model, [np.exp(4) - 1])[0] - 0.5) < 0.05


def test_where_absence_does_not_mean_churn_it_knows_nothing():
    rows, labels = customers(sign=-1)
    model = registry.find("methods", "classification/hiatus")().fit(rows, labels)
    np.testing.assert_allclose(scores(model, [0, 1000]), labels.mean())


def test_without_a_last_purchase_the_base_rate_answers():
    rows, labels = customers(sign=1)
    model = registry.find("methods", "classification/hiatus")().fit(rows, labels)
    np.testing.assert_allclose(scores(model, [np.nan]), labels.mean())


def test_another_column_may_be_named():
    rows, labels = customers(sign=1)
    renamed = rows.rename(columns={"days_since_last": "days_quiet"})
    model = registry.find("methods", "classification/hiatus")(column="days_quiet").fit(renamed, labels)
    assert model.slope_ > 0
