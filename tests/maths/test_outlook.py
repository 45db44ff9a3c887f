"""The outlook of a group: its means are those of the models, its spread has the parameters' errors in it."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.maths import btyd
from crmlab.maths.outlook import Offer, Past, outlook, uncertain_buying, uncertain_spending

BUYING = btyd.ParetoNBD(0.8, 6.0, 0.9, 15.0)
SPENDING = btyd.GammaGamma(6.0, 4.0, 15.0)
OFFER = Offer(accept_rate=0.3, incentive_cost=2.0, contact_cost=0.5, margin_share=0.3)
WEEKS = 365 / 7


def customers(n: int, seed: int = 1) -> Past:
    """Return n customers as the models draw them."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(10, 100, n)
    life = np.minimum(rng.exponential(1 / (rng.gamma(0.9, size=n) / 15)), T)
    x = rng.poisson(rng.gamma(0.8, size=n) / 6 * life).astype(float)
    t_x = np.array([(rng.random(int(k)) * end).max(initial=0.0) for k, end in zip(x, life, strict=True)])
    rate = rng.gamma(4.0, size=n) / 15
    spend = np.where(x > 0, rng.gamma(np.maximum(6 * x, 1)) / rate / np.maximum(x, 1), 0.0)
    return Past(x, t_x, T, spend, 7.0)


def test_without_errors_of_parameters_the_means_are_those_of_the_models():
    group = customers(30)
    found = outlook(group, [BUYING] * 800, [SPENDING] * 800, OFFER, days=91, seed=1)
    past = (group.x, group.t_x, group.T)
    each = SPENDING.expected_spend(group.x, group.spend)
    near = {"abs": 0, "rel": 0.05}
    assert found.silent.mean() == pytest.approx(BUYING.p_zero(*past, 13.0).mean(), **near)
    value = 0.3 * (BUYING.expected_purchases(*past, WEEKS) * each).sum()
    assert found.value.mean() == pytest.approx(value, **near)


def test_an_offer_that_nobody_accepts_costs_the_gifts_of_those_who_stay_and_the_contacts():
    group = customers(30)
    refused = Offer(0.0, OFFER.incentive_cost, OFFER.contact_cost, OFFER.margin_share)
    found = outlook(group, [BUYING] * 100, [SPENDING] * 100, refused, days=91, seed=1)
    assert (found.profit <= -0.5 * 30).all()
    assert (found.profit >= -2.5 * 30).all()
    # an offer that costs nothing can only earn
    free = Offer(0.5, 0.0, 0.0, OFFER.margin_share)
    assert (outlook(group, [BUYING] * 100, [SPENDING] * 100, free, days=91, seed=1).profit >= 0).all()


def test_parameters_are_drawn_with_the_errors_of_the_fit():
    everybody = customers(1500)
    fitted, estimate = btyd.fit(btyd.ParetoNBD, everybody.x, everybody.t_x, everybody.T)
    drawn = np.log([[m.r, m.alpha, m.s, m.beta] for m in uncertain_buying(fitted, everybody, seed=1)])
    own = estimate.standard_errors / estimate.parameters
    np.testing.assert_allclose(drawn.std(axis=0), own, rtol=0.15)
    np.testing.assert_allclose(drawn.mean(axis=0), np.log(estimate.parameters), atol=0.2 * own.max())
    paid = everybody.spend > 0
    spent, error = btyd.fit_spend(everybody.x[paid], everybody.spend[paid])
    drawn = np.log([[m.p, m.q, m.gamma] for m in uncertain_spending(spent, everybody, seed=1)])
    np.testing.assert_allclose(drawn.std(axis=0), error.standard_errors / error.parameters, rtol=0.15)


def test_errors_of_parameters_widen_the_interval_and_an_answer_comes_again():
    everybody = customers(150)
    buying, spending = (u(m, everybody, seed=1) for u, m in (
        (uncertain_buying, BUYING), (uncertain_spending, SPENDING)
    ))  # fmt: skip
    wide = outlook(everybody, buying, spending, OFFER, days=91, seed=2)
    known = outlook(everybody, [BUYING] * 400, [SPENDING] * 400, OFFER, days=91, seed=2)
    for name in ("silent", "value"):
        ends, own = wide.ends(name, 0.9), known.ends(name, 0.9)
        assert ends[1] - ends[0] > own[1] - own[0]
    again = outlook(everybody, buying, spending, OFFER, days=91, seed=2)
    np.testing.assert_array_equal(again.value, wide.value)
