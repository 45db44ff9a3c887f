"""Given scores: the column as it is, the base rate where it says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import registry


def test_the_column_is_the_score_and_a_gap_the_base_rate():
    made = registry.find("methods", "classification/given_scores").factory
    rows = pd.DataFrame({"given_score": [0.2, np.nan, 0.9, 0.4]})
    model = made().fit(rows, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(model.predict_proba(rows)[:, 1], [0.2, 0.25, 0.9, 0.4])
    elsewhere = made("acme").fit(rows, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(elsewhere.predict_proba(rows)[:, 1], 0.25)
    assert "no column 'acme' holds scores" in elsewhere.details_["note"]
