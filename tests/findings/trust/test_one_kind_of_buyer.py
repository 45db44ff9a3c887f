"""One kind of buyer: the worlds follow the published models, and the sentence says what the table shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from crmlab.errors import NotApplicable, UsageError
from crmlab.findings.trust import one_kind_of_buyer as null
from crmlab.findings.trust.one_kind_of_buyer import Buyers
from crmlab.maths import btyd
from crmlab.maths.btyd import BGNBD, GammaGamma, ParetoNBD
from crmlab.seeds import generator

# estimates for CDNOW: Fader, Hardie and Lee 2005 (BG/NBD, Pareto/NBD), Fader and Hardie 2013 (gamma-gamma)
BG, PARETO = BGNBD(0.243, 4.414, 0.793, 2.426), ParetoNBD(0.553, 10.578, 0.606, 11.669)
SPEND = GammaGamma(6.25, 3.74, 15.44)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Give BLAS and OpenMP one thread, as the methods have in the workers."""
    with threadpool_limits(1):
        yield


def drawn(buying: BGNBD | ParetoNBD, n: int, *, days: int) -> pd.DataFrame:
    """Return n new customers observed for so many days."""
    return Buyers(buying, SPEND).drawn(np.full(n, days), generator(1, "drawn"))


# --- the worlds ---------------------------------------------------------------------------------
def test_a_world_buys_as_often_as_was_published():
    frequency = drawn(BG, 200_000, days=32 * 7)["frequency"]
    # E[X(32)] of a new customer is 1.0437 (BG/NBD fitted to CDNOW)
    assert abs(frequency.mean() - 1.0437) < 3 * frequency.std() / np.sqrt(200_000)


@pytest.mark.parametrize("buying", [BG, PARETO])
def test_a_world_has_the_likelihood_of_its_model(buying):
    """E[log L] is highest at the truth: the score vanishes there, in each parameter."""
    rows = drawn(buying, 40_000, days=39 * 7)
    x, T = rows["frequency"].to_numpy(), rows["T_days"].to_numpy()
    t_x = T - rows["days_since_last"].to_numpy()
    btyd.check(x, t_x, T)

    def likelihoods(**changed):
        parts = vars(buying) | changed
        return type(buying)(**parts).log_likelihood(x, t_x / 7, T / 7)

    for name, value in vars(buying).items():
        score = (likelihoods(**{name: value * 1.001}) - likelihoods(**{name: value * 0.999})) / 0.002
        # days are whole in the shop, so a small bias is right: four standard errors of 40,000 customers
        assert abs(score.mean()) < 4 * score.std() / np.sqrt(len(score))


def test_a_world_spends_what_was_published():
    rows = drawn(PARETO, 200_000, days=300)
    first = (rows["total_spend"] - (rows["monetary_value"] * rows["frequency"]).fillna(0)).to_numpy()
    # the population mean of CDNOW's spend per purchase is 35.17
    assert abs(first.mean() - 35.17) < 4 * first.std() / np.sqrt(len(first))
    assert (first > 0).all()


def test_what_follows_from_a_first_purchase_only():
    rows = drawn(PARETO, 2_000, days=100)
    once = rows["frequency"] == 0
    assert 0 < once.sum() < 2_000
    assert rows.loc[once, ["monetary_value", "gap_mean_days"]].isna().all(axis=None)
    assert (rows.loc[once, "days_since_last"] == 100).all()
    assert rows.loc[~once].notna().all(axis=None)
    gaps = rows.loc[~once, "gap_mean_days"] * rows.loc[~once, "frequency"]
    np.testing.assert_allclose(gaps, 100 - rows.loc[~once, "days_since_last"])


# --- the sentence -------------------------------------------------------------------------------
def compared(silhouette: float, worlds: list[float]) -> tuple[pd.DataFrame, float, str]:
    """Return the table, p and the sentence for these silhouettes."""
    shop = {"gate p": 0.0, "segments chosen": 3.0, "stability": 0.9, "silhouette": silhouette}
    table, p = null.beside(shop, pd.DataFrame([shop | {"silhouette": s} for s in worlds]))
    return table, p, null.sentence_of("k-means", table, p, 3)


