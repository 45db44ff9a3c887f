"""Segments of lifetime value: closed form and draws agree, and the probabilities are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.maths.btyd import BGNBD, GammaGamma
from crmlab.methods.clustering.lifetime_value import LifetimeValue
from crmlab.seeds import generator

# CDNOW, weeks: Fader, Hardie and Lee 2005; spend: Fader and Hardie 2013
BUYING = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
SPENDING = GammaGamma(p=6.25, q=3.74, gamma=15.44)


def history(x: list[float], recency: list[float], T: list[float], spend: list[float]) -> pd.DataFrame:
    """Return customers as the method sees them, in days."""
    names = ("frequency", "recency_days", "T_days", "monetary_value")
    return pd.DataFrame(dict(zip(names, (x, recency, T, spend), strict=True)), dtype=float)


def shop(n: int, *, horizon: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return n customers drawn from the model, and the true expected spend of each, given who they are."""
    rng = generator(5, "lifetime value shop")
    T = rng.uniform(20, 60, n)
    rate, dropout = rng.gamma(BUYING.r, 1 / BUYING.alpha, n), rng.beta(BUYING.a, BUYING.b, n)
    nu = rng.gamma(SPENDING.q, 1 / SPENDING.gamma, n)
    rows, active = [], np.ones(n, dtype=bool)
    for i in range(n):
        at, x, last = 0.0, 0, 0.0
        while active[i] and (at := at + rng.exponential(1 / rate[i])) <= T[i]:
            x, last, active[i] = x + 1, at, rng.random() >= dropout[i]
        paid = rng.gamma(SPENDING.p * x, 1 / (nu[i] * x)) if x else np.nan
        rows.append((x, 7 * last, 7 * T[i], paid))
    value = active * -np.expm1(-rate * dropout * horizon) / dropout * SPENDING.p / nu
    return history(*map(list, zip(*rows, strict=True))), value


def known(draws: int, horizon_days: int, edges: list[float]) -> LifetimeValue:
    """Return the method with the published parameters in place of fitted ones."""
    model = LifetimeValue(len(edges) + 1, horizon_days, draws, seed=1)
    model.buying_, model.spending_, model.edges_ = BUYING, SPENDING, np.array(edges)
    return model


def test_the_expected_value_is_the_published_one():
    # E[X(39) | x = 2, t_x = 30.43, T = 38.86] = 1.226 (Fader, Hardie and Lee 2005, p. 282). Spend of two
    # purchases with a mean of 30: 6.25 (15.44 + 2 × 30) / (2 × 6.25 + 3.74 − 1) = 30.938, by hand; of a
    # customer without one 6.25 × 15.44 / 2.74 = 35.219
    rows = history([2, 0], [7 * 30.43, 0], [7 * 38.86, 7 * 38.86], [30, np.nan])
    found = known(2, 273, [1.0]).expected(rows)
    assert found[0] == pytest.approx(1.226 * 30.938, rel=1e-3)
    once = BUYING.expected_purchases(np.zeros(1), np.zeros(1), np.array([38.86]), 39.0)
    assert found[1] == pytest.approx(once[0] * 35.219, rel=1e-3)


def test_draws_have_the_mean_of_the_closed_form():
    rows = history([2, 0, 25, 1], [213, 0, 260, 10], [272, 272, 272, 272], [30, np.nan, 80, 0])
    model = known(1 << 14, 90, [1.0])
    weeks = tuple(rows[c].to_numpy() / d for c, d in (("frequency", 1), ("recency_days", 7), ("T_days", 7)))
    # spend has a heavy tail (q = 3.74): 16,384 Sobol points give its mean to about .5 %
    np.testing.assert_allclose(
        model.values(rows).mean(axis=1) * BUYING.p_alive(*weeks), model.expected(rows), rtol=0.02
    )


def test_probabilities_are_right_on_average():
    rows, value = shop(3000, horizon=90 / 7)
    edges = np.quantile(known(512, 90, [1.0]).expected(rows), [0.5, 0.9])
    model = known(512, 90, edges.tolist())
    own = model.predict(rows)
    is_there = (2 - np.searchsorted(edges, value, side="left")) == own
    told = model.closeness(rows)["probability"].to_numpy()
    for tier in range(3):
        mine = own == tier
        error = np.sqrt((told[mine] * (1 - told[mine])).sum()) / mine.sum()
        # beyond 4 standard errors in 1 of 5,000 seeds
        assert abs(is_there[mine].mean() - told[mine].mean()) < 4 * error


def test_tiers_are_equal_and_ordered_and_the_refit_keeps_k():
    rows, _ = shop(1000, horizon=90 / 7)
    model = registry.find("methods", "clustering/lifetime_value")(k=4, seed=3).fit(rows)
    segments, expected = model.predict(rows), model.expected(rows)
    # customers with the same history share a tier
    assert np.abs(np.bincount(segments) - 250).max() <= 5
    means = [expected[segments == j].mean() for j in range(4)]
    assert means == sorted(means, reverse=True)
    assert model.k_ == 4
    sure = model.closeness(rows)
    assert sure.to_numpy().min() >= 0
    assert (sure["margin"] <= sure["probability"]).all()


def test_recency_may_come_as_days_since_the_last_purchase():
    rows, _ = shop(300, horizon=90 / 7)
    since = rows.assign(days_since_last=rows["T_days"] - rows["recency_days"]).drop(columns="recency_days")
    build = registry.find("methods", "clustering/lifetime_value")
    one, other = build(seed=3).fit(rows), build(seed=3).fit(since)
    np.testing.assert_allclose(one.expected(rows), other.expected(since), rtol=1e-6)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (history([0, 0], [0, 0], [50, 60], [np.nan, 5]), "nobody|none of 2 customers has a repeat purchase"),
        (history([1, 0], [5, 0], [50, 60], [np.nan] * 2), "nothing is known of monetary_value"),
        (history([1, 0], [5, 0], [50, 60], [9, 9]).drop(columns="T_days"), "no column T_days"),
    ],
)
def test_without_a_history_it_does_not_apply(rows, reason):
    with pytest.raises(NotApplicable, match=reason):
        registry.find("methods", "clustering/lifetime_value")().fit(rows)


def test_a_shop_that_gives_everything_away_has_no_values():
    rows, _ = shop(200, horizon=13.0)
    free = rows.assign(monetary_value=rows["monetary_value"].where(rows["monetary_value"].isna(), 0.0))
    with pytest.raises(
        NotApplicable, match="nobody of 200 customers has a repeat purchase that cost something"
    ):
        registry.find("methods", "clustering/lifetime_value")().fit(free)
