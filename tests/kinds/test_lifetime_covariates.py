"""The contract of lifetime methods with covariates: that of lifetime methods, with more columns."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context, lifetime, lifetime_covariates
from crmlab.kinds.lifetime import SUMMARY
from crmlab.vocabulary import CARRIED, CATEGORICAL, NUMERIC

SUMMARY_ROLES = dict.fromkeys(SUMMARY, NUMERIC)
ROLES = {
    "visits": NUMERIC,
    **SUMMARY_ROLES,
    "source": CATEGORICAL,
    "period": CARRIED,
    "left_censored": CARRIED,
}
ROWS = pd.DataFrame(
    {"frequency": [0.0, 1.0, 2.0], "left_censored": [False, True, False], "source": list("abc")}
)


class Recorder:
    """A method that remembers what it was given and answers from its columns."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, rows):
        self.rows = rows
        return self

    def p_zero(self, rows, horizon_days):
        return rows["source"].map({"a": 0.1, "b": 0.2, "c": 0.3})

    def expected_purchases(self, rows, horizon_days):
        return rows["frequency"] * horizon_days


def context(**changes):
    return Context(**({"horizon_days": 90, "seed": 5, "roles": ROLES} | changes))


def test_the_features_are_handed_out_beside_the_summary_each_once():
    assert lifetime_covariates.columns(ROLES) == [*SUMMARY, "left_censored", "visits", "source"]
    with pytest.raises(NotApplicable, match="no purchase history"):
        lifetime_covariates.columns({"source": CATEGORICAL})


def test_left_censored_customers_are_barred_from_the_fit_and_answered():
    model = lifetime_covariates.fit(Recorder, ROWS, None, context())
    assert (model.seed, model.rows["source"].tolist()) == (5, ["a", "c"])
    answer = lifetime_covariates.answer(model, ROWS, context())
    assert answer.columns.tolist() == list(lifetime_covariates.ANSWER) == list(lifetime.ANSWER)
    assert answer.to_numpy().tolist() == [[0.1, 0.0], [0.2, 90.0], [0.3, 180.0]]


def test_no_outcome_is_learned_from_and_the_window_begins_at_the_cutoff():
    assert lifetime_covariates.TARGET == ()
    with pytest.raises(NotApplicable, match="begins 7 days after the cutoff"):
        lifetime_covariates.answer(Recorder(0), ROWS, context(gap_days=7))
    with pytest.raises(NotApplicable, match="no horizon"):
        lifetime_covariates.answer(Recorder(0), ROWS, context(horizon_days=None))


def test_whoever_answers_as_another_kind_answers_with_its_columns():
    kinds = {name: registry.module("kinds", name) for name in registry.names("kinds")}
    others = {name: kind.ANSWERS_AS for name, kind in kinds.items() if hasattr(kind, "ANSWERS_AS")}
    assert others == {"lifetime_covariates": "lifetime"}
    for name, other in others.items():
        assert (kinds[name].TARGET, kinds[name].ANSWER) == (kinds[other].TARGET, kinds[other].ANSWER)