def test_beyond_all_of_nineteen_worlds_is_beyond():
    table, p, sentence = compared(0.5, [0.3 + 0.001 * w for w in range(19)])
    assert p == 1 / 20
    assert "finds is beyond what" in sentence
    assert "with 3 segments is 0.50, that of 19 worlds of one population 0.30 to 0.32" in sentence
    row = table.set_index("measure").loc["silhouette"]
    # the quantiles of 0.300, 0.301, ..., 0.318 at 5 % and 95 %: .9 and 17.1 steps, by hand
    assert (row["lower"], row["mean"], row["upper"]) == pytest.approx((0.3009, 0.309, 0.3171))


def test_one_world_above_the_shop_is_enough_for_not_beyond():
    _, p, sentence = compared(0.5, [0.3] * 18 + [0.6])
    assert p == 2 / 20
    assert "finds is not beyond what" in sentence


def test_a_shop_without_structure_has_nothing_to_explain():
    _, p, sentence = compared(float("nan"), [0.3] * 19)
    assert np.isnan(p)
    assert "finds no structure" in sentence


# --- the shop -----------------------------------------------------------------------------------
def test_left_censored_customers_are_left_out_and_more_are_sampled(keeps_contract):
    rows = drawn(PARETO, 500, days=300)
    censored = np.arange(500) < 200
    found = null.beside_one_kind(rows, left_censored=censored, worlds=1, seed=1)
    keeps_contract(found)
    assert found.customers == 300
    assert found.table["measure"].tolist() == ["gate p", "segments chosen", "stability", "silhouette"]
    again = null.beside_one_kind(rows, left_censored=censored, worlds=1, seed=1)
    pd.testing.assert_frame_equal(found.table, again.table)
    assert null.beside_one_kind(rows, worlds=1, most=250, seed=1).customers == 250


def test_where_pareto_nbd_does_not_converge_bg_nbd_is_taken(monkeypatch):
    rows = drawn(BG, 400, days=300)
    monkeypatch.setattr(null, "fit", failing_for(ParetoNBD, null.fit))
    assert isinstance(null.fitted(rows).buying, BGNBD)


def failing_for(failing: type, fit):
    """Return `fit`, which does not converge for one model."""

    def fitted(model, *summary):
        if model is failing:
            raise null.CrmlabError("did not converge")
        return fit(model, *summary)

    return fitted


def test_nobody_came_back():
    rows = drawn(PARETO, 50, days=100).assign(frequency=0.0, days_since_last=100.0, monetary_value=np.nan)
    with pytest.raises(NotApplicable, match="none of 50 customers has a paid repeat purchase"):
        null.beside_one_kind(rows, seed=1)


def test_a_column_is_absent():
    with pytest.raises(NotApplicable, match="no column gap_mean_days"):
        null.beside_one_kind(drawn(PARETO, 50, days=100).drop(columns="gap_mean_days"), seed=1)


def test_a_method_with_a_given_number_of_segments():
    with pytest.raises(UsageError, match="rfm_quintiles does not choose"):
        null.beside_one_kind(drawn(PARETO, 200, days=300), method="clustering/rfm_quintiles", seed=1)


@pytest.mark.slow
def test_one_population_is_seldom_beyond_itself():
    """Half of the customers came when the shop opened: k-means finds them, and they are no kind of buyers."""
    buyers = Buyers(ParetoNBD(0.8, 16.0, 0.55, 74.0), GammaGamma(2.4, 3.6, 380.0))
    found = []
    for seed in range(4):
        rng = generator(seed, "one kind")
        days = np.where(rng.random(1_000) < 0.5, rng.integers(530, 550, 1_000), rng.integers(30, 200, 1_000))
        found.append(null.beside_one_kind(buyers.drawn(days, rng), seed=seed))
    # at the level of 5 %, two of four would be rare (1.4 %)
    assert sum("finds is beyond" in each.sentences[0] for each in found) <= 1
    assert sum("finds is not beyond" in each.sentences[0] for each in found) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_kinds_far_apart_are_beyond_one_population(seed):
    rng = generator(seed, "two kinds")
    days = rng.integers(400, 700, 1_500)
    often = Buyers(ParetoNBD(20, 100, 1, 200), GammaGamma(6, 20, 400)).drawn(days[:750], rng)
    seldom = Buyers(ParetoNBD(20, 800, 1, 200), GammaGamma(6, 20, 20)).drawn(days[750:], rng)
    found = null.beside_one_kind(pd.concat([often, seldom]), seed=seed)
    assert "finds is beyond" in found.sentences[0]
