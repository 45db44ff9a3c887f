"""Purchases, dropout and spend: the planted mixtures come back from the truth and from the events."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.maths import btyd
from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import _clock
from crmlab.simulate.purchases import lifetimes
from crmlab.simulate.shop import simulate


def likelihood_ratio_p(fitted, planted, parameters):
    """Return the p-value of the planted parameters against the fitted ones (Wilks 1938)."""
    ratio = 2 * float(np.sum(fitted) - np.sum(planted))
    assert ratio > -0.01  # a maximum is not below any other point
    return stats.chi2.sf(ratio, parameters)


def summary(simulated):
    """Return (x, t_x, T) in weeks of even time, and the orders' values by customer."""
    lines = simulated.tables["transactions"]
    known = lines[~lines["is_cancellation"] & lines["customer"].notna()]
    orders = known.groupby(["customer", "order_id"]).agg(time=("timestamp", "min"), value=("amount", "sum"))
    clock = _clock(simulated.truth)
    orders["week"] = clock.even_of(orders["time"]) / 7
    weeks = orders.groupby("customer")["week"].agg(["min", "max", "size"])
    x, t_x, T = weeks["size"] - 1, weeks["max"] - weeks["min"], clock.last / 7 - weeks["min"]
    return x.to_numpy(), t_x.to_numpy(), T.to_numpy(), orders.groupby("customer")["value"]


@pytest.mark.parametrize(
    ("column", "shape", "scale"),
    [
        # Pareto/NBD and Gamma-Gamma estimates for CDNOW: Fader, Hardie and Lee 2005
        ("purchase_rate_per_week", 0.553, 10.578),
        ("dropout_hazard_per_week", 0.606, 11.669),
        ("spend_rate_per_usd", 3.74, 15.44),
    ],
)
def test_the_mixing_gammas_come_back_from_the_truth(shop, column, shape, scale):
    rates = shop.truth["customers"][column].to_numpy()
    fitted = stats.gamma.fit(rates, floc=0)
    best = stats.gamma.logpdf(rates, *fitted)
    assert likelihood_ratio_p(best, stats.gamma.logpdf(rates, shape, scale=1 / scale), 2) > 0.001
    assert stats.kstest(rates, stats.gamma(shape, scale=1 / scale).cdf).pvalue > 0.001


def test_pareto_nbd_comes_back_from_the_events(plain):
    x, t_x, T, _ = summary(plain)
    fitted, _ = btyd.fit(btyd.ParetoNBD, x, t_x, T)
    planted = btyd.ParetoNBD(0.553, 10.578, 0.606, 11.669)
    p = likelihood_ratio_p(fitted.log_likelihood(x, t_x, T), planted.log_likelihood(x, t_x, T), 4)
    assert p > 0.001
    # the test has teeth: twice the dropout hazard is refused
    wrong = btyd.ParetoNBD(0.553, 10.578, 0.606, 11.669 / 2)
    assert likelihood_ratio_p(fitted.log_likelihood(x, t_x, T), wrong.log_likelihood(x, t_x, T), 4) < 1e-6


def test_pareto_nbd_follows_its_knobs():
    knobs = {
        "purchase_shape": 1.4,
        "purchase_scale_weeks": 9.0,
        "dropout_shape": 1.1,
        "dropout_scale_weeks": 30,
    }
    off = {"effect_strength": 0, "slow_hazard_ratio": 1, "recovery_hazard_ratio": 1}
    simulated = simulate(Shop(visitors=8_000, **knobs, **off), seed=9)
    x, t_x, T, _ = summary(simulated)
    fitted, _ = btyd.fit(btyd.ParetoNBD, x, t_x, T)
    planted = btyd.ParetoNBD(*knobs.values())
    p = likelihood_ratio_p(fitted.log_likelihood(x, t_x, T), planted.log_likelihood(x, t_x, T), 4)
    assert p > 0.001


def test_gamma_gamma_comes_back_from_the_events(shop):
    values = summary(shop)[3].agg(["size", "mean"])
    x, mean = values["size"].to_numpy(), values["mean"].to_numpy()
    fitted, _ = btyd.fit_spend(x, mean)
    planted = btyd.GammaGamma(6.25, 3.74, 15.44)
    p = likelihood_ratio_p(fitted.log_likelihood(x, mean), planted.log_likelihood(x, mean), 3)
    assert p > 0.001


def test_types_share_the_population_and_differ(shop):
    truth = shop.truth["customers"]
    shares = truth["type"].value_counts(normalize=True)
    assert len(shares) == 5
    assert shares.min() > 0.10
    medians = truth.groupby("type").median(numeric_only=True)
    assert medians["purchase_rate_per_week"].idxmax() == "loyal"
    assert medians["purchase_rate_per_week"].idxmin() == "passing"
    assert medians["spend_rate_per_usd"].idxmin() == "premium"
    assert medians["spend_rate_per_usd"].idxmax() == "bargain"


def test_lifetimes_under_episodes():
    """Survival under a hazard that triples in days 7 to 21: exp(-(1 + 3·2 + 1)·.07) at day 28."""
    n = 20_000
    buyers = pd.DataFrame({"first_purchase": np.zeros(n), "hazard_per_week": np.full(n, 0.07)})
    episodes = pd.DataFrame({"buyer": np.arange(n), "starts": 7.0, "ends": 21.0, "ratio": 3.0})
    leaves = lifetimes(buyers, episodes, seed=1)
    for day, exponent in ((7, 1), (14, 4), (21, 7), (28, 8)):
        survival = np.exp(-0.07 * exponent)
        spread = np.sqrt(survival * (1 - survival) / n)
        assert abs((leaves > day).mean() - survival) < 4 * spread
