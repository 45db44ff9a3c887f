"""Answers as of a day: who says that somebody is alive, and a mean above its interval is called so."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from crmlab import actions


def today(answers: pd.DataFrame) -> SimpleNamespace:
    """Return an as-of comparison of three customers with these answers."""
    fold = SimpleNamespace(
        number=0, test_row_ids=np.arange(3), test_rows=pd.DataFrame({"customer": ["a", "b", "c"]})
    )
    facts = {"as_of": "2024-03-31", "horizon_days": 90, "folds": [{"cutoff": "2024-01-01"}]}
    problem = SimpleNamespace(facts=facts, last_fold=lambda: fold)
    run = SimpleNamespace(answers=answers.assign(fold=0), label="BG/NBD × gamma-gamma", method="m", key="k")
    return SimpleNamespace(problem=problem, runs=[run])


def test_a_mean_above_its_interval_is_noted_and_remarked():
    frame = pd.DataFrame(
        {"row_id": [2, 0, 1], "score": [9.0, 5.0, 1.0], "lower": 0.0, "upper": [3.0, 7.0, 1.0]}
    )
    asked = today(frame)
    found = actions.answers_of(asked)
    assert found["customer"].tolist() == ["a", "b", "c"]
    assert found["note"].tolist() == ["", "", "the mean lies above its interval"]
    (said,) = actions.remarks(asked, asked)
    assert said.startswith("Of 1 customers the expected value lies above the upper end of its interval")


def test_p_alive_names_its_model():
    found = actions.answers_of(today(pd.DataFrame({"row_id": [0, 1, 2], "score": 0.1, "p_alive": 0.5})))
    assert set(found["p_alive_by"]) == {"BG/NBD × gamma-gamma"}
    assert "note" not in found
