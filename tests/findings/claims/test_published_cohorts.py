"""Published cohorts: forecasts of years that no curve has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.findings.claims import published_cohorts
from crmlab.findings.claims.published_cohorts import COHORTS, CURVES, LAST_RATE, SEEN, Forecasts


def test_the_rule_by_hand():
    """High end: .491 / .517 of the members of year 7 are there in year 8, and so on to year 12."""
    table = published_cohorts.find().table.set_index(["cohort", "curve"])
    assert table.loc[("High end", LAST_RATE), "last"] == pytest.approx(49.1 * (49.1 / 51.7) ** 5)
    rates = 49.1 * (49.1 / 51.7) ** np.arange(1, 6)
    wrong = np.abs(rates - [46.8, 44.5, 42.7, 40.9, 39.4]).mean()
    assert table.loc[("High end", LAST_RATE), "error"] == pytest.approx(wrong)


def test_the_model_of_the_paper_is_near_on_both():
    """Fader and Hardie 2007, figure 4: within two points of year 12, where one rate for all is far off."""
    table = published_cohorts.find().table.set_index("curve")
    model, one_rate = table.loc["Shifted-beta-geometric"], table.loc["One rate for all"]
    assert (model["last"] - model["observed"]).abs().max() < 2
    assert (one_rate["last"] - one_rate["observed"]).max() < -10


@pytest.mark.parametrize("name", CURVES)
def test_no_curve_sees_the_years_after(name):
    """What is handed over ends with year 7, and a curve of 12 years begins with everybody."""
    seen = np.array(COHORTS["Regular"])[: SEEN + 1]
    curve = CURVES[name](seen, np.arange(13))
    assert len(curve) == 13
    assert curve[0] == pytest.approx(100)
    assert (np.diff(curve) < 0).all()


def test_the_sentence_can_come_out_either_way():
    def said(errors):
        rows = [{"cohort": "A", "curve": c, "error": e, "last": 1.0, "observed": 1.0} for c, e in errors]
        return Forecasts(12, pd.DataFrame(rows)).sentences[0]

    assert "Weibull comes nearest to the years after, 0.50" in said([("Weibull", 0.5), (LAST_RATE, 0.7)])
    assert said([("Weibull", 0.5), (LAST_RATE, 0.7)]).endswith("rate is 0.70 off.")
    assert said([(LAST_RATE, 0.2), ("Weibull", 0.5)]).endswith(
        "no model does better than carrying on the last rate."
    )


def test_the_head_has_a_row_per_cohort_and_curve(keeps_contract):
    keeps_contract(published_cohorts.find())
    head = published_cohorts.find().head()
    assert len(head) == len(COHORTS) * len(CURVES)
    assert head.loc["Regular", "Published"].unique().tolist() == ["17.3 %"]
