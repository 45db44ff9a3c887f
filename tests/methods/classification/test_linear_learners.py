"""Elastic net, oversampled logit and the calibrated support vector machines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from crmlab import registry
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._calibration import Calibrated, platt
from crmlab.methods.classification._logistic import penalised_logistic
from crmlab.seeds import generator


def numbers(n: int, *, shift: float = -1.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return n rows of five columns, two of which matter, and outcomes."""
    rng = generator(seed, "numbers")
    X = rng.normal(size=(n, 5))
    rate = 1 / (1 + np.exp(-(shift + X[:, 0] - 0.7 * X[:, 1])))
    return X, (rng.random(n) < rate).astype(np.int64)


@pytest.mark.parametrize(("l1", "l2"), [(0.02, 0.0), (0.01, 0.02), (0.0, 0.05)])
def test_penalised_logistic_agrees_with_saga(l1, l2):
    X, y = numbers(400)
    # scikit-learn: sum of losses + 1/C × (l1_ratio |w| + (1 - l1_ratio)/2 w²)
    model = LogisticRegression(
        C=1 / (400 * (l1 + l2)), l1_ratio=l1 / (l1 + l2), solver="saga", tol=1e-10, max_iter=20_000
    ).fit(X, y)
    coefficients, intercept = penalised_logistic(X, y, l1=l1, l2=l2)
    np.testing.assert_allclose(coefficients, model.coef_[0], atol=1e-5)
    np.testing.assert_allclose(intercept, model.intercept_[0], atol=1e-5)


def test_a_large_penalty_leaves_the_base_rate():
    X, y = numbers(400)
    coefficients, intercept = penalised_logistic(X, y, l1=10.0)
    assert (coefficients == 0).all()
    np.testing.assert_allclose(intercept, np.log(y.mean() / (1 - y.mean())), atol=1e-5)


def test_coefficients_can_be_kept_from_falling():
    X, y = numbers(400)
    free, _ = penalised_logistic(X, y)
    bound, _ = penalised_logistic(X, y, nonnegative=True)
    assert free[1] < -0.4
    assert bound[1] == 0
    assert bound[0] > 0.5


def test_the_elastic_net_drops_columns_that_say_nothing():
    X, y = numbers(3000)
    rows = pd.DataFrame(X, columns=list("abcde"))
    net = registry.find("methods", "classification/elastic_net")(penalty=0.05).fit(rows, y)
    kept = np.flatnonzero(net[-1].coef_)
    assert kept.tolist() == [0, 1]


def test_oversampled_probabilities_are_of_the_true_base_rate():
    X, y = numbers(4000, shift=-4.0)
    rows = pd.DataFrame(X, columns=list("abcde"))
    model = registry.find("methods", "classification/oversampled_logit")(seed=1).fit(rows, y)
    # with the intercept's correction the mean is the base rate but for noise; without it, near 1/2
    assert abs(model.predict_proba(rows)[:, 1].mean() - y.mean()) < 0.01
    plain = registry.find("methods", "classification/logit")().fit(rows, y)
    np.testing.assert_allclose(model[-1].coef_[:2], plain[-1].coef_[0, :2], atol=0.25)


def test_oversampling_repeats_train_rows_and_nothing_else():
    # two levels in the rarer class, 10 and 30 rows: repeated to 100 they keep about a quarter; the
    # saturated fit reads the copies back, 60 of 40 drawn anew
    X = np.repeat([[1.0], [0.0], [1.0], [0.0]], [10, 30, 50, 50], axis=0)
    y = np.repeat([1, 1, 0, 0], [10, 30, 50, 50])
    model = registry.find("methods", "classification/oversampled_logit")(C=1e8, seed=1)[-1].fit(X, y)
    shift = np.log(40 / 100)  # of the true base rate's odds against even odds
    ones = np.exp(model.coef_[0] + model.intercept_ - shift) * 50
    zeros = np.exp(model.intercept_ - shift) * 50
    np.testing.assert_allclose([ones + zeros, ones], [100, round(ones)], atol=1e-3)
    assert 10 < ones < 45


# --- calibration --------------------------------------------------------------------------------
def test_platt_s_curve_by_hand():
    # two values with rates 1/5 and 4/5; Platt's targets for 50 ones and 50 zeros are 51/52 and 1/52
    values, y = np.repeat([-1.0, 1.0], 50), np.repeat([1, 0, 1, 0], [10, 40, 40, 10])
    slope, intercept = platt(values, y)
    high = (40 * 51 + 10 * 1) / (50 * 52)
    np.testing.assert_allclose(1 / (1 + np.exp(-(intercept + slope))), high, atol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-(intercept - slope))), 1 - high, atol=1e-6)


def test_the_curve_does_not_turn_a_ranking_round():
    values, y = np.arange(100.0), (np.arange(100) < 50).astype(int)
    assert platt(values, y)[0] == 0
    assert platt(values, 1 - y)[0] > 0


def test_the_curve_is_that_of_the_later_rows():
    X, y = numbers(4000, shift=-2.0)
    _, y_later = numbers(4000, shift=1.0)
    y[3200:] = y_later[3200:]
    model = Calibrated(LinearSVC(C=0.01, dual=False)).fit(X, y)
    mean = model.predict_proba(X)[:, 1].mean()
    # the earlier rows' rate is .18, the later .67
    assert abs(mean - y[3200:].mean()) < 0.05


@pytest.mark.parametrize("name", ["linear_svm", "rbf_svm"])
def test_a_calibrated_machine_gives_probabilities(name):
    X, y = numbers(4000)
    rows = pd.DataFrame(X, columns=list("abcde"))
    model = registry.find("methods", f"classification/{name}")(seed=1).fit(rows[:2000], y[:2000])
    score = model.predict_proba(rows[2000:])[:, 1]
    order = np.argsort(score)
    for part in np.array_split(order, 4):
        # 4 standard errors of a rate among 500, and the curve's own error (400 rows) on top
        assert abs(score[part].mean() - y[2000:][part].mean()) < 4 * np.sqrt(0.25 / 500) + 0.05


def test_a_large_problem_is_sampled_and_says_so():
    X, y = numbers(600)
    rows = pd.DataFrame(X, columns=list("abcde"))
    model = registry.find("methods", "classification/rbf_svm")(max_rows=300, seed=1).fit(rows, y)
    assert model.details_["note"].startswith("fitted on a seeded sample of 300 of 600 train rows")
    assert model[-1].learner_.shape_fit_[0] == 300
    assert linear_input().fit(rows).transform(rows).shape == (600, 5)
