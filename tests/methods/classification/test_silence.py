"""Rules of silence: the personal interval, and the threshold that is tuned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.seeds import generator


def rhythm(n: int = 4000) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers with a rhythm of their own, who are gone after three intervals of silence."""
    rng = generator(6, "rhythm")
    interval = rng.choice([5.0, 20.0, 60.0], n)
    frequency = rng.integers(4, 12, n).astype(float)
    days = np.round(interval * rng.uniform(0, 6, n))
    rows = {"frequency": frequency, "recency_days": interval * frequency, "days_since_last": days}
    gone = days > 3 * interval
    return pd.DataFrame(rows), (gone ^ (rng.random(n) < 0.1)).astype(np.int64)


def made(name: str, **given: object) -> object:
    """Return an unfitted method."""
    return registry.find("methods", f"classification/{name}")(**given)


def scores(model: object, rows: pd.DataFrame) -> np.ndarray:
    """Return the probability of class 1."""
    return model.predict_proba(rows)[:, 1]


def test_the_personal_interval_ranks_by_the_own_rhythm():
    rows, gone = rhythm()
    model = made("personal_interval", prior_intervals=0.0).fit(rows, gone)
    own = rows["days_since_last"].clip(lower=1) / (rows["recency_days"] / rows["frequency"])
    np.testing.assert_array_equal(rankdata(scores(model, rows).round(12)), rankdata(own.round(12)))
    # where it knows nothing else, gone and staying are equally likely at the planted three intervals
    assert model.k_ == pytest.approx(3, rel=0.2)
    assert model.details_["note"].startswith(f"more likely gone than not after {model.k_:.3g} personal")


def test_a_customer_with_one_purchase_has_the_shops_rhythm():
    rows, gone = rhythm()
    model = made("personal_interval", prior_intervals=2.0).fit(rows, gone)
    shop = rows["recency_days"].sum() / rows["frequency"].sum()
    new = pd.DataFrame(
        {"frequency": [0.0, 8.0], "recency_days": [0.0, 40.0], "days_since_last": [50.0, 50.0]}
    )
    # worked out by hand: (0 + 2 m) / 2, and (40 + 2 m) / 10
    expected = np.log([50 / shop, 50 / ((40 + 2 * shop) / 10)])
    np.testing.assert_allclose(model.silence(new), expected)


def test_the_rhythm_comes_from_the_train_rows():
    rows, gone = rhythm()
    model = made("personal_interval").fit(rows, gone)
    alone, among = scores(model, rows.iloc[:1]), scores(model, rows)[:1]
    assert alone == among


def test_without_a_history_or_a_return_there_is_no_interval():
    rows, gone = rhythm(50)
    with pytest.raises(NotApplicable, match="no column 'recency_days'"):
        made("personal_interval").fit(rows.drop(columns="recency_days"), gone)
    with pytest.raises(NotApplicable, match="no train row has a repeat purchase"):
        made("personal_interval").fit(rows.assign(frequency=0.0, recency_days=0.0), gone)


def test_the_threshold_is_the_one_with_the_largest_youden_index():
    days = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.nan])
    gone = np.array([0, 0, 1, 0, 1, 1, 1])
    # from 3 on: 3 of 3 lost caught, 1 of 3 loyal accused (2/3); from 5 on: 2/3 and 0 (2/3): the smaller
    model = made("hiatus_tuned").fit(pd.DataFrame({"days_since_last": days}), gone)
    assert model.threshold_ == 3
    # each side's churn, half a customer of each kind added: .5 / 3 and 3.5 / 5; the base rate where unknown
    found = scores(model, pd.DataFrame({"days_since_last": [0.0, 2.9, 3.0, 99.0, np.nan]}))
    np.testing.assert_allclose(found, [0.5 / 3, 0.5 / 3, 3.5 / 5, 3.5 / 5, 4 / 7])


def test_a_threshold_needs_days():
    with pytest.raises(NotApplicable, match="no column 'days_since_last'"):
        made("hiatus_tuned").fit(pd.DataFrame({"visits": [1.0]}), np.array([1]))
    with pytest.raises(NotApplicable, match="no train row has a value"):
        made("hiatus_tuned").fit(pd.DataFrame({"days_since_last": [np.nan] * 2}), np.array([0, 1]))
