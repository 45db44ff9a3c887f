"""Default windows: the horizon follows the rhythm of the shop, in whole weeks, within what the data hold."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from crmlab.data import own_data
from crmlab.problems.default_windows import auto_spec, usual_horizon
from crmlab.seeds import generator


@pytest.mark.parametrize(
    ("gap", "days", "horizon"),
    [
        (70.0, 738, 70),
        (94.0, 545, 91),
        (72.0, 1096, 70),
        (3.0, 700, 28),
        (400.0, 700, 140),
        (400.0, 704, 140),  # whole weeks, though a fifth is 140.8 days
        (50.0, 100, 20),  # a fifth of the span is less than four weeks
        (None, 1000, 91),
    ],
)
def test_the_horizon_in_whole_weeks_between_four_weeks_and_a_fifth(gap, days, horizon):
    assert usual_horizon(gap, days) == horizon


def shop(path, stretch: int) -> None:
    """Write orders of 80 customers who buy every 16 days, or so many times as slowly."""
    rng, lines = generator(7, "rhythm"), []
    for number in range(80):
        at = float(rng.uniform(0, 60))
        while at < 400:
            lines.append((f"c{number}", dt.date(2021, 1, 1) + dt.timedelta(days=int(at) * stretch), 10.0))
            at += max(1.0, rng.exponential(16))
    pd.DataFrame(lines, columns=["customer", "timestamp", "amount"]).to_csv(path, index=False)


def test_a_quick_shop_made_four_times_as_slow_gets_a_horizon_three_to_five_times_as_long(project):
    horizons = {}
    for stretch in (1, 4):
        shop(project / f"{stretch}.csv", stretch)
        own_data.from_csv(f"shop{stretch}", project / f"{stretch}.csv")
        spec = auto_spec(f"shop{stretch}", "churn")
        horizons[stretch] = spec["horizon_days"]
        assert auto_spec(f"shop{stretch}", "churn") == spec
        assert len(spec["train_cutoffs"]) >= 3
    assert 3 <= horizons[4] / horizons[1] <= 5
    assert all(h % 7 == 0 for h in horizons.values())
