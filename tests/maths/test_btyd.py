"""Buy-till-you-die models against published values, quadrature and simulation."""

import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from crmlab.errors import DataError, NotApplicable
from crmlab.maths.btyd import (
    BGNBD,
    MBGCNBD,
    MBGNBD,
    NBD,
    GammaGamma,
    ParetoNBD,
    check,
    fit,
    fit_spend,
)
from crmlab.maths.btyd.customers import Customers
from crmlab.studies._purchases import lived

# CDNOW in weeks: Fader, Hardie and Lee 2005; Fader and Hardie 2005
BG = BGNBD(r=0.24259, alpha=4.41360, a=0.79292, b=2.42591)
PARETO = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669)
SWAPPED = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=4.0)  # alpha > beta, the other branch
MBG = MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614)
REGULAR = MBGCNBD(r=0.8, alpha=4.0, a=0.891, b=2.5, k=3)
MODELS = [BG, PARETO, SWAPPED, NBD(0.385, 12.072), MBG, REGULAR]
LEAVING = [model for model in MODELS if not isinstance(model, NBD)]


def _arrays(*columns):
    return tuple(np.array(c, dtype=np.float64) for c in zip(*columns, strict=True))


PAST = _arrays((0, 0, 30), (2, 30.43, 38.86), (2, 2.0, 38.86), (26, 30.86, 31.0), (5, 12.0, 12.0))


def test_published_expected_purchases():
    # the paper's example customer, and its table of E[X(t)]
    assert BG.expected_purchases(2.0, 30.43, 38.86, 39.0) == pytest.approx(1.226, abs=5e-4)
    times = np.array([0.1429, 1, 3, 31.8571, 32, 78])
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8580]
    # half a digit of the print, and as much for the printed parameters
    assert BG.expected_purchases_new(times) == pytest.approx(published, abs=1e-4)


def test_nobody_has_dropped_out_before_a_repeat_purchase():
    assert BG.p_alive(np.array([0.0]), np.array([0.0]), np.array([38.0])) == pytest.approx([1.0], abs=0)


def _pareto_likelihood(model, x, t_x, T):
    """Integrate the likelihood over the gamma rates: λ in closed form, the time of death by quadrature."""
    rate = np.prod([(model.r + i) for i in range(int(x))]) * model.alpha**model.r

    def at(y):
        return rate / (model.alpha + y) ** (model.r + x)

    death = stats.lomax(model.s, scale=model.beta)
    dead, _ = integrate.quad(lambda y: at(y) * death.pdf(y), t_x, T, epsrel=1e-12)
    return at(T) * death.sf(T), dead


@pytest.mark.parametrize("model", [PARETO, SWAPPED, ParetoNBD(2.0, 5.0, 1.0, 5.0)])
def test_pareto_likelihood_is_its_integral(model):
    for x, t_x, T in zip(*PAST, strict=True):
        alive, dead = _pareto_likelihood(model, x, t_x, T)
        assert model.log_likelihood(x, t_x, T) == pytest.approx(np.log(alive + dead), rel=1e-10)
        assert model.p_alive(x, t_x, T) == pytest.approx(alive / (alive + dead), rel=1e-10)


def _coin_likelihood(model, x, t_x, T):
    """Integrate the likelihoods of being active and of having dropped out over λ and p, both (numbers)."""
    won, k = x + model.first, model.k

    def purchases(lam):
        """Return the density of λ and of t_x, x Erlang-k times, over its factor t_x^(x-1) / Γ(x)."""
        spaced = lam ** (k * x) * np.exp(-lam * t_x) * t_x ** (k * x - x) if x else 1.0
        factor = math.gamma(x) / math.gamma(k * x) if x else 1.0
        mixed = model.alpha**model.r * lam ** (model.r - 1) * np.exp(-model.alpha * lam)
        return spaced * factor * mixed / math.gamma(model.r)

    def silence(lam):
        return sum((lam * (T - t_x)) ** j / math.factorial(j) for j in range(k)) * np.exp(-lam * (T - t_x))

    def expected(function, density, end):
        return integrate.quad(lambda v: function(v) * density(v), 0, end, epsabs=1e-14)[0]

    def coin(p):
        return p ** (model.a - 1) * (1 - p) ** (model.b - 1) / special.beta(model.a, model.b)

    kept = expected(lambda p: (1 - p) ** won, coin, 1)
    lost = expected(lambda p: p * (1 - p) ** max(won - 1, 0), coin, 1)
    return kept * expected(silence, purchases, np.inf), (won > 0) * lost * expected(
        lambda _: 1, purchases, np.inf
    )


