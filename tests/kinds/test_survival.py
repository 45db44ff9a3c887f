"""The contract of survival methods: what they are handed, and what their curves become."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.kinds import Context, survival
from crmlab.vocabulary import CARRIED, CATEGORICAL, NUMERIC

ROLES = {"visits": NUMERIC, "channel": CATEGORICAL, "left_censored": CARRIED}


def context(**changes):
    return Context(**({"horizon_days": 120, "seed": 5, "roles": ROLES, "gap_days": 7} | changes))


class Recorder:
    """A method that remembers what it was given; its curve falls in a straight line to 0 at 240 days."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X, duration, event):
        self.given = X, duration.tolist(), event.tolist()
        return self

    def survival(self, X, times):
        self.times = times
        return np.tile(1 - times / 240, (len(X), 1))


class Aged(Recorder):
    """One that reckons with the age of a contract."""

    gap_days = 0


OUTCOMES = pd.DataFrame({"duration_days": [30, 120], "event": [1, 0]})
ROWS = pd.DataFrame({"visits": [1.0, 2.0], "channel": ["web", None]})


def test_columns_and_outcomes_are_handed_out():
    assert survival.columns(ROLES) == ["visits", "channel"]
    model = survival.fit(Recorder, ROWS, OUTCOMES, context())
    assert (model.seed, model.given) == (5, (ROWS, [30.0, 120.0], [1.0, 0.0]))
    assert not hasattr(model, "gap_days")


def test_a_model_that_asks_for_the_gap_is_told():
    assert survival.fit(Aged, ROWS, OUTCOMES, context()).gap_days == 7


def test_the_answer_is_a_curve_at_twelfths_of_the_horizon():
    model = Recorder(1)
    answer = survival.answer(model, ROWS, context())
    assert model.times.tolist() == [10.0 * k for k in range(1, 13)]
    assert list(answer) == ["score", *(f"survival_{k}" for k in range(1, 13))]
    assert answer["score"].tolist() == [0.5, 0.5]
    np.testing.assert_allclose(answer["survival_3"], 1 - 30 / 240)


@pytest.mark.parametrize(
    ("events", "reason"), [([], "no train rows"), ([0, 0, 0], "none of the 3 train rows ended")]
)
def test_without_an_end_there_is_nothing_to_learn(events, reason):
    outcomes = pd.DataFrame({"duration_days": np.full(len(events), 120), "event": events})
    with pytest.raises(NotApplicable, match=reason):
        survival.fit(Recorder, pd.DataFrame({"visits": np.zeros(len(events))}), outcomes, context())


def test_without_a_horizon_it_does_not_apply():
    with pytest.raises(NotApplicable, match="no horizon"):
        survival.answer(Recorder(0), ROWS, context(horizon_days=None))
