"""The return curve: which word silence deserves, and that it needs purchases in time."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from crmlab.data import own_data
from crmlab.findings.trust import return_curve
from crmlab.params.protocols import protocol


def asked(horizon: int) -> SimpleNamespace:
    """Return a comparison on a user's own data with this horizon."""
    facts = {"dataset": "mine", "horizon_days": horizon}
    return SimpleNamespace(problem=SimpleNamespace(facts=facts, protocol=protocol("rolling")))


@pytest.fixture
def shop(project):
    """Orders of 20 customers who come back after 100 days, and of 60 who do not."""
    days = pd.to_datetime("2023-01-01") + pd.to_timedelta([0] * 80 + [100] * 20 + [300], unit="D")
    customers = [f"c{i}" for i in range(80)] + [f"c{i}" for i in range(20)] + ["last"]
    frame = pd.DataFrame({"customer": customers, "timestamp": days.astype("str"), "amount": 5.0})
    frame.to_csv(project / "orders.csv", index=False)
    own_data.from_csv("mine", project / "orders.csv")


def test_where_many_come_back_the_word_is_silent(shop, keeps_contract):
    found = return_curve.find(asked(90))
    keeps_contract(found)
    # 20 of 80 first silences ended, the 20 that follow are open after 200 days: 20 of 100
    assert found.own["share"] == pytest.approx(0.2)
    assert found.sentences[0] == (
        "Of 100 silences of 90 days 20.0% ended with a purchase by 2023-10-28: who does not buy for 90 days "
        "is silent, not churned."
    )
    assert found.sentences[1].startswith("Three of four gaps between purchase days last at most 100 days;")
    assert found.table["days"].iloc[[0, -1]].tolist() == [30, 365]
    assert not found.is_leaving


def test_where_few_do_it_may_be_called_churned(shop, keeps_contract):
    found = return_curve.find(asked(120))
    keeps_contract(found)
    assert found.is_leaving
    assert "0.0% ended with a purchase" in found.sentences[0]
    assert "may be called churned" in found.sentences[0]
    nobody = return_curve.find(asked(400))
    keeps_contract(nobody)
    assert nobody.sentences[0] == "Nobody was silent for 400 days up to 2023-10-28."
