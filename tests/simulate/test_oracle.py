"""The oracle is calibrated against what then happens, and never answers what it cannot know."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from crmlab.errors import DataError
from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import (
    true_churn_probability,
    true_conversion_probability,
    true_offer_effect,
)
from crmlab.simulate.shop import simulate


def bought(simulated, start, end):
    lines = simulated.tables["transactions"]
    inside = (lines["timestamp"] >= start) & (lines["timestamp"] < end) & ~lines["is_cancellation"]
    return set(lines.loc[inside, "customer"].dropna())


def churn(simulated, cutoff, days):
    """Return the true probabilities and the outcomes of all customers at a cutoff."""
    customers = sorted(bought(simulated, dt.datetime(2023, 1, 1), cutoff))
    back = bought(simulated, cutoff, cutoff + dt.timedelta(days=days))
    truth = true_churn_probability(simulated.truth, customers, cutoff=cutoff, horizon_days=days)
    return truth, np.array([c not in back for c in customers])


def conversion(simulated, cutoff, days=30):
    """Return the true probabilities and the outcomes of the prospects of the last 30 days."""
    visitors = simulated.truth["visitors"]
    recent = (visitors["first_seen"] < cutoff) & (visitors["first_seen"] >= cutoff - dt.timedelta(days=30))
    prospects = visitors.loc[recent & ~(visitors["first_purchase"] < cutoff), "customer"].tolist()
    buys = bought(simulated, cutoff, cutoff + dt.timedelta(days=days))
    truth = true_conversion_probability(simulated.truth, prospects, cutoff=cutoff, horizon_days=days)
    return truth, np.array([c in buys for c in prospects])


def assert_calibrated(truth, outcome):
    """In the large within three standard errors; by tenths chi-square p > .001."""
    assert len(truth) > 1_000
    spread = np.sqrt((truth * (1 - truth)).sum())
    assert abs((outcome - truth).sum()) < 3 * spread
    tenth = pd.qcut(truth, 10, labels=False, duplicates="drop")
    by = pd.DataFrame({"gap": outcome - truth, "variance": truth * (1 - truth)}).groupby(tenth).sum()
    assert stats.chi2.sf((by["gap"] ** 2 / by["variance"]).sum(), len(by)) > 0.001


@pytest.fixture(scope="module")
def strong():
    """Return a shop with strong effects and much service, so that a mistake about either shows."""
    knobs = {"ticket_share": 0.4, "effect_shift": 0.4, "purchase_shape": 1.0, "dropout_scale_weeks": 20.0}
    return simulate(Shop(**knobs), seed=31)


@pytest.fixture(scope="module", params=[21, 22, 23])
def seeded(request):
    return simulate(seed=request.param)


def test_churn_is_calibrated(seeded):
    both = [churn(seeded, dt.datetime(*day), 90) for day in ((2023, 10, 1), (2024, 4, 1), (2024, 10, 1))]
    truth, outcome = (np.concatenate(part) for part in zip(*both, strict=True))
    gone = truth == 1
    assert outcome[gone].all()
    assert_calibrated(truth[~gone], outcome[~gone])
    assert roc_auc_score(outcome, truth) > 0.9


def test_conversion_is_calibrated(seeded):
    days = ((2023, 6, 1), (2023, 11, 1), (2024, 3, 1), (2024, 7, 1), (2024, 9, 1), (2024, 11, 1))
    both = [conversion(seeded, dt.datetime(*day)) for day in days]
    truth, outcome = (np.concatenate(part) for part in zip(*both, strict=True))
    assert_calibrated(truth, outcome)
    # learnable, and not trivial
    assert 0.75 < roc_auc_score(outcome, truth) < 0.86


# campaigns go out every 28 days from 2023-01-31: these cutoffs come 2, 17 and 27 days after one
@pytest.mark.parametrize(
    "cutoff", [dt.datetime(2024, 3, 28), dt.datetime(2024, 9, 27), dt.datetime(2024, 7, 15)]
)
def test_churn_is_calibrated_under_strong_service_and_mail(strong, cutoff):
    for days in (10, 60):
        truth, outcome = churn(strong, cutoff, days)
        assert_calibrated(truth[truth < 1], outcome[truth < 1])


def test_churn_is_calibrated_for_who_was_just_mailed(strong):
    cutoff = dt.datetime(2024, 3, 28)
    alive = strong.truth["customers"].query("~(alive_until < @cutoff)")["customer"]
    sent = strong.truth["contacts"]
    sent = sent[sent["timestamp"].between(cutoff - dt.timedelta(days=14), cutoff, inclusive="neither")]
    for treatment in (0, 1):
        asked = sent.loc[(sent["treatment"] == treatment) & sent["customer"].isin(alive), "customer"].tolist()
        truth = true_churn_probability(strong.truth, asked, cutoff=cutoff, horizon_days=10)
        back = bought(strong, cutoff, cutoff + dt.timedelta(days=10))
        outcome = np.array([c not in back for c in asked])
        assert len(asked) > 500
        assert abs((outcome - truth).sum()) < 3 * np.sqrt((truth * (1 - truth)).sum())


@pytest.fixture(scope="module")
def mailings(strong):
    """Return who was in each campaign, what the oracle expects of the e-mail, and what was then ordered.

    The campaigns are randomised, and none runs while another acts: each is the offer itself.
    """
    lines = strong.tables["transactions"].query("~is_cancellation & ~is_anonymous")
    orders = lines.astype({"amount": float}).groupby(["customer", "order_id"], as_index=False)
    orders = orders.agg(timestamp=("timestamp", "first"), amount=("amount", "sum"))
    shop, found = strong.truth["shop"].iloc[0], []
    for sent_at, sent in strong.truth["contacts"].groupby("timestamp"):
        until = sent_at + pd.Timedelta(weeks=shop["effect_weeks"])
        bought = orders[(orders["timestamp"] >= sent_at) & (orders["timestamp"] < until)].groupby("customer")
        asked = sent["customer"].tolist()
        effect = true_offer_effect(strong.truth, asked, cutoff=sent_at, horizon_days=90)
        then = bought["amount"].agg(orders="size", spend="sum").reindex(asked).fillna(0.0).to_numpy()
        found.append(
            sent[["customer", "treatment"]].assign(effect=effect, orders=then[:, 0], spend=then[:, 1])
        )
    every = pd.concat(found, ignore_index=True)
    person = strong.truth["customers"].set_index("customer").loc[every["customer"]].reset_index(drop=True)
    worth = shop["spend_order_shape"] / person["spend_rate_per_usd"]
    return every.assign(worth=worth, extra=every["effect"] / worth, relative=person["treatment_effect"])


@pytest.mark.parametrize("treatment", [0, 1])
def test_the_offer_is_what_the_simulator_draws(mailings, treatment):
    """Orders and spend of both arms: within three standard errors of a Poisson number of gamma values."""
    arm = mailings[mailings["treatment"] == treatment]
    expected = arm["extra"] / arm["relative"] + treatment * arm["extra"]
    assert len(arm) > 15_000
    assert abs(arm["orders"].sum() - expected.sum()) < 3 * np.sqrt(expected.sum())
    spread = np.sqrt((expected * arm["worth"] ** 2 * (1 + 1 / Shop().spend_order_shape)).sum())
    assert abs(arm["spend"].sum() - (expected * arm["worth"]).sum()) < 3 * spread


def test_the_offer_is_the_contrast_of_the_randomised_arms(mailings):
    """Read from orders alone (Horvitz and Thompson 1952), in whom it is to help and in whom to harm."""
    contrast = mailings["orders"] * np.where(mailings["treatment"] == 1, 2, -2)
    for who in (mailings["extra"] > 0, mailings["extra"] < 0):
        error = np.sqrt((contrast[who] ** 2).sum())
        assert abs(contrast[who].sum() - mailings["extra"][who].sum()) < 3 * error
    # an oracle that knew of no effect would be told apart
    assert mailings["extra"].sum() > 10 * np.sqrt((contrast**2).sum())


def test_an_offer_without_service_is_the_closed_form(plain):
    """λ τ (1 − exp(−μ w)) / μ orders in w weeks, each worth p / ν; 0 for who left, nan without consent."""
    cutoff, weeks = dt.datetime(2024, 3, 3), 2
    truth = dict(plain.truth)
    truth["customers"] = truth["customers"].assign(treatment_effect=0.5)
    asked = truth["customers"].query("first_purchase < @cutoff")
    rate, hazard = asked["purchase_rate_per_week"], asked["dropout_hazard_per_week"]
    orders = rate * 0.5 * -np.expm1(-hazard * weeks) / hazard
    expected = orders * truth["shop"]["spend_order_shape"].iloc[0] / asked["spend_rate_per_usd"]
    expected = expected.where(~(asked["alive_until"] < cutoff), 0.0).where(asked["consent"])
    effect = true_offer_effect(truth, asked["customer"], cutoff=cutoff, horizon_days=90)
    np.testing.assert_allclose(effect, expected, rtol=1e-10)
    # a horizon that ends before the e-mail does cuts it off
    short = expected * np.expm1(-hazard) / np.expm1(-hazard * weeks)
    effect = true_offer_effect(truth, asked["customer"], cutoff=cutoff, horizon_days=7)
    np.testing.assert_allclose(effect, short, rtol=1e-10)


def test_a_shop_without_campaigns_is_answered():
    quiet = simulate(Shop(visitors=500, campaign_cycle_weeks=200), seed=1)
    assert len(quiet.truth["campaigns"]) == 0
    truth, outcome = churn(quiet, dt.datetime(2024, 1, 1), 90)
    assert len(truth) == len(outcome) > 20
    assert ((truth > 0) & (truth <= 1)).all()


def test_nobody_asked_nothing_answered(shop):
    for oracle in (true_churn_probability, true_conversion_probability, true_offer_effect):
        assert oracle(shop.truth, [], cutoff=dt.datetime(2024, 1, 1), horizon_days=30).shape == (0,)


def test_churn_without_service_and_mail_is_the_closed_form(plain):
    """Alive: (μ + λ·exp(−(λ + μ)h)) / (λ + μ), by competing exponential times."""
    cutoff, weeks = dt.datetime(2024, 3, 3), 10
    people = plain.truth["customers"]
    asked = people[(people["first_purchase"] < cutoff) & ~(people["alive_until"] < cutoff)]
    rate, hazard = asked["purchase_rate_per_week"], asked["dropout_hazard_per_week"]
    expected = (hazard + rate * np.exp(-(rate + hazard) * weeks)) / (rate + hazard)
    truth = true_churn_probability(plain.truth, asked["customer"], cutoff=cutoff, horizon_days=7 * weeks)
    np.testing.assert_allclose(truth, expected, rtol=1e-10)


def test_the_oracle_does_not_read_the_future(shop):
    """Truth of what happens at or after the cutoff can be changed: no answer moves."""
    cutoff = dt.datetime(2024, 4, 1)
    truth = dict(shop.truth)
    people = truth["customers"]
    asked = people.loc[people["first_purchase"] < cutoff, "customer"].tolist()
    at = {"cutoff": cutoff, "horizon_days": 90}
    before = [oracle(truth, asked, **at) for oracle in (true_churn_probability, true_offer_effect)]
    truth["contacts"] = truth["contacts"].query("timestamp < @cutoff")
    truth["service"] = truth["service"].query("ordered_at < @cutoff")
    late = people["alive_until"] >= cutoff
    truth["customers"] = people.assign(alive_until=people["alive_until"].mask(late))
    after = [oracle(truth, asked, **at) for oracle in (true_churn_probability, true_offer_effect)]
    np.testing.assert_array_equal(before, after)


def test_order_of_the_question_is_order_of_the_answer(shop):
    cutoff = dt.datetime(2024, 4, 1)
    people = shop.truth["customers"]
    asked = people.loc[people["first_purchase"] < cutoff, "customer"].head(50).tolist()
    one = true_churn_probability(shop.truth, asked, cutoff=cutoff, horizon_days=30)
    two = true_churn_probability(shop.truth, asked[::-1], cutoff=cutoff, horizon_days=30)
    np.testing.assert_allclose(one, two[::-1], rtol=1e-12)


def test_who_is_outside_the_population_is_refused(shop):
    cutoff = dt.datetime(2023, 6, 1)
    visitors = shop.truth["visitors"]
    late = visitors.loc[visitors["first_purchase"] > cutoff, "customer"].iloc[0]
    early = visitors.loc[visitors["first_purchase"] < cutoff, "customer"].iloc[0]
    unseen = visitors.loc[visitors["first_seen"] > cutoff, "customer"].iloc[0]
    at = {"cutoff": cutoff, "horizon_days": 30}
    with pytest.raises(DataError, match=f"'{late}' had not bought before"):
        true_churn_probability(shop.truth, [late], **at)
    with pytest.raises(DataError, match=f"'{late}' had not bought before"):
        true_offer_effect(shop.truth, [late], **at)
    with pytest.raises(DataError, match=f"'{early}' had bought before"):
        true_conversion_probability(shop.truth, [early], **at)
    with pytest.raises(DataError, match=f"'{unseen}' was not seen before"):
        true_conversion_probability(shop.truth, [unseen], **at)
    with pytest.raises(DataError, match=f"'{early}' is named twice"):
        true_churn_probability(shop.truth, [early, early], **at)
    with pytest.raises(DataError, match="'X1' is not in the truth"):
        true_churn_probability(shop.truth, ["X1"], **at)
