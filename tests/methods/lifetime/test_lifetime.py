"""The buy-till-you-die methods at their door: days in, frames in, probabilities out."""

import json

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import DataError, NotApplicable
from crmlab.kinds import Context, lifetime
from crmlab.maths import btyd

NAMES = [n for n in registry.names("methods") if n.startswith("lifetime/")]


@pytest.fixture(scope="module")
def summary():
    rng, n = np.random.default_rng(2), 800
    T = rng.integers(60, 300, n)
    lived = np.minimum(T, rng.exponential(1 / rng.gamma(0.7, 1 / 80, n)))
    x = rng.poisson(rng.gamma(0.8, 1 / 30, n) * lived)
    # the last of x uniform times within the life, on a whole day
    recency = np.where(x > 0, np.ceil(lived * rng.random(n) ** (1 / np.maximum(x, 1))), 0)
    # a day has one purchase at most
    recency = np.minimum(np.maximum(recency, x), T)
    return pd.DataFrame({"frequency": np.minimum(x, recency), "recency_days": recency, "T_days": T})


@pytest.fixture(scope="module", params=NAMES)
def fitted(request, summary):
    return registry.find("methods", request.param)().fit(summary)


def test_answers_are_those_of_the_model_in_its_unit(fitted, summary):
    # every model is in weeks, but for the one whose opportunities are days
    days = 1 if fitted.model is btyd.BGBB else 7
    inside, estimate = btyd.fit(fitted.model, *in_units(summary, days))
    past = in_units(summary, days)
    np.testing.assert_allclose(fitted.p_zero(summary, 91), inside.p_zero(*past, 91 / days))
    np.testing.assert_allclose(
        fitted.expected_purchases(summary, 91), inside.expected_purchases(*past, 91 / days)
    )
    np.testing.assert_allclose(fitted.p_alive(summary), inside.p_alive(*past))
    drawn = fitted.draws(summary, horizon_days=91, size=16, seed=1)
    assert (drawn == inside.draws(*past, horizon=91 / days, size=16, seed=1)).all()
    assert fitted.parameters_["log_likelihood"] == pytest.approx(estimate.log_likelihood)


def test_details_are_plain_json_with_standard_errors(fitted):
    details = json.loads(json.dumps(fitted.details_, allow_nan=False))
    for name in fitted.model.estimated:
        assert details["parameters"][name] == fitted.parameters_[name]
        error = details["standard_errors"][name]
        if error is None:
            assert np.isnan(fitted.parameters_[f"{name}_standard_error"])
            assert name in details["note"]
        else:
            assert error == fitted.parameters_[f"{name}_standard_error"] > 0


def test_the_draws_of_a_year_have_the_expected_mean(fitted, summary):
    few = summary.iloc[:60]
    drawn = fitted.draws(few, horizon_days=365, size=2000, seed=5)
    assert drawn.mean(axis=0) == pytest.approx(fitted.expected_purchases(few, 365), rel=0.02, abs=0.02)
    assert (drawn == 0).mean(axis=0) == pytest.approx(fitted.p_zero(few, 365), abs=1e-3)


def test_an_unknown_error_is_told_not_invented():
    # everybody buys once a week: no spread of rates, and the shape runs to its bound
    weeks = np.arange(10, 40)
    alike = pd.DataFrame({"frequency": weeks, "recency_days": 7 * weeks, "T_days": 7 * weeks})
    fitted = registry.find("methods", "lifetime/nbd")().fit(alike)
    assert fitted.details_["standard_errors"]["r"] is None
    assert "no standard error of r" in fitted.details_["note"]


@pytest.mark.parametrize("name", NAMES)
def test_who_never_came_back_tells_no_rate(name):
    nobody = pd.DataFrame({"frequency": [0, 0], "recency_days": [0, 0], "T_days": [9, 12]})
    with pytest.raises(NotApplicable, match="none of 2 customers has a repeat purchase"):
        registry.find("methods", name)().fit(nobody)


@pytest.mark.parametrize("name", NAMES)
def test_one_customer_is_not_enough(name):
    one = pd.DataFrame({"frequency": [3], "recency_days": [20], "T_days": [30]})
    with pytest.raises(NotApplicable, match="it needs more customers"):
        registry.find("methods", name)().fit(one)


def in_units(summary, days):
    """Return (x, t_x, T) of a summary with times in units of so many days."""
    x, t_x, T = (summary[c].to_numpy(dtype=float) for c in ("frequency", "recency_days", "T_days"))
    return x, t_x / days, T / days


@pytest.mark.parametrize("name", NAMES)
def test_the_kind_accepts_the_answers(name, summary):
    context = Context(horizon_days=90, seed=1, roles={})
    rows = summary.assign(left_censored=np.arange(len(summary)) < 10)
    model = lifetime.fit(lambda seed: registry.find("methods", name)(seed=seed), rows, None, context)
    answers = lifetime.answer(model, rows, context)
    assert answers.columns.tolist() == list(lifetime.ANSWER)
    assert answers["score"].between(0, 1).all()
    assert (answers["expected_purchases"] >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_row_is_quoted_in_the_callers_days(name, summary):
    broken = summary.assign(recency_days=summary["T_days"] + 7)
    with pytest.raises(DataError, match=r"row 0 of the summary .* within 0 and T"):
        registry.find("methods", name)().fit(broken)
