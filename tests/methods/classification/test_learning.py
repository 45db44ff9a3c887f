"""What every classification method must do with a signal, and with none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.seeds import generator

METHODS = [name for name in registry.names("methods") if name.startswith("classification/")]
GIVEN = "classification/given_scores"
"""Without scores that somebody gives it, it knows the base rate."""

INFORMED = [n for n in METHODS if registry.find("methods", n).control != "chance" and n != GIVEN]


def customers(n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows whose outcome depends on absence, channel and visits; a base rate about .35."""
    rng = generator(11, "learning")
    channel = rng.choice(["web", "shop", "phone"], n)
    rows = pd.DataFrame(
        {
            "days_since_last": np.round(rng.gamma(2, 40, n)),
            "visits": rng.poisson(4, n).astype(float),
            "noise": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "channel": pd.Series(channel, dtype="str"),
        }
    )
    # what the rules read, told by the columns above
    rows["days_since_first_session"] = rows["days_since_last"] + 10
    rows["frequency"] = rows["visits"]
    rows["recency_days"] = 9 * rows["visits"]
    rows["T_days"] = rows["recency_days"] + rows["days_since_last"]
    rows["monetary_value"] = 20 * rows["visits"]
    odds = -1.5 + rows["days_since_last"] / 60 - rows["visits"] / 4 + 1.2 * (channel == "phone")
    return rows, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def auc(name: str, rows: pd.DataFrame, labels: np.ndarray) -> float:
    """Fit on the first half and return the AUC on the second."""
    half = len(rows) // 2
    model = registry.find("methods", name)(seed=1).fit(rows.iloc[:half], labels[:half])
    return roc_auc_score(labels[half:], model.predict_proba(rows.iloc[half:])[:, 1])


@pytest.mark.parametrize("name", INFORMED)
def test_it_finds_a_signal(name):
    assert auc(name, *customers(2000)) > 0.58


@pytest.mark.parametrize("name", METHODS)
def test_permuted_labels_give_chance(name):
    rows, labels = customers(2000)
    labels = generator(12, "permuted").permutation(labels)
    positives = labels[1000:].sum()
    negatives = 1000 - positives
    # the standard deviation of AUC without any signal (Mann and Whitney 1947, without ties); by chance
    # alone one of 25 methods leaves 4 of them in 1 of 600 seeds
    deviation = np.sqrt((positives + negatives + 1) / (12 * positives * negatives))
    assert abs(auc(name, rows, labels) - 0.5) < 4 * deviation


def test_the_base_rate_is_that_of_the_train_rows():
    rows, _ = customers(10)
    model = registry.find("methods", "classification/prevalence")().fit(rows, np.arange(10) < 3)
    np.testing.assert_allclose(model.predict_proba(rows)[:, 1], 0.3)


def test_a_saturated_logit_returns_the_observed_rates():
    # with an indicator per level and almost no penalty, the fit is the table: 10/40 and 30/40
    rows = pd.DataFrame({"channel": ["web"] * 40 + ["shop"] * 40})
    labels = np.repeat([1, 0, 1, 0], [10, 30, 30, 10])
    model = registry.find("methods", "classification/logit")(C=1e8).fit(rows, labels)
    np.testing.assert_allclose(model.predict_proba(rows)[[0, 40], 1], [0.25, 0.75], atol=1e-6)


def test_every_learner_runs_on_one_thread():
    for name in INFORMED:
        parameters = registry.find("methods", name)(seed=1).get_params()
        assert {v for k, v in parameters.items() if k.endswith("n_jobs")} <= {1, None}


@pytest.mark.parametrize(
    "name", ["classification/rate_by_level", "classification/hiatus", "classification/rfm_score"]
)
def test_a_rule_without_its_column_does_not_apply(name):
    rows = pd.DataFrame({"visits": [1.0, 2.0], "basket": [3.0, 4.0]})
    with pytest.raises(NotApplicable, match=r"no column '\w+'"):
        registry.find("methods", name)().fit(rows, np.array([0, 1]))