@pytest.mark.parametrize(
    "model", [BGNBD(1.4, 4.0, 1.8, 2.4), MBGNBD(1.5, 6.0, 1.9, 1.6), MBGCNBD(1.8, 4.0, 1.9, 2.5, k=3)]
)
def test_coin_likelihoods_are_their_integrals(model):
    for x, t_x, T in [(0, 0.0, 30.0), (2, 20.0, 28.0), (4, 9.0, 11.0)]:
        alive, dropped = _coin_likelihood(model, x, t_x, T)
        assert model.log_likelihood(x, t_x, T) == pytest.approx(np.log(alive + dropped), rel=1e-7)
        assert model.p_alive(x, t_x, T) == pytest.approx(alive / (alive + dropped), rel=1e-7)


def test_nbd_by_hand():
    # r = 1: (alpha / (alpha + T)) · 1 / (alpha + T), for one purchase within 6 at alpha = 2
    model = NBD(1.0, 2.0)
    assert np.exp(model.log_likelihood(1.0, 3.0, 6.0)) == pytest.approx(2 / 8 / 8)
    assert model.expected_purchases(1.0, 3.0, 6.0, 4.0) == pytest.approx(2 / 8 * 4)
    assert model.p_zero(1.0, 3.0, 6.0, 4.0) == pytest.approx((8 / 12) ** 2)
    assert model.expected_purchases_new(np.array([4.0])) == pytest.approx([2.0])


