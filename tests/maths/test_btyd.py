"""Buy-till-you-die models against published values, quadrature and simulation."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from crmlab.errors import DataError
from crmlab.maths.btyd import BGNBD, GammaGamma, ParetoNBD, check, fit, fit_spend

# CDNOW in weeks: Fader, Hardie and Lee 2005; Fader and Hardie 2005
BG = BGNBD(r=0.24259, alpha=4.41360, a=0.79292, b=2.42591)
PARETO = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669)
SWAPPED = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=4.0)  # alpha > beta, the other branch
MODELS = [BG, PARETO, SWAPPED]


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


@pytest.mark.parametrize("model", MODELS)
def test_several_hundred_purchases_do_not_overflow(model):
    x, T = np.array([300.0, 700.0, 700.0]), np.full(3, 100.0)
    t_x = np.array([99.0, 99.9, 60.0])
    assert np.isfinite(model.log_likelihood(x, t_x, T)).all()
    alive, zero = model.p_alive(x, t_x, T), model.p_zero(x, t_x, T, 13.0)
    expected = model.expected_purchases(x, t_x, T, 13.0)
    assert ((zero >= 0) & (zero <= 1)).all()
    # a customer of seven purchases a week who has been silent for forty weeks is gone
    assert alive[2] < 1e-12
    assert expected[1] > 50
    assert expected[2] < 1e-9


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


def _simulate(model, n, horizon, rng):
    """Yield (x, t_x, purchases in the horizon) of n customers observed for 30 weeks."""
    end = 30.0
    rate = rng.gamma(model.r, 1 / model.alpha, n)
    bg = isinstance(model, BGNBD)
    dropout = rng.beta(model.a, model.b, n) if bg else None
    death = np.full(n, np.inf) if bg else rng.exponential(1 / rng.gamma(model.s, 1 / model.beta, n))
    time, alive = np.zeros(n), np.ones(n, dtype=bool)
    x, t_x, after = np.zeros(n), np.zeros(n), np.zeros(n)
    while alive.any():
        time = np.where(alive, time + rng.exponential(1 / rate), time)
        alive &= (time < end + horizon) & (time < death)
        past = alive & (time <= end)
        x, t_x = x + past, np.where(past, time, t_x)
        after += alive & ~past
        if bg:
            alive &= rng.random(n) > dropout
    return x, t_x, after


@pytest.mark.parametrize("model", [BGNBD(0.8, 4.0, 0.8, 2.5), ParetoNBD(0.8, 4.0, 0.7, 11.0)])
def test_forecasts_are_the_frequencies_of_simulated_customers(model):
    x, t_x, after = _simulate(model, 200_000, 13.0, np.random.default_rng(4))
    T = np.full(len(x), 30.0)
    zero, expected = model.p_zero(x, t_x, T, 13.0), model.expected_purchases(x, t_x, T, 13.0)
    for group in (x == 0, x == 1, (x >= 2) & (t_x < 15), (x >= 2) & (t_x >= 15)):
        n = group.sum()
        assert n > 3000
        silent = after[group] == 0
        # four standard errors
        assert abs(silent.mean() - zero[group].mean()) < 4 * silent.std() / np.sqrt(n)
        assert abs(after[group].mean() - expected[group].mean()) < 4 * after[group].std() / np.sqrt(n)


@pytest.mark.parametrize("planted", [BGNBD(0.8, 4.0, 0.8, 2.5), ParetoNBD(0.8, 4.0, 0.7, 11.0)])
def test_a_fit_recovers_planted_parameters(planted):
    x, t_x, _ = _simulate(planted, 4000, 1.0, np.random.default_rng(6))
    model, estimate = fit(type(planted), x, t_x, np.full(len(x), 30.0))
    wanted = np.array(list(vars(planted).values()))
    assert (np.abs(estimate.parameters - wanted) < 4 * estimate.standard_errors).all()
    assert model.log_likelihood(x, t_x, np.full(len(x), 30.0)).sum() == pytest.approx(estimate.log_likelihood)


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


def test_customers_without_a_repeat_purchase_cannot_be_fitted():
    with pytest.raises(DataError, match="none of 2 customers"):
        fit(BGNBD, *_arrays((0, 0, 9), (0, 0, 8)))


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


@pytest.fixture
def cdnow():
    mirror = os.environ.get("CRMLAB_MIRROR")
    path = Path(__file__).parents[2] / (mirror or "") / "cdnow" / "CDNOW_sample.txt"
    if not (mirror and path.is_file()):
        pytest.skip(f"no mirror with {path.name}: set CRMLAB_MIRROR")
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
