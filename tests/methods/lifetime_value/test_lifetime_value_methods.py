"""Lifetime value: parts that multiply, draws that follow the models, and what is not known."""

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context, lifetime_value
from crmlab.maths import btyd

NAMES = [n for n in registry.names("methods") if n.startswith("lifetime_value/")]
CONTEXT = Context(horizon_days=91, seed=1, roles={})


def shop(n: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return summaries of a Pareto/NBD and gamma-gamma shop, what comes, and each customer's spend rate."""
    rng = np.random.default_rng(5)
    days = rng.uniform(150, 270, n)
    rate, life = rng.gamma(0.9, 1 / 70, n), rng.exponential(1 / rng.gamma(0.8, 1 / 90, n))
    counts, ahead = (rng.poisson(rate * np.clip(life - a, 0, b)) for a, b in ((0, days), (days, 91)))
    nu = rng.gamma(3.74, 1 / 15.44, n)
    last = np.minimum(days, life) * rng.random(n) ** (1 / np.maximum(counts, 1))
    mean = np.where(
        counts > 0, rng.gamma(6.25 * np.maximum(counts, 1), 1 / nu) / np.maximum(counts, 1), np.nan
    )
    spent = np.where(ahead > 0, rng.gamma(6.25 * np.maximum(ahead, 1), 1 / nu), 0.0)
    rows = {"frequency": counts, "recency_days": np.where(counts > 0, last, 0), "T_days": days}
    return pd.DataFrame(rows | {"monetary_value": mean}), spent, nu


@pytest.fixture(scope="module")
def world():
    """1,500 customers."""
    return shop(1500)


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_multiply_to_the_score_and_are_those_of_the_models(name, world):
    rows, spent, _ = world
    model = registry.find("methods", name)(draws=200, seed=1).fit(rows)
    found = lifetime_value.answer(model, rows, CONTEXT)
    assert list(found) == [*lifetime_value.ANSWER, *lifetime_value.PARTS]
    np.testing.assert_allclose(found[list(lifetime_value.PARTS)].prod(axis=1), found["score"], rtol=1e-12)
    weeks = (rows["frequency"].to_numpy(float), *(rows[c].to_numpy() / 7 for c in ("recency_days", "T_days")))
    expected = model.buying_.expected_purchases(*weeks, 13.0)
    np.testing.assert_allclose(found["p_alive"] * found["purchases_if_alive"], expected, rtol=1e-10)
    never = rows["frequency"] == 0
    np.testing.assert_allclose(found["spend_per_purchase"][never], model.spending_.population_mean())
    assert found["score"].sum() / spent.sum() == pytest.approx(1, abs=0.2)


def test_draws_follow_the_exact_distribution_of_spend():
    # of k purchases: S / (S + gamma + x m) ~ Beta(p k, q + p x); numbers of purchases as by the model
    rng = np.random.default_rng(8)
    model = registry.find("methods", "lifetime_value/bg_nbd")(draws=4000, seed=2)
    model.buying_, model.spending_ = btyd.BGNBD(2.0, 4.0, 0.8, 2.4), btyd.GammaGamma(6.25, 3.74, 15.44)
    one = pd.DataFrame(
        {"frequency": [4.0], "recency_days": [160.0], "T_days": [180.0], "monetary_value": [30.0]}
    )
    found = model.predict(one, horizon_days=182).iloc[0]
    size = 400_000
    alive = rng.random(size) < found["p_alive"]
    rate, dropout = rng.gamma(2 + 4, 1 / (4 + 180 / 7), size), rng.beta(0.8, 2.4 + 4, size)
    counts = np.where(alive, np.minimum(rng.poisson(rate * 26), rng.geometric(dropout)), 0)
    nu = rng.gamma(3.74 + 4 * 6.25, 1 / (15.44 + 4 * 30), size)
    spend = np.where(counts > 0, rng.gamma(6.25 * np.maximum(counts, 1), 1 / nu), 0.0)
    assert found["p_zero"] == pytest.approx((counts == 0).mean(), abs=0.003)
    assert found["score"] == pytest.approx(spend.mean(), rel=0.01)
    assert found["lower"] == pytest.approx(np.quantile(spend, 0.1), abs=2)
    assert found["upper"] == pytest.approx(np.quantile(spend, 0.9), rel=0.03)


def test_independence_of_spend_and_frequency_is_told_with_its_interval(world):
    rows, _, _ = world
    model = registry.find("methods", "lifetime_value/bg_nbd")(draws=50).fit(rows)
    told = model.details_["frequency_and_spend"]
    assert told["lower"] < 0 < told["upper"]
    tied = rows.assign(monetary_value=np.where(rows["frequency"] > 0, 5.0 + rows["frequency"], np.nan))
    tied["monetary_value"] *= np.random.default_rng(1).uniform(0.8, 1.25, len(rows))
    told = registry.find("methods", "lifetime_value/bg_nbd")(draws=50).fit(tied).details_
    assert told["frequency_and_spend"]["lower"] > 0.5
    assert f"{told['frequency_and_spend']['spearman']:.2f}" in told["note"]


def test_what_cannot_be_learned_does_not_apply(world):
    rows, _, _ = world
    method = registry.find("methods", "lifetime_value/bg_nbd")()
    with pytest.raises(NotApplicable, match="0 customers have a repeat purchase with spend"):
        method.fit(rows.assign(monetary_value=0.0))
    with pytest.raises(NotApplicable, match="no spend is known"):
        lifetime_value.columns(dict.fromkeys(("frequency", "recency_days", "T_days"), "numeric"))
    with pytest.raises(NotApplicable, match="begins 7 days after"):
        lifetime_value.answer(None, rows, Context(horizon_days=91, seed=1, roles={}, gap_days=7))


def test_left_censored_customers_are_answered_and_not_learned_from(world):
    rows, _, _ = world
    censored = rows.assign(left_censored=np.arange(len(rows)) >= 700)
    model = lifetime_value.fit(
        lambda seed: registry.find("methods", "lifetime_value/bg_nbd")(draws=50, seed=seed),
        censored,
        None,
        CONTEXT,
    )
    alone = registry.find("methods", "lifetime_value/bg_nbd")(draws=50, seed=1).fit(rows.iloc[:700])
    assert model.details_["parameters"] == alone.details_["parameters"]
    assert len(lifetime_value.answer(model, censored, CONTEXT)) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_who_always_got_everything_for_nothing_is_expected_to_spend_nothing(name, world):
    rows, _, _ = world
    bought = rows.index[rows["frequency"] > 1][:20]
    model = registry.find("methods", name)(draws=50, seed=1).fit(rows)
    free = rows.assign(monetary_value=rows["monetary_value"].where(~rows.index.isin(bought), 0.0))
    found, before = (lifetime_value.answer(model, some, CONTEXT) for some in (free, rows))
    assert found.loc[bought, ["score", "lower", "upper", "spend_per_purchase"]].eq(0).all().all()
    assert found.loc[bought, "p_zero"].eq(1).all()
    pd.testing.assert_frame_equal(found.drop(bought), before.drop(bought))