def test_one_phase_per_purchase_is_mbg_nbd():
    one = MBGCNBD(MBG.r, MBG.alpha, MBG.a, MBG.b, k=1)
    assert one.log_likelihood(*PAST) == pytest.approx(MBG.log_likelihood(*PAST), rel=1e-14)
    assert one.p_alive(*PAST) == pytest.approx(MBG.p_alive(*PAST), rel=1e-13)
    # its sum of tails against their closed form
    assert one.expected_purchases(*PAST, 13.0) == pytest.approx(MBG.expected_purchases(*PAST, 13.0), rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_the_tails_add_up_to_the_expectation(model):
    # E[X] = P(X ≥ 1) + P(X ≥ 2) + ..., where the expectation has a formula of its own
    tails = sum(model.tail_if_alive(i, *PAST, 13.0) for i in range(1, 120))
    expected = model.expected_purchases(*PAST, 13.0)
    assert tails * model.p_alive(*PAST) == pytest.approx(expected, rel=1e-9)
    assert model.p_zero(*PAST, 13.0) == pytest.approx(
        1 - model.p_alive(*PAST) * model.tail_if_alive(1, *PAST, 13.0), rel=1e-9
    )


@pytest.mark.parametrize("model", MODELS)
def test_draws_have_the_tails_and_do_not_read_the_other_rows(model):
    size = 4000
    drawn = model.draws(*PAST, horizon=13.0, size=size, seed=3)
    assert drawn.shape == (size, len(PAST[0]))
    assert drawn.dtype == np.int32
    for i in (1, 2, 5):
        tail = model.p_alive(*PAST) * model.tail_if_alive(i, *PAST, 13.0)
        # stratified: the share is right to two of the draws
        assert (drawn >= i).mean(axis=0) == pytest.approx(tail, abs=2 / size)
    last = [part[-1:] for part in PAST]
    assert (model.draws(*last, horizon=13.0, size=size, seed=3)[:, 0] == drawn[:, -1]).all()
    assert not (model.draws(*last, horizon=13.0, size=size, seed=4)[:, 0] == drawn[:, -1]).all()


@pytest.mark.parametrize("model", LEAVING)
def test_several_hundred_purchases_do_not_overflow(model):
    x, T = np.array([300.0, 700.0, 700.0]), np.full(3, 100.0)
    t_x = np.array([99.0, 99.9, 60.0])
    assert np.isfinite(model.log_likelihood(x, t_x, T)).all()
    alive, zero = model.p_alive(x, t_x, T), model.p_zero(x, t_x, T, 13.0)
    expected = model.expected_purchases(x, t_x, T, 13.0)
    assert ((zero >= 0) & (zero <= 1)).all()
    drawn = model.draws(x, t_x, T, horizon=13.0, size=64, seed=1)
    assert drawn.mean(axis=0) == pytest.approx(expected, rel=0.05, abs=1e-9)
    # a customer of seven purchases a week who has been silent for forty weeks is gone
    assert alive[2] < 1e-12
    assert expected[1] > 50
    assert expected[2] < 1e-9


@pytest.mark.parametrize("model", MODELS)
def test_thousands_of_days_are_finite(model):
    # frequencies near T, with T in days
    x, t_x, T = _arrays((0, 0, 5000), (900, 4990, 5000), (4000, 5000, 5000), (1, 1, 5000))
    for found in (
        model.log_likelihood(x, t_x, T), model.p_alive(x, t_x, T), model.p_zero(x, t_x, T, 30.0),
        model.expected_purchases(x, t_x, T, 30.0),
    ):  # fmt: skip
        assert np.isfinite(found).all()


@pytest.mark.parametrize("model", MODELS)
def test_expectation_and_silence_agree_over_an_instant(model):
    now, later = 20.0, 33.0
    x, t_x, T = PAST
    first = model.expected_purchases(x, t_x, T, now)
    both = model.expected_purchases(x, t_x, T, later)
    assert (both > first).all()
    tiny = model.expected_purchases(x, t_x, T, 1e-6)
    # in an instant a purchase is either expected or not: E[X] = 1 − P(X = 0)
    assert tiny == pytest.approx(1 - model.p_zero(x, t_x, T, 1e-6), rel=1e-3)


SIMULATED = [
    NBD(0.8, 4.0),
    BGNBD(0.8, 4.0, 0.8, 2.5),
    MBGNBD(0.8, 4.0, 0.8, 2.5),
    MBGCNBD(0.8, 2.0, 0.8, 2.5, k=2),
    ParetoNBD(0.8, 4.0, 0.7, 11.0),
]


@pytest.mark.parametrize("model", SIMULATED)
def test_forecasts_are_the_frequencies_of_simulated_customers(model):
    T = np.full(20_000, 30.0)
    x, t_x, after = lived(model, T, horizon=13.0, rng=np.random.default_rng(4))
    zero, expected = model.p_zero(x, t_x, T, 13.0), model.expected_purchases(x, t_x, T, 13.0)
    for group in (x == 0, x == 1, (x >= 2) & (t_x < 15), (x >= 2) & (t_x >= 15)):
        n = group.sum()
        assert n > 300
        silent = after[group] == 0
        # four standard errors
        assert abs(silent.mean() - zero[group].mean()) < 4 * silent.std() / np.sqrt(n)
        assert abs(after[group].mean() - expected[group].mean()) < 4 * after[group].std() / np.sqrt(n)


@pytest.mark.parametrize("planted", SIMULATED)
def test_a_fit_recovers_planted_parameters(planted):
    T = np.full(4000, 30.0)
    x, t_x, _ = lived(planted, T, horizon=0.0, rng=np.random.default_rng(6))
    model, estimate = fit(type(planted), x, t_x, T)
    wanted = np.array([getattr(planted, name) for name in planted.estimated])
    assert (np.abs(estimate.parameters - wanted) < 4 * estimate.standard_errors).all()
    assert getattr(model, "k", 1) == getattr(planted, "k", 1)
    assert model.log_likelihood(x, t_x, T).sum() == pytest.approx(estimate.log_likelihood)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((-1, 0, 5), "whole number"),
        ((1.5, 3, 5), "whole number"),
        ((2, 6, 5), "within 0 and T"),
        ((0, 3, 5), "without a repeat purchase"),
        ((2, 0, 5), "without a repeat purchase"),
        ((np.nan, 0, 5), "missing"),
    ],
)
def test_an_impossible_summary_is_refused(row, reason):
    with pytest.raises(DataError, match=rf"row 1 of the summary .*{reason}"):
        check(*_arrays((0, 0, 9), row))


