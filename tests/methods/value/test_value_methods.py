"""Methods of spend: rules by hand, fits that find what was planted, intervals that cover."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context, value
from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.value import covered

CONTEXT = Context(horizon_days=60, seed=3, roles={})


def make(name: str, **given: object):
    """Return the factory that a kind is handed."""
    declared = registry.find("methods", f"value/{name}")
    return lambda seed: declared(**given, seed=seed)


def answered(name: str, rows: pd.DataFrame, spent, new: pd.DataFrame | None = None, **given) -> pd.DataFrame:
    """Return the answers of a method about new rows (default: the train rows)."""
    outcomes = pd.DataFrame({"value": np.asarray(spent, dtype=float)})
    return value.answer(
        value.fit(make(name, **given), rows, outcomes, CONTEXT), rows if new is None else new, CONTEXT
    )


def planted(n: int, *, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows and spend: zero-inflated lognormal, with a spread that grows with the second column."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    bought = rng.random(n) < expit(0.5 + a)
    spent = np.where(bought, np.exp(3 + 0.5 * a + np.exp(-0.7 + 0.4 * b) * rng.normal(size=n)), 0.0)
    return pd.DataFrame({"a": a, "b": b}), spent


def test_trailing_value_takes_the_window_nearest_to_the_horizon():
    rows = pd.DataFrame({"spend_30": [1.0, 2.0], "spend_90": [30.0, np.nan], "spend_365": [400.0, 0.0]})
    # 60 days lie nearer to 90 than to 30 in proportion: 30 x 60 / 90
    assert answered("trailing_value", rows, [5.0, 0.0])["score"].tolist() == pytest.approx([20.0, 0.0])
    with pytest.raises(NotApplicable, match="no trailing spend"):
        answered("trailing_value", rows[[]].assign(visits=1.0), [5.0, 0.0])


def test_rate_times_horizon_by_hand():
    rows = pd.DataFrame(
        {"frequency": [3.0, 0.0, 2.0], "T_days": [90.0, 50.0, 0.0], "monetary_value": [10.0, np.nan, -4.0]}
    )
    assert answered("rate_times_horizon", rows, [1.0, 0.0, 0.0])["score"].tolist() == [20.0, 0.0, 0.0]


def test_means_are_of_everyone_and_of_the_age():
    rows = pd.DataFrame({"T_days": [10.0, 20.0, 110.0, 120.0, np.nan]})
    spent = [1.0, 3.0, 10.0, 20.0, 6.0]
    assert answered("mean_value", rows, spent)["score"].tolist() == [8.0] * 5
    assert answered("age_mean", rows, spent, bands=2)["score"].tolist() == [2, 2, 15, 15, 8]


def test_who_is_older_than_every_train_row_gets_the_mean_of_the_oldest_band():
    """As in a cohort: nobody comes later, so at the next origin everyone is older than all were before."""
    rows = pd.DataFrame({"T_days": [10.0, 20.0, 110.0, 120.0]})
    spent = [1.0, 3.0, 10.0, 20.0]
    grown = pd.DataFrame({"T_days": [121.0, 300.0, 120.0]})
    found = answered("age_mean", rows, spent, grown, bands=2)
    assert found["score"].tolist() == [15.0] * 3
    # the interval is that of the band too: one mean is one grade
    assert (found["lower"].tolist(), found["upper"].tolist()) == ([10.0] * 3, [20.0] * 3)
    # an answer hangs on no other row that is asked
    mixed = pd.DataFrame({"T_days": [300.0, 15.0]})
    assert answered("age_mean", rows, spent, mixed, bands=2)["score"].tolist() == [15.0, 2.0]
    assert answered("age_mean", rows, spent, grown.iloc[:0], bands=2).empty
    # where no train row's age is known, everyone gets the overall mean
    unknown = rows.assign(T_days=np.nan)
    assert answered("age_mean", unknown, spent, grown)["score"].tolist() == [8.5] * 3


def test_a_mean_by_age_says_which_ages_it_knows():
    rows = pd.DataFrame({"T_days": [10.0, 20.0, 110.0, 120.0]})
    outcomes = pd.DataFrame({"value": [1.0, 3.0, 10.0, 20.0]})
    details = value.fit(make("age_mean", bands=2), rows, outcomes, CONTEXT).details_
    assert details["note"] == (
        "learned from ages ('T_days') of 10 to 120: the older get the mean of the oldest band, 15.00"
    )
    unknown = value.fit(make("age_mean", bands=2), rows.assign(T_days=np.nan), outcomes, CONTEXT)
    assert not hasattr(unknown, "details_")


def test_a_rules_interval_is_what_its_grade_spent():
    # two grades: 100 train rows of whom nothing is expected, of whom 5 spent, and 100 who spent 1 to 100
    rows = pd.DataFrame({"spend_90": np.repeat([0.0, 90.0], 100)})
    spent = np.r_[np.zeros(95), np.full(5, 7.0), np.arange(1.0, 101.0)]
    found = answered("trailing_value", rows, spent).iloc[[0, 150]]
    assert found["p_zero"].tolist() == [0.95, 0.0]
    assert found["lower"].tolist() == [0, 10]
    assert found["upper"].tolist() == [0, 90]


@pytest.mark.parametrize("name", ["two_part", "quantile_boosting", "zero_inflated_lognormal"])
def test_a_fit_finds_order_sum_and_spread(name):
    rows, spent = planted(3000)
    new, came = planted(3000, seed=2)
    found = answered(name, rows, spent, new)
    truth = expit(0.5 + new["a"]) * np.exp(3 + 0.5 * new["a"] + np.exp(-0.7 + 0.4 * new["b"]) ** 2 / 2)
    assert np.corrcoef(np.log(found["score"]), np.log(truth))[0, 1] > 0.93
    assert found["score"].sum() / truth.sum() == pytest.approx(1, abs=0.12)
    assert np.abs(found["p_zero"] - expit(-0.5 - new["a"])).mean() < 0.05
    inside = covered(came, found["lower"].to_numpy(), found["upper"].to_numpy(), found["p_zero"].to_numpy())
    top = found["score"] >= found["score"].quantile(0.9)
    assert 0.76 < inside.mean() < 0.84
    assert inside[top].mean() > 0.72


def test_the_lognormal_part_is_its_maximum_of_likelihood():
    # without columns that matter the fit is the mean and the standard deviation of the logarithms
    rows, spent = planted(2000)
    learner = registry.find("methods", "value/zero_inflated_lognormal")(ridge=1e-6).learner
    fitted = learner.fit(rows[[]].assign(same=1.0), spent)
    logs = np.log(spent[spent > 0])
    assert fitted.centre_[0] == pytest.approx(logs.mean(), abs=1e-3)
    quantiles = fitted.spread(rows[[]].assign(same=1.0)).quantiles[0]
    wide = np.log(quantiles[11] / quantiles[3]) / (2 * 1.2815515655)
    assert wide == pytest.approx(logs.std(), rel=1e-3)
    assert expit(fitted.bought_[0]) == pytest.approx((spent > 0).mean(), abs=1e-3)


def test_too_few_buyers_no_spend_or_no_rows_do_not_apply():
    rows, _ = planted(30)
    with pytest.raises(NotApplicable, match="3 of 30 train rows have spend: at least 20"):
        answered("two_part", rows, np.where(np.arange(30) < 3, 9.0, 0.0))
    with pytest.raises(NotApplicable, match="none of 30 train rows has spent"):
        answered("mean_value", rows, np.zeros(30))
    with pytest.raises(NotApplicable, match="no train rows"):
        answered("mean_value", rows.iloc[:0], [])


def test_a_fit_that_does_not_converge_says_so(monkeypatch):
    from crmlab.methods.value import zero_inflated_lognormal as file

    monkeypatch.setattr(file, "FLAT", 0.0)
    with pytest.raises(DidNotConverge, match="did not converge"):
        answered("zero_inflated_lognormal", *planted(200))


def test_returns_beyond_the_spend_count_as_none():
    rows = pd.DataFrame({"spend_90": [0.0, 0.0]})
    assert answered("mean_value", rows, [-50.0, 10.0])["score"].tolist() == [5.0, 5.0]
