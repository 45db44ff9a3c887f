"""Pictures of customers' lives: who is still one, what was expected of them, and what service did."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.plots import alive_map, hazards, tracking
from crmlab.run import Run
from crmlab.vocabulary import FLAGS, OK
from crmlab.why.service_hazards import ServiceHazards

BEGIN = pd.Timestamp("2024-01-01")


class Steady:
    """A lifetime model in which everyone buys once in ten days for ever, and is alive if seen lately."""

    def expected_purchases(self, summary, horizon_days):
        return np.full(len(summary), horizon_days / 10)

    def p_alive(self, summary):
        return (summary["recency_days"] / summary["T_days"]).to_numpy()


@pytest.fixture
def compared(project, make):
    """A comparison with a kept lifetime model; customers bought on days 0 and 20, one also on day 200."""
    problem = make.rolling(n=6, refits=1)
    cutoff = problem.rows["origin"].max()
    rows = problem.rows.assign(
        frequency=1.0, recency_days=20.0, T_days=(problem.rows["origin"] - BEGIN) / pd.Timedelta(days=1) - 1
    )
    problem = replace(problem, rows=rows)
    people = sorted(rows["customer"].unique())
    days = [(c, d) for c in people for d in (0, 20)] + [(people[0], 200), (people[0], 400)]
    lines = pd.DataFrame(days, columns=["customer", "day"])
    lines = lines.assign(
        line_id=[f"l{i}" for i in range(len(lines))], order_id="o", quantity=1, amount=5.0, cancels_line=None,
        timestamp=(BEGIN + pd.to_timedelta(lines["day"], unit="D")).astype("datetime64[us]"),
        **dict.fromkeys(FLAGS, False),
    ).astype({"cancels_line": "str"})  # fmt: skip
    folder = store.tables_folder("made_up")
    folder.mkdir(parents=True)
    store.write_frame(folder / "transactions.parquet", lines)
    content = pickle.dumps(Steady())
    kept = store.run_folder("steady")
    kept.mkdir(parents=True)
    (kept / "model.pickle").write_bytes(content)
    (kept / "run.json").write_text(json.dumps({"model_sha256": hashlib.sha256(content).hexdigest()}))
    runs = [Run("lifetime/steady", "Steady", None, {}, "steady", OK, answers=pd.DataFrame())]
    return SimpleNamespace(
        problem=problem, runs=runs, name="small", task="churn", cutoff=cutoff,
        order=lambda: ["lifetime/steady"], run_of=lambda m: runs[0],
    )  # fmt: skip


def test_repeat_purchases_are_counted_up_to_the_horizons_end(compared):
    found = tracking.repeat_days("made_up", cutoff=compared.cutoff.to_pydatetime(), horizon_days=90)
    # six on day 20 and one on day 200; day 400 lies beyond 2024-09-29
    first = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
    assert sorted(found["day"] - first) == [20] * 6 + [200]


def test_expectations_are_summed_over_customers_from_their_first_day_on():
    births, ends = np.array([100, 100, 107]), np.array([101, 108, 118])
    # before day 108 the first two are seven days old and the third is new; before 118 they are 17 and 10
    found = tracking.expected_repeats(Steady(), births, ends)
    np.testing.assert_allclose(found, [0, 2 * 0.7, 2 * 1.7 + 1.0])


def test_the_tracking_picture_has_what_happened_and_every_model(compared, whole):
    figure = tracking.draw(compared)
    texts = whole(figure)
    assert {"what happened", "Steady", "Cumulative", "Per week"} <= set(texts)
    total = figure.axes[0].get_lines()
    assert total[0].get_ydata()[-1] == 7
    assert total[0].get_ydata()[0] == 0
    # the dashed line stands at the cutoff, in weeks after the first purchase
    assert total[2].get_xdata()[0] == pytest.approx((compared.cutoff - BEGIN).days / 7)


def test_the_alive_map_is_the_models_own(compared, whole):
    figure = alive_map.draw(compared)
    assert {"Steady", "P(alive)", "Repeat purchase days"} <= set(whole(figure))
    (mesh,) = [
        c for c in figure.axes[0].collections if hasattr(c, "get_array") and c.get_array() is not None
    ][:1]
    values = mesh.get_array()
    # the same along a column, from nearly 0 to 1 along a row
    assert np.ptp(values, axis=0).max() < 1e-12
    assert values[0, -1] == pytest.approx(1)
    assert values[0, 0] == pytest.approx(1 / 60)


def test_without_lifetime_models_there_is_neither(churn):
    for picture in (alive_map, tracking):
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
