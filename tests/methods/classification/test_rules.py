"""List order and the RFM score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable

LIST_ORDER = registry.find("methods", "classification/list_order")
RFM_SCORE = registry.find("methods", "classification/rfm_score")


def waiting(days: list[float]) -> pd.DataFrame:
    """Return prospects who came on the list so many days ago."""
    return pd.DataFrame({"days_since_first_session": days})


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [1, 0, 0, 0]])
def test_the_oldest_come_first_whatever_the_outcomes_say(labels):
    model = LIST_ORDER().fit(waiting([1, 5, 9, 30]), np.array(labels))
    score = model.predict_proba(waiting([30, np.nan, 2, 1e6, 3]))[:, 1]
    assert np.argsort(-score).tolist() == [3, 0, 4, 2, 1]
    np.testing.assert_allclose(score, 0.25, rtol=0.0101)


def test_a_base_rate_near_1_stays_a_probability():
    days = list(np.arange(1000.0))
    model = LIST_ORDER().fit(waiting(days), np.arange(1000) > 0)
    score = model.predict_proba(waiting(days))[:, 1]
    assert (np.diff(score) > 0).all()
    assert score.max() < 1


def test_a_list_in_no_known_order_gets_the_base_rate_and_a_note():
    rows = pd.DataFrame({"visits": [1.0, 2.0]})
    model = LIST_ORDER().fit(rows, np.array([0, 1]))
    np.testing.assert_array_equal(model.predict_proba(rows)[:, 1], [0.5, 0.5])
    assert "no column 'days_since_first_session'" in model.details_["note"]


def customers() -> tuple[pd.DataFrame, np.ndarray]:
    """Return ten customers, each part in fifths of two; the recent, frequent and big ones bought."""
    steps = np.arange(1.0, 11.0)
    rows = pd.DataFrame({"days_since_last": 100 - steps, "frequency": steps, "monetary_value": 10 * steps})
    return rows, (steps > 6).astype(np.int64)


def test_the_score_adds_three_fifths():
    rows, bought = customers()
    model = RFM_SCORE().fit(rows, bought)
    # two customers in each fifth, and three scores alike
    assert model.score(rows).tolist() == [3, 3, 6, 6, 9, 9, 12, 12, 15, 15]
    mixed = pd.DataFrame(
        {"days_since_last": [90.0, np.nan], "frequency": [1.0, 99.0], "monetary_value": [np.nan, 50.0]}
    )
    # by hand: the best fifth, the worst and a missing one; a missing one, the best and the middle
    assert model.score(mixed).tolist() == [5 + 1 + 1, 1 + 5 + 3]


def test_the_curve_learns_which_way_the_score_points():
    rows, bought = customers()
    for outcome, rises in ((bought, True), (1 - bought, False)):
        model = RFM_SCORE().fit(rows, outcome)
        score = model.predict_proba(rows)[:, 1]
        steps = np.diff(score)[1::2]
        assert (steps > 0).all() if rises else (steps < 0).all()
        np.testing.assert_allclose(score.mean(), outcome.mean(), atol=1e-4)


def test_other_columns_may_take_their_places():
    rows, bought = customers()
    renamed = rows.rename(columns={"frequency": "sessions"})
    model = RFM_SCORE(frequency="sessions").fit(renamed, bought)
    assert model.score(renamed).tolist() == RFM_SCORE().fit(rows, bought).score(rows).tolist()
    with pytest.raises(NotApplicable, match="no column 'frequency'"):
        RFM_SCORE().fit(renamed, bought)
