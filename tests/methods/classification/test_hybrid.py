"""The hybrid: boosting that is told what a buy-till-you-die model thinks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import DataError, NotApplicable, UsageError
from crmlab.maths import btyd
from crmlab.seeds import generator


def histories(n: int = 600) -> tuple[pd.DataFrame, np.ndarray]:
    """Return purchase histories of about nine months, and outcomes that hang on them."""
    rng = generator(4, "histories")
    T = np.round(rng.uniform(190, 270, n))
    frequency = rng.poisson(rng.gamma(0.8, 2.0, n)).astype(float)
    recency = np.where(frequency > 0, np.maximum(frequency, np.round(T * rng.beta(2, 2, n))), 0.0)
    rows = pd.DataFrame({"frequency": frequency, "recency_days": recency, "T_days": T})
    return rows, (rng.random(n) < np.exp(-frequency / 2)).astype(np.int64)


def fitted(rows, gone, **given):
    """Return the fitted method."""
    return registry.find("methods", "classification/hybrid")(n_estimators=10, **given).fit(rows, gone)


@pytest.mark.parametrize(("name", "model"), [("bg_nbd", btyd.BGNBD), ("pareto_nbd", btyd.ParetoNBD)])
def test_its_features_are_the_models_of_the_train_rows(name, model):
    rows, gone = histories()
    step = fitted(rows, gone, model=name, horizon_days=91)[0]
    weeks = [rows[c].to_numpy() / u for c, u in (("frequency", 1), ("recency_days", 7), ("T_days", 7))]
    known, _ = btyd.fit(model, *weeks)
    test = rows.iloc[:5].assign(T_days=lambda t: t["T_days"] + 7)
    at = [test[c].to_numpy() / u for c, u in (("frequency", 1), ("recency_days", 7), ("T_days", 7))]
    found = step.transform(test)
    np.testing.assert_allclose(found["p_alive"], known.p_alive(*at), rtol=1e-9)
    np.testing.assert_allclose(found["p_zero"], known.p_zero(*at, 13.0), rtol=1e-9)
    np.testing.assert_allclose(found["expected_purchases"], known.expected_purchases(*at, 13.0), rtol=1e-9)
    assert list(found) == [*rows, "p_alive", "expected_purchases", "p_zero"]


def test_a_question_about_a_history_that_cannot_be_is_answered_without_the_features():
    rows, gone = histories()
    model = fitted(rows, gone)
    strange = rows.iloc[:3].assign(frequency=[0.0, 3.0, 1.0], recency_days=[20.0, 500.0, 30.0], T_days=200.0)
    added = model[0].transform(strange)[["p_alive", "expected_purchases", "p_zero"]]
    assert added.isna().all(axis=1).tolist() == [True, True, False]
    assert np.isfinite(model.predict_proba(strange)).all()
    # what was observed must be possible
    with pytest.raises(DataError, match="row 1 of the summary"):
        fitted(strange, gone[:3])


def test_without_a_history_it_does_not_apply():
    rows, gone = histories(50)
    with pytest.raises(NotApplicable, match="no purchase history"):
        fitted(rows[["T_days"]], gone)
    with pytest.raises(NotApplicable, match="no train row has a repeat purchase"):
        fitted(rows.assign(frequency=0.0, recency_days=0.0), gone)
    with pytest.raises(UsageError, match="model = 'bgnbd' must be one of bg_nbd, pareto_nbd"):
        fitted(rows, gone, model="bgnbd")
