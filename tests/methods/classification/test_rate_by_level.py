"""The past rate by level."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import registry

TRAIN = pd.DataFrame({"channel": pd.Series(["web"] * 6 + ["shop"] * 3 + [None], dtype="str")})
LABELS = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 1])


def answer(values: list, *, prior_rows: float) -> np.ndarray:
    """Fit on 6 web (3 positive), 3 shop (0), 1 without a channel (1); base rate .4. Return scores."""
    model = registry.find("methods", "classification/rate_by_level")(prior_rows=prior_rows)
    rows = pd.DataFrame({"channel": pd.Series(values, dtype="str")})
    return model.fit(TRAIN, LABELS).predict_proba(rows)[:, 1]


def test_rates_are_shrunk_to_the_base_rate():
    # by hand: (3 + 5 × .4) / (6 + 5) = 5/11; (0 + 5 × .4) / (3 + 5) = 1/4
    np.testing.assert_allclose(answer(["web", "shop"], prior_rows=5.0), [5 / 11, 0.25])


def test_without_a_prior_rates_are_observed():
    np.testing.assert_allclose(answer(["web", "shop"], prior_rows=0.0), [0.5, 0.0])


def test_unknown_and_missing_levels_get_the_base_rate():
    np.testing.assert_allclose(answer(["phone", None], prior_rows=5.0), [0.4, 0.4])


def test_a_numeric_code_is_a_level_too():
    train = pd.DataFrame({"TrafficType": [1.0, 1.0, 2.0, 2.0]})
    model = registry.find("methods", "classification/rate_by_level")(column="TrafficType", prior_rows=0.0)
    model.fit(train, np.array([1, 1, 0, 1]))
    np.testing.assert_allclose(model.predict_proba(train)[:, 1], [1.0, 1.0, 0.5, 0.5])
