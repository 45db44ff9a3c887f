"""BG/NBD with covariates at its door: what differs from Pareto/NBD, whose test has the rest."""

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.maths.btyd import BGCovariates
from crmlab.studies._purchases import lived

METHOD = registry.find("methods", "lifetime_covariates/bg_nbd_covariates")
PLAIN = registry.find("methods", "lifetime/bg_nbd")
PLANTED = BGCovariates(0.8, 6.0, 0.9, 2.5, buying=(0.7,), leaving=(0.8,), staying=(-0.3,))
N = 3000


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(5)
    source = rng.choice(["web", "ads"], N, p=[0.6, 0.4])
    z = (source == "ads").astype(float)[:, None]
    T = rng.integers(30, 60, N).astype(float)
    x, t_x, _ = lived(PLANTED.at(z, z), T, horizon=0.0, rng=rng)
    last = np.where(x > 0, np.minimum(np.maximum(np.ceil(7 * t_x), 1), 7 * T), 0.0)
    return pd.DataFrame(
        {"frequency": x, "recency_days": last, "T_days": 7 * T, "source": pd.Series(source, dtype="str")}
    )


@pytest.fixture(scope="module")
def fitted(rows):
    return METHOD(columns=["source"], ridge=0.0).fit(rows)


def test_planted_effects_come_back_by_name(fitted):
    planted = {"purchase": 0.7, "dropout a": 0.8, "dropout b": -0.3}
    for group, effect in planted.items():
        error = fitted.parameters_[f"{group}: source=ads_standard_error"]
        assert abs(fitted.parameters_[f"{group}: source=ads"] - effect) < 3 * error < 1.5, group
    assert fitted.parameters_["purchase: source=ads"] > 0.3
    assert fitted.details_["log_likelihood"] > fitted.details_["log_likelihood_without"] + 18


def test_answers_are_those_of_the_model_of_each_customer(fitted, rows, answers_agree):
    few = rows.iloc[:40]
    model, past = answers_agree(fitted, few)
    drawn = fitted.draws(few, horizon_days=91, size=4000, seed=5)
    assert drawn.mean(axis=0) == pytest.approx(model.expected_purchases(*past, 13.0), rel=0.03, abs=0.02)


def test_without_covariates_that_tell_it_is_the_plain_model(rows):
    same = rows.assign(source="web")
    fitted, plain = METHOD(columns=["source"]).fit(same), PLAIN().fit(same)
    assert fitted.parameters_ == plain.parameters_
    assert fitted.details_["note"] == "no covariate tells customers apart: this is the plain BG/NBD"
    np.testing.assert_array_equal(fitted.p_zero(same, 90), plain.p_zero(same, 90))


def test_a_level_of_whom_nobody_came_back_is_fitted(rows):
    gone = rows.iloc[:800].assign(source=lambda r: np.where(r["frequency"] > 0, "some", "none"))
    fitted = METHOD(columns=["source"]).fit(gone)
    coefficients = [v for name, v in fitted.parameters_.items() if name.endswith(("=none", "=some"))]
    assert len(coefficients) == 3
    assert np.abs(coefficients).max() < 6
    assert np.isfinite(fitted.p_zero(gone, 90)).all()
