"""Pictures of customers' lives: who is still one, what was expected of them, and what service did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import DataError, NotApplicable
from crmlab.findings.why.service_hazards import ServiceHazards
from crmlab.plots import alive_map, hazards, repeat_purchases


def test_the_tracking_picture_has_what_happened_and_every_model(lives, whole):
    figure = repeat_purchases.draw(lives)
    texts = whole(figure)
    assert {"what happened", "Steady", "Cumulative", "Per week"} <= set(texts)
    total = figure.axes[0].get_lines()
    assert total[0].get_ydata()[-1] == 7
    assert total[0].get_ydata()[0] == 0
    # the dashed line stands at the cutoff, in weeks after the first purchase
    assert total[2].get_xdata()[0] == pytest.approx((lives.cutoff - lives.begin).days / 7)


def test_the_alive_map_is_the_models_own(lives, whole):
    figure = alive_map.draw(lives)
    assert {"Steady", "P(alive)", "Repeat purchase days"} <= set(whole(figure))
    (mesh,) = [
        c for c in figure.axes[0].collections if hasattr(c, "get_array") and c.get_array() is not None
    ][:1]
    values = mesh.get_array()
    # the same along a column, from nearly 0 to 1 along a row
    assert np.ptp(values, axis=0).max() < 1e-12
    assert values[0, -1] == pytest.approx(1)
    assert values[0, 0] == pytest.approx(1 / 60)


def test_a_model_that_knows_whole_opportunities_alone_has_no_map(lives, monkeypatch):
    class Weekly:
        def p_alive(self, summary):
            raise DataError("1.5 days are not whole numbers of opportunities")

    monkeypatch.setattr(alive_map, "load_model", lambda key: Weekly())
    with pytest.raises(NotApplicable, match="no method says how probable"):
        alive_map.draw(lives)


def test_without_lifetime_models_there_is_neither(churn):
    for picture in (alive_map, repeat_purchases):
        with pytest.raises(NotApplicable):
            picture.draw(churn)


def test_hazard_ratios_stand_on_a_logarithmic_scale(whole):
    table = pd.DataFrame(
        {
            "kind": ["slow answer", "return"],
            "ratio": [2.0, 1.1],
            "lower": [1.2, 0.7],
            "upper": [3.4, 1.8],
            "events": [12, 30],
            "days": [100.0, 900.0],
        }
    )
    figure = hazards.draw(ServiceHazards("small", "2024-07-01", 0.95, 84.0, 24.0, 80, 40, table, None, None))
    texts = whole(figure)
    assert {"slow answer\n(12 ends)", "return\n(30 ends)", "Hazard ratio"} <= set(texts)
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    # only the interval that excludes 1 has a colour; the first kind stands on top
    colours = [line.get_color() for line in axes.get_lines()[:2]]
    assert colours[0] != colours[1]
    assert axes.get_lines()[1].get_xdata()[0] == 2.0