@pytest.mark.parametrize("model", [type(model) for model in SIMULATED])
def test_customers_without_a_repeat_purchase_cannot_be_fitted(model):
    with pytest.raises(DataError, match="none of 2 customers"):
        fit(model, *_arrays((0, 0, 9), (0, 0, 8)))


@pytest.mark.parametrize("model", [type(model) for model in SIMULATED])
def test_one_customer_cannot_tell_the_parameters(model):
    with pytest.raises(NotApplicable, match="1 customers with 1 different histories"):
        fit(model, *_arrays((2, 5, 9)))


@pytest.mark.parametrize("model", [*SIMULATED, SWAPPED, REGULAR])
def test_the_gradient_and_hessian_of_a_fit_are_the_slopes_of_its_likelihood(model):
    rng = np.random.default_rng(8)
    T = rng.integers(5, 40, 200).astype(np.float64)
    x, t_x, _ = lived(model, T, horizon=0.0, rng=rng)
    x, t_x, T = (np.concatenate([mine, edge]) for mine, edge in zip((x, t_x, T), PAST, strict=True))
    fixed = {"k": model.k} if isinstance(model, MBGCNBD) else {}
    objective = model.objective(Customers.of(x, t_x, T), **fixed)
    at = np.log([getattr(model, name) for name in model.estimated])
    value, gradient = objective.value(at)
    assert value == pytest.approx(model.log_likelihood(x, t_x, T).sum(), rel=1e-12)
    moved = [
        type(model)(*np.exp(at + move), **fixed)
        for move in np.concatenate([np.eye(len(at)), -np.eye(len(at))]) * 1e-4
    ]
    up, down = np.split(np.array([m.log_likelihood(x, t_x, T).sum() for m in moved]), 2)
    assert gradient == pytest.approx((up - down) / 2e-4, rel=1e-6, abs=1e-4)
    assert (objective.hessian is not None) == isinstance(model, BGNBD | MBGNBD | MBGCNBD)
    if objective.hessian:
        moves = np.eye(len(at)) * 1e-4
        curves = [(objective.value(at + m)[1] - objective.value(at - m)[1]) / 2e-4 for m in moves]
        assert objective.hessian(at) == pytest.approx(np.array(curves), rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("model", [BGNBD, MBGNBD])
def test_customers_who_are_nearly_alike_and_stay_are_fitted(model):
    """Rates hardly differ and nobody leaves: the likelihood is highest at bounds, along a ridge."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        T = rng.integers(26, 60, 300).astype(np.float64)
        x, t_x, _ = lived(NBD(1e4, 1e5), T, horizon=0.0, rng=rng)
        t_x = np.minimum(np.ceil(t_x * 7) / 7, T)
        fitted, estimate = fit(model, x, t_x, T)
        assert fitted.a / (fitted.a + fitted.b) < 0.05
        assert fitted.r / fitted.alpha == pytest.approx(x.sum() / T.sum(), rel=0.1)
        assert estimate.log_likelihood >= fit(NBD, x, t_x, T)[1].log_likelihood - 0.5


def test_equal_customers_are_counted_once():
    x, t_x, T = (np.tile(part, 3) for part in PAST)
    customers = Customers.of(x, t_x, T)
    assert customers.counts.tolist() == [3.0] * 5
    assert (np.array(customers.columns())[:, customers.place] == np.array([x, t_x, T])).all()


def test_gamma_gamma_density_integrates_to_one_and_its_mean_is_published():
    model = GammaGamma(p=6.25, q=3.74, gamma=15.44)  # Fader and Hardie 2013
    # p·gamma/(q − 1) with the rounded parameters; 35.17 comes from the unrounded ones
    assert model.population_mean() == pytest.approx(35.17, abs=0.06)
    mass, _ = integrate.quad(lambda m: np.exp(model.log_likelihood(2.0, m)), 0, np.inf)
    assert mass == pytest.approx(1, abs=1e-7)
    # many purchases: the customer's own mean; by hand for one purchase of 20
    assert model.expected_spend(1e9, 20.0) == pytest.approx(20.0, rel=1e-6)
    assert model.expected_spend(1.0, 20.0) == pytest.approx(6.25 * 35.44 / 8.99)
    with pytest.raises(DataError, match="not a paying repeater"):
        fit_spend(np.array([1, 0]), np.array([3.0, 4.0]))


def test_the_spend_model_does_not_depend_on_the_currency():
    """In another currency p and q are the same, gamma is so many times as large, and a density as small."""
    rng = np.random.default_rng(5)
    x = 1.0 + rng.poisson(2.0, 2_000)
    mean = rng.gamma(6.25 * x, 1 / (x * rng.gamma(3.74, 1 / 15.44, 2_000)))
    model, found = fit_spend(x, mean)
    assert np.isfinite(found.standard_errors).all()
    for rate in (0.01, 20_000.0):
        other, moved = fit_spend(x, mean * rate)
        assert (other.p, other.q, other.gamma) == pytest.approx(
            (model.p, model.q, model.gamma * rate), rel=1e-6
        )
        assert moved.standard_errors / moved.parameters == pytest.approx(
            found.standard_errors / found.parameters, rel=1e-4
        )
        assert moved.log_likelihood == pytest.approx(found.log_likelihood - 2_000 * np.log(rate), rel=1e-9)
        assert other.log_likelihood(x, mean * rate).sum() == pytest.approx(moved.log_likelihood)


@pytest.fixture
def cdnow():
    # a mirror, or else what `crmlab fetch cdnow` has put here
    mirror = os.environ.get("CRMLAB_MIRROR") or Path("data") / "raw"
    path = Path(__file__).parents[2] / mirror / "cdnow" / "CDNOW_sample.txt"
    if not path.is_file():
        pytest.skip(f"no {path.name}: set CRMLAB_MIRROR or run `crmlab fetch cdnow`")
    names = ["id", "customer", "day", "units", "spend"]
    lines = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"day": str})
    lines["day"] = pd.to_datetime(lines["day"], format="%Y%m%d")
    return lines[lines["day"] < "1997-10-01"].groupby(["customer", "day"], as_index=False)["spend"].sum()


@pytest.mark.data
def test_published_fits_to_cdnow(cdnow):
    # Fader, Hardie and Lee 2005; Fader and Hardie 2005; Fader and Hardie 2013
    seen = cdnow.groupby("customer")["day"].agg(["min", "max", "count"])
    T = (pd.Timestamp("1997-09-30") - seen["min"]).dt.days.to_numpy() / 7
    x, t_x = seen["count"].to_numpy() - 1, (seen["max"] - seen["min"]).dt.days.to_numpy() / 7
    assert (len(x), x.sum(), T.min(), T.max().round(3)) == (2357, 2457, 27.0, 38.857)
    _, bg = fit(BGNBD, x, t_x, T)
    assert bg.parameters == pytest.approx([0.24259, 4.41360, 0.79292, 2.42591], abs=6e-5)
    assert bg.log_likelihood == pytest.approx(-9582.429, abs=6e-4)
    _, pareto = fit(ParetoNBD, x, t_x, T)
    assert pareto.parameters == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=6e-4)
    assert pareto.log_likelihood == pytest.approx(-9595.0, abs=0.05)
    repeats = cdnow[cdnow["day"] > cdnow["customer"].map(seen["min"])]
    spend = repeats.groupby("customer")["spend"].agg(["count", "mean"])
    spend = spend[spend["mean"] > 0]
    model, gamma = fit_spend(spend["count"], spend["mean"])
    assert len(spend) == 946
    assert gamma.parameters == pytest.approx([6.25, 3.74, 15.44], abs=6e-3)
    assert model.population_mean() == pytest.approx(35.17, abs=6e-3)
