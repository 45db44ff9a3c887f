"""Pareto/NBD with covariates at its door: columns in, coefficients by name, and no crash at the edges."""

import json

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import DataError, NotApplicable, UsageError
from crmlab.kinds import Context, lifetime_covariates
from crmlab.maths.btyd import ParetoCovariates
from crmlab.methods.lifetime_covariates._covariates import OTHER, Covariates, independent
from crmlab.studies._purchases import lived

METHOD = registry.find("methods", "lifetime_covariates/pareto_nbd_covariates")
PLAIN = registry.find("methods", "lifetime/pareto_nbd")
BUYING = {"source=ads": 0.7, "source=friend": -0.4, "age": 0.3}
LEAVING = {"source=ads": 0.8, "source=friend": 0.0, "age": 0.0}
N = 3000


@pytest.fixture(scope="module")
def rows():
    """Customers whose source and age scale their rates; so many weeks and days seen that rates tell."""
    rng = np.random.default_rng(4)
    source = rng.choice(["web", "ads", "friend"], N, p=[0.5, 0.3, 0.2])
    age = rng.normal(size=N)
    z = np.column_stack([source == "ads", source == "friend", age]).astype(float)
    model = ParetoCovariates(0.8, 6.0, 0.7, 12.0, tuple(BUYING.values()), tuple(LEAVING.values()))
    T = rng.integers(30, 60, N).astype(float)
    x, t_x, after = lived(model.at(z, z), T, horizon=13.0, rng=rng)
    # by the day, as a summary is; who buys twice a day is counted as often
    last = np.where(x > 0, np.minimum(np.maximum(np.ceil(7 * t_x), 1), 7 * T), 0.0)
    return pd.DataFrame(
        {
            "frequency": x,
            "recency_days": last,
            "T_days": 7 * T,
            "source": pd.Series(source, dtype="str"),
            "age": 40 + 12 * age,
            "after": after,
        }
    )


@pytest.fixture(scope="module")
def fitted(rows):
    return METHOD(columns=["source", "age"]).fit(rows)


def test_planted_effects_come_back_by_name(fitted):
    for rate, planted in (("purchase", BUYING), ("dropout", LEAVING)):
        for name, effect in planted.items():
            found = fitted.parameters_[f"{rate}: {name}"]
            error = fitted.parameters_[f"{rate}: {name}_standard_error"]
            assert abs(found - effect) < 4 * error < 1, (rate, name)
    assert (
        fitted.parameters_["purchase: source=ads"]
        > 4 * fitted.parameters_["purchase: source=ads_standard_error"]
    )
    for name, value in {"r": 0.8, "alpha": 6.0, "s": 0.7, "beta": 12.0}.items():
        assert abs(fitted.parameters_[name] - value) < 4 * fitted.parameters_[f"{name}_standard_error"]


def test_answers_are_those_of_the_model_of_each_customer(fitted, rows, answers_agree):
    answers_agree(fitted, rows.iloc[:40])


def test_groups_are_foreseen_better_than_by_the_plain_model(fitted, rows):
    plain = PLAIN().fit(rows)
    assert fitted.details_["log_likelihood_without"] == plain.parameters_["log_likelihood"]
    assert fitted.details_["log_likelihood"] > plain.parameters_["log_likelihood"] + 50
    new = rows["frequency"] == 0
    seen = rows[new].groupby("source")["after"].mean()
    errors = {}
    for name, model in (("plain", plain), ("covariates", fitted)):
        expected = pd.Series(model.expected_purchases(rows[new], 91), index=rows.index[new])
        errors[name] = (expected.groupby(rows["source"]).mean() - seen).abs().mean()
    assert errors["covariates"] < errors["plain"]


def test_draws_have_the_mean_of_each_customer(fitted, rows):
    few = rows.iloc[:12]
    drawn = fitted.draws(few, horizon_days=91, size=4000, seed=5)
    assert drawn.shape == (4000, 12)
    assert drawn.mean(axis=0) == pytest.approx(fitted.expected_purchases(few, 91), rel=0.03, abs=0.02)
    assert (drawn == 0).mean(axis=0) == pytest.approx(fitted.p_zero(few, 91), abs=1e-3)
    alone = fitted.draws(few.iloc[3:4], horizon_days=91, size=4000, seed=5)
    assert (alone[:, 0] == drawn[:, 3]).all()


def test_details_say_what_the_coefficients_refer_to(fitted):
    details = json.loads(json.dumps(fitted.details_, allow_nan=False))
    names = [f"{rate}: {c}" for rate in ("purchase", "dropout") for c in fitted.covariates_.names_]
    assert list(details["parameters"]) == ["r", "alpha", "s", "beta", *names]
    assert details["standard_errors"].keys() == details["parameters"].keys()
    assert fitted.covariates_.names_ == ["source=ads", "source=friend", "age"]
    assert details["covariates"]["columns"]["source"] == {"reference": "web"}
    assert details["covariates"]["columns"]["age"]["mean"] == pytest.approx(40, abs=1)
    assert details["covariates"]["left_out"] == ["age=(missing)"]
    assert "note" not in details


# --- which covariates there are -----------------------------------------------------------------
@pytest.mark.parametrize(
    "values", [["web"] * N, [f"level {i}" for i in range(N)], [None] * N, [3.0] * N, [np.nan] * N]
)
def test_a_column_that_tells_nothing_leaves_the_plain_model(rows, values):
    given = rows.assign(source=values)
    fitted, plain = METHOD(columns=["source"]).fit(given), PLAIN().fit(given)
    assert fitted.parameters_ == plain.parameters_
    assert fitted.details_["note"] == "no covariate tells customers apart: this is the plain Pareto/NBD"
    np.testing.assert_array_equal(fitted.p_zero(given, 90), plain.p_zero(given, 90))
    few = given.iloc[:5]
    drawn = fitted.draws(few, horizon_days=90, size=16, seed=1)
    assert (drawn == plain.draws(few, horizon_days=90, size=16, seed=1)).all()


