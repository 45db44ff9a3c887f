"""What the tests of both methods with covariates ask for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crmlab.maths.btyd import Model


@pytest.fixture(scope="session")
def answers_agree() -> Callable[..., tuple[Model, tuple[np.ndarray, ...]]]:
    """Return a check of a fitted method's answers against the model of each customer; it returns both."""

    def check(fitted, few: pd.DataFrame) -> tuple[Model, tuple[np.ndarray, ...]]:
        z = fitted.covariates_.transform(few)
        base = [fitted.parameters_[name] for name in fitted.model.estimated]
        model = fitted.with_covariates(*base, **fitted.coefficients_).at(z, z)
        past = (few["frequency"].to_numpy(), few["recency_days"].to_numpy() / 7, few["T_days"].to_numpy() / 7)
        np.testing.assert_allclose(fitted.p_zero(few, 91), model.p_zero(*past, 13.0))
        np.testing.assert_allclose(fitted.expected_purchases(few, 91), model.expected_purchases(*past, 13.0))
        np.testing.assert_allclose(fitted.p_alive(few), model.p_alive(*past))
        return model, past

    return check
