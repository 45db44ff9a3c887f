"""The club: renewals and their rate, on dates that are whole months after the start."""

import numpy as np
import pandas as pd
import pytest

from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate

END = pd.Timestamp(2025, 1, 1)


def renewals(simulated):
    """Return one row per renewal that came up: its planted probability to cancel, and whether it did."""
    frame = simulated.tables["memberships"].merge(
        simulated.truth["memberships"], on=["membership_id", "customer"]
    )
    frame = frame.merge(simulated.truth["customers"][["customer", "alive_until"]], on="customer")
    rows = []
    for month in range(1, 25):
        due = frame["started"] + pd.DateOffset(months=month)
        here = frame[(due < END) & ~(frame["ended"] < due)].assign(due=due)
        lapsed = here["alive_until"] < here["due"]
        planted = here["cancel_probability"].mask(lapsed, here["lapsed_cancel_probability"])
        rows.append(
            pd.DataFrame({"planted": planted, "cancels": here["ended"] == here["due"], "lapsed": lapsed})
        )
    return pd.concat(rows, ignore_index=True)


def test_the_renewal_rate_comes_back(shop):
    came_up = renewals(shop)
    assert len(came_up) > 2_000
    for _, group in came_up.groupby("lapsed"):
        spread = np.sqrt((group["planted"] * (1 - group["planted"])).sum())
        assert abs(group["cancels"].sum() - group["planted"].sum()) < 3.5 * spread


def test_every_end_is_a_renewal_date(shop):
    frame = shop.tables["memberships"].dropna(subset="ended")
    assert len(frame) > 300
    for started, ended in zip(frame["started"], frame["ended"], strict=True):
        months = 12 * (ended.year - started.year) + ended.month - started.month
        assert ended == started + pd.DateOffset(months=months)


def test_the_cancellation_mixture_is_the_published_one(shop):
    """Beta(.668, 3.806): mean .1493 (Fader and Hardie 2007, 'high end' segment)."""
    own = shop.truth["memberships"]["cancel_probability"]
    mean, total = 0.668 / 4.474, 4.474
    spread = np.sqrt(mean * (1 - mean) / (total + 1) / len(own))
    assert own.mean() == pytest.approx(mean, abs=3.5 * spread)


def test_nobody_joins_where_nobody_wants_to():
    assert len(simulate(Shop(visitors=500, club_share=0), seed=1).tables["memberships"]) == 0