def test_what_follows_from_other_covariates_is_left_out(fitted, rows):
    twice = rows.assign(again=rows["source"].str.upper(), months=12 * rows["age"])
    more = METHOD(columns=["source", "age", "again", "months"]).fit(twice)
    assert more.parameters_ == fitted.parameters_
    # the levels in the order of how many have them
    assert more.covariates_.left_out_[1:3] == ["again=ADS", "again=FRIEND"]


def test_columns_that_are_not_there_are_passed_over(fitted, rows):
    assert METHOD(columns=["region", "source", "age"]).fit(rows).parameters_ == fitted.parameters_
    with pytest.raises(NotApplicable, match="the rows have none of the covariates: region, birthday"):
        METHOD(columns=["region", "birthday"]).fit(rows)
    with pytest.raises(NotApplicable, match="no column is named"):
        METHOD(columns=[]).fit(rows)


def test_what_the_model_explains_is_no_covariate(rows):
    with pytest.raises(UsageError, match="recency_days is what the model explains"):
        METHOD(columns=["source", "recency_days"]).fit(rows)


def test_levels_are_told_apart_where_enough_customers_have_them():
    values = ["a"] * 30 + ["b"] * 50 + ["c"] * 19 + ["d"] * 1 + [None] * 25
    found = Covariates(["s"]).fit(pd.DataFrame({"s": pd.Series(values, dtype="str")}))
    assert found.names_ == ["s=a", "s=(missing)", f"s={OTHER}"]
    unlike = pd.DataFrame({"s": pd.Series(["a", "b", "c", "never seen", None], dtype="str")})
    assert found.transform(unlike).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]]
    # a few rare ones are too few together: they count as the reference
    fewer = Covariates(["s"]).fit(pd.DataFrame({"s": values[:90]}))
    assert fewer.names_ == ["s=a"]
    assert fewer.transform(unlike).ravel().tolist() == [1, 0, 0, 0, 0]


def test_numbers_are_standardised_with_gaps_marked_and_the_unseen_held_in():
    values = [1.0, 2.0, 3.0, np.nan, np.inf]
    found = Covariates(["age"]).fit(pd.DataFrame({"age": values}))
    assert found.names_ == ["age", "age=(missing)"]
    z = found.transform(pd.DataFrame({"age": [*values, 1e300, -1e300]}))
    end = np.sqrt(1.5)
    np.testing.assert_allclose(z[:, 0], [-end, 0, end, 0, 0, end, -end])
    assert z[:, 1].tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_independent_columns_are_the_first_that_span_all():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 50))
    z = np.column_stack([a, np.ones(50), a + 3, b, a - 2 * b, np.zeros(50)])
    assert independent(z) == [0, 3]
    assert independent(np.empty((5, 0))) == []


# --- edges --------------------------------------------------------------------------------------
def test_customers_unlike_any_seen_are_answered(fitted, rows):
    few = rows.iloc[:3].assign(
        source=pd.Series(["new", None, "ads"], dtype="str"), age=[1e300, np.nan, -np.inf]
    )
    answers = np.column_stack(
        [fitted.p_zero(few, 90), fitted.expected_purchases(few, 90), fitted.p_alive(few)]
    )
    assert np.isfinite(answers).all()
    assert (answers[:, [0, 2]] <= 1).all()


def test_a_level_of_whom_nobody_came_back_is_fitted(rows):
    gone = rows.iloc[:800].assign(source=lambda r: np.where(r["frequency"] > 0, "some", "none"))
    fitted = METHOD(columns=["source"]).fit(gone)
    assert all(
        abs(value) < 6 for name, value in fitted.parameters_.items() if name.endswith(("=none", "=some"))
    )
    assert np.isfinite(fitted.p_zero(gone, 90)).all()


def test_a_hundred_thousand_levels_are_one(rows):
    many = pd.concat([rows] * 67, ignore_index=True)
    many["source"] = [f"level {i}" for i in range(len(many))]
    assert Covariates(["source"]).fit(many).names_ == []


def test_too_few_customers_or_no_repeaters_are_told(rows):
    with pytest.raises(NotApplicable, match="none of 50 customers has a repeat purchase"):
        METHOD(columns=["age"]).fit(rows.iloc[:50].assign(frequency=0, recency_days=0))
    one = rows[rows["frequency"] > 0].iloc[:1]
    with pytest.raises(NotApplicable, match="it needs more customers"):
        METHOD(columns=["age"]).fit(one)
    with pytest.raises(DataError, match=r"row 0 of the summary .* within 0 and T"):
        METHOD(columns=["age"]).fit(rows.assign(recency_days=rows["T_days"] + 7))


def test_the_kind_accepts_the_answers_and_bars_the_left_censored(rows):
    given = rows.assign(left_censored=np.arange(N) < 500)
    context = Context(horizon_days=90, seed=1, roles={})
    model = lifetime_covariates.fit(lambda seed: METHOD(columns=["source"], seed=seed), given, None, context)
    assert model.parameters_ == METHOD(columns=["source"]).fit(rows.iloc[500:]).parameters_
    answers = lifetime_covariates.answer(model, given, context)
    assert answers["score"].between(0, 1).all()
    assert (answers["expected_purchases"] >= 0).all()
