"""The buy-till-you-die methods at their door: days in, frames in, probabilities out."""

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import DataError
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
    return pd.DataFrame({"frequency": x, "recency_days": np.minimum(recency, T), "T_days": T})


def test_both_models_are_there():
    assert {"lifetime/bg_nbd", "lifetime/pareto_nbd"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_of_the_model_in_weeks(name, summary):
    model = registry.find("methods", name)().fit(summary)
    inside = model.model(**{k: model.parameters_[k] for k in model.model.__dataclass_fields__})
    weeks = (summary["frequency"], summary["recency_days"] / 7, summary["T_days"] / 7)
    weeks = tuple(w.to_numpy(dtype=float) for w in weeks)
    np.testing.assert_allclose(model.p_zero(summary, 91), inside.p_zero(*weeks, 13.0))
    np.testing.assert_allclose(model.expected_purchases(summary, 91), inside.expected_purchases(*weeks, 13.0))
    np.testing.assert_allclose(model.p_alive(summary), inside.p_alive(*weeks))
    total = btyd.fit(model.model, *weeks)[1].log_likelihood
    assert model.parameters_["log_likelihood"] == pytest.approx(total)
    assert all(model.parameters_[f"{k}_standard_error"] > 0 for k in vars(inside))


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
