"""A method's parameters are read from its file's text and checked before anything runs."""

from __future__ import annotations

import pytest

from crmlab import registry
from crmlab.errors import UsageError


def test_parameters_overlay_the_defaults():
    forest = registry.method_parameters("classification/forest", {"n_estimators": 10})
    assert forest == {"n_estimators": 10, "min_samples_leaf": 5, "max_rows_per_tree": 60_000}
    # YAML writes 1.0 as 1: the key of a run must not differ between the two
    assert type(registry.method_parameters("classification/logit", {"C": 1})["C"]) is float


def test_the_seed_is_no_parameter():
    assert "seed" not in registry.defaults("classification/forest")
    with pytest.raises(UsageError, match="has no parameter 'seed'"):
        registry.method_parameters("classification/forest", {"seed": 1})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_estimator": 10}, r"no parameter 'n_estimator'\. Did you mean 'n_estimators'"),
        ({"n_estimators": "ten"}, "n_estimators = 'ten' is str, not int"),
        ({"n_estimators": 1.5}, "n_estimators = 1.5 is float, not int"),
        ({"n_estimators": True}, "n_estimators = True is bool, not int"),
        ({"n_estimators": 0}, "n_estimators = 0 must be at least 1"),
    ],
)
def test_a_wrong_parameter_is_refused(given, message):
    with pytest.raises(UsageError, match=message) as caught:
        registry.method_parameters("classification/forest", given)
    assert caught.value.exit_code == 2
