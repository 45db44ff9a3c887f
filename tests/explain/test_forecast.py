"""The forecast of a year: by models of lifetimes, and nothing of whom they cannot know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.explain.forecast import VALUE, forecast_of
from crmlab.maths.outlook import Offer

OFFER = Offer(accept_rate=0.3, incentive_cost=1.0, contact_cost=0.1, margin_share=0.5)


def rows(n: int = 300) -> pd.DataFrame:
    """Return n customers, days as whole numbers; the last has no purchase but the first."""
    rng = np.random.default_rng(1)
    age = rng.integers(30, 600, n).astype(float)
    frequency = rng.poisson(age / 120).astype(float)
    frequency[-1] = 0.0
    recency = np.where(frequency > 0, np.floor(age * rng.random(n)), 0.0)
    frequency = np.where(recency > 0, frequency, 0.0)
    spend = np.where(frequency > 0, rng.gamma(4, 10, n), np.nan)
    return pd.DataFrame(
        {"frequency": frequency, "recency_days": recency, "T_days": age, "monetary_value": spend}
    )


def test_a_year_is_said_with_its_interval_and_the_margin():
    half, whole = (forecast_of(rows(), margin_share=m, seed=1) for m in (0.5, 1.0))
    np.testing.assert_allclose(2 * half.values, whole.values)
    np.testing.assert_allclose(2 * half.staying, whole.staying)
    assert list(half.values) == list(VALUE)
    assert (half.values["value_lower"] <= half.values["value_upper"]).all()
    # who stays brings more than who may leave
    assert (half.staying > half.values["value_12_months"]).all()
    # half of those with so many purchases order again within that wait, as long as they stay
    x, T = rows()["frequency"].to_numpy(), rows()["T_days"].to_numpy() / 7
    silent = ((half.buying.alpha + T) / (half.buying.alpha + T + half.next_days / 7)) ** (half.buying.r + x)
    np.testing.assert_allclose(silent, 0.5)


def test_of_whom_the_first_purchase_is_not_known_nothing_is_said():
    late = rows().assign(left_censored=np.arange(300) < 40)
    found = forecast_of(late, margin_share=0.5, seed=1)
    assert found.values.iloc[:40].isna().all(axis=None)
    assert np.isnan(found.staying[:40]).all()
    assert np.isnan(found.next_days[:40]).all()
    assert found.values.iloc[40:].notna().all(axis=None)
    assert found.of_group(np.arange(300) < 40, OFFER, days=90) is None
    assert found.of_group(np.arange(300) < 80, OFFER, days=90).value.min() > 0


@pytest.mark.parametrize("lacking", ["monetary_value", "frequency"])
def test_without_spend_or_purchases_there_is_no_forecast(lacking):
    with pytest.raises(NotApplicable, match=f"no forecast of a year: the rows have no {lacking}"):
        forecast_of(rows().drop(columns=lacking), margin_share=0.5, seed=1)


def test_without_anybody_who_came_back_there_is_no_forecast():
    once = rows().assign(frequency=0.0, recency_days=0.0, monetary_value=np.nan)
    with pytest.raises(NotApplicable, match="0 customers have a repeat purchase with spend"):
        forecast_of(once, margin_share=0.5, seed=1)


def test_the_next_order_is_a_day_and_the_tiers_are_of_the_year_to_come():
    found = forecast_of(rows(), margin_share=0.5, seed=1)
    day = found.next_order("2024-07-01")
    near = found.next_days <= 365
    assert near.any()
    assert (day[~near] == "").all()
    ahead = (pd.to_datetime(day[near]) - pd.Timestamp("2024-06-30")).dt.days
    np.testing.assert_array_equal(ahead, np.ceil(found.next_days[near]))
    assert (found.next_order(None) == "").all()
    year, tier = found.values["value_12_months"], found.tiers()
    first = year[tier == "A"]
    assert first.sum() >= 0.8 * year.sum() > first.sum() - first.min()
    assert first.min() >= year[tier == "B"].max() >= year[tier == "B"].min() >= year[tier == "C"].max()
    assert found.p_alive.min() > 0
