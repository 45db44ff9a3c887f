"""The contracts behind the folders under methods/."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context, classification, clustering, lifetime
from crmlab.vocabulary import CARRIED, CATEGORICAL, NUMERIC

ROLES = {"visits": NUMERIC, "channel": CATEGORICAL, "left_censored": CARRIED}


def context(**changes: object) -> Context:
    """Return a context with a horizon of 90 days."""
    return Context(**({"horizon_days": 90, "seed": 5, "roles": ROLES} | changes))


class Recorder:
    """A method that remembers what it was given."""

    def __init__(self, seed: int):
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> Recorder:
        self.X, self.y = X, y
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), self.seed % 3)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.column_stack([np.full(len(X), 0.75), np.full(len(X), 0.25)])

    def p_zero(self, X: pd.DataFrame, horizon_days: int) -> np.ndarray:
        return np.full(len(X), horizon_days / 100)

    def expected_purchases(self, X: pd.DataFrame, horizon_days: int) -> np.ndarray:
        return np.full(len(X), horizon_days / 30)


@pytest.mark.parametrize("name", registry.names("kinds"))
def test_a_kind_says_what_architecture_asks_of_it(name):
    kind = registry.find("kinds", name)
    assert isinstance(kind.TARGET, tuple)
    assert kind.ANSWER
    for verb in ("columns", "fit", "answer"):
        assert callable(getattr(kind, verb))


def test_classification_hands_out_features_and_answers_with_class_1():
    assert classification.columns(ROLES) == ["visits", "channel"]
    rows = pd.DataFrame({"visits": [1.0, 2.0]})
    model = classification.fit(Recorder, rows, pd.DataFrame({"outcome": [0.0, 1.0]}), context())
    assert model.seed == 5
    assert model.y.tolist() == [0, 1]
    pd.testing.assert_frame_equal(
        classification.answer(model, rows, context()), pd.DataFrame({"score": [0.25, 0.25]})
    )


@pytest.mark.parametrize(
    ("outcomes", "reason"), [([], "no train rows"), ([1, 1, 1], "all 3 train rows have the outcome 1")]
)
def test_classification_without_two_classes_does_not_apply(outcomes, reason):
    rows = pd.DataFrame({"visits": np.zeros(len(outcomes))})
    with pytest.raises(NotApplicable, match=reason):
        classification.fit(Recorder, rows, pd.DataFrame({"outcome": outcomes}), context())


def test_clustering_refits_on_bootstrap_samples_with_other_seeds():
    assert clustering.columns(ROLES) == ["visits", "channel"]
    rows = pd.DataFrame({"visits": np.arange(50.0)})
    model = clustering.fit(Recorder, rows, None, context(stability_refits=3))
    assert [len(again.X) for again in model.refits_] == [50, 50, 50]
    assert len({model.seed, *(again.seed for again in model.refits_)}) == 4
    assert all(again.X["visits"].nunique() < 50 for again in model.refits_)
    answer = clustering.answer(model, rows, context())
    assert list(answer) == ["segment", "segment_00", "segment_01", "segment_02"]
    assert (answer.dtypes == np.int64).all()


class Chooser(Recorder):
    """A segmentation that chooses its number of segments and says how sure it is."""

    def __init__(self, seed, k=None):
        super().__init__(seed)
        self.k = k
        self.parameters_ = 4

    def fit(self, X):
        self.k_ = self.k or 3
        return super().fit(X)

    def predict(self, X):
        return np.zeros(len(X), dtype=np.int64)

    def closeness(self, X):
        return pd.DataFrame({"probability": np.full(len(X), 0.75), "margin": np.full(len(X), 0.5)})

    def log_density(self, X):
        return np.full(len(X), -1.5)


def test_clustering_refits_keep_the_chosen_number_of_segments_and_answers_say_how_sure_they_are():
    rows = pd.DataFrame({"visits": np.arange(50.0)})
    model = clustering.fit(Chooser, rows, None, context(stability_refits=2))
    assert model.k is None
    assert [again.k for again in model.refits_] == [3, 3]
    answer = clustering.answer(model, rows, context())
    sure = ["probability", "margin", "log_density", "parameters"]
    assert list(answer) == ["segment", *sure, "segment_00", "segment_01"]
    assert answer[sure].drop_duplicates().to_numpy().tolist() == [[0.75, 0.5, -1.5, 4.0]]


def test_clustering_without_numbers_or_customers_does_not_apply():
    with pytest.raises(NotApplicable, match="no numeric column"):
        clustering.columns({"channel": CATEGORICAL})
    with pytest.raises(NotApplicable, match="no customers"):
        clustering.fit(Recorder, pd.DataFrame({"visits": []}), None, context())


SUMMARY_ROLES = dict.fromkeys(["frequency", "recency_days", "T_days"], NUMERIC)


def test_lifetime_asks_for_the_summary_and_bars_left_censored_customers():
    assert lifetime.columns(ROLES | SUMMARY_ROLES) == ["frequency", "recency_days", "T_days", "left_censored"]
    rows = pd.DataFrame({"frequency": [0.0, 1.0, 2.0], "left_censored": [False, True, False]})
    model = lifetime.fit(Recorder, rows, None, context())
    assert model.X["frequency"].tolist() == [0.0, 2.0]
    answer = lifetime.answer(model, rows, context())
    assert list(answer) == list(lifetime.ANSWER)
    assert answer["score"].tolist() == [0.9] * 3
    assert answer["expected_purchases"].tolist() == [3.0] * 3


def test_lifetime_without_history_customers_or_horizon_does_not_apply():
    with pytest.raises(NotApplicable, match="no purchase history"):
        lifetime.columns(ROLES)
    rows = pd.DataFrame({"frequency": [1.0], "left_censored": [True]})
    with pytest.raises(NotApplicable, match="no customer with a known first purchase"):
        lifetime.fit(Recorder, rows, None, context())
    with pytest.raises(NotApplicable, match="no horizon"):
        lifetime.answer(Recorder(0), rows, context(horizon_days=None))
