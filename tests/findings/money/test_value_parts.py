"""Worth: the parts of the best customers' value, and the margin where costs are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.money import concentration, value_parts


@pytest.fixture
def comparison():
    """A comparison in which one of two methods answers with parts."""
    ids = np.arange(12)
    parts = {"p_alive": 0.5, "purchases_if_alive": 2.0 + ids, "spend_per_purchase": 10.0}
    plain = pd.DataFrame({"fold": 0, "row_id": ids, "score": 5.0 * (2 + ids), "lower": 0.0, "upper": 99.0})
    runs = {
        "value/two_part": SimpleNamespace(method="value/two_part", status="ok", label="Two", answers=plain),
        "lifetime_value/bg_nbd": SimpleNamespace(
            method="lifetime_value/bg_nbd", status="ok", label="BG", answers=plain.assign(**parts)
        ),
    }
    problem = SimpleNamespace(
        facts={
            "folds": [{"fold": 0, "window": 0, "cutoff": "2024-03-01"}],
            "dataset": "shop",
            "horizon_days": 365.25,
        },
        rows=pd.DataFrame({"row_id": ids, "customer": [f"c{i}" for i in ids]}),
        solution=pd.DataFrame({"row_id": ids, "value": 100.0}),
    )
    return SimpleNamespace(
        runs=list(runs.values()), run_of=runs.get, order=lambda: list(runs), problem=problem, task="value",
        verdict=SimpleNamespace(champion="value/two_part"),
    )  # fmt: skip


def test_the_best_customers_parts_multiply_to_what_is_expected(comparison, monkeypatch, keeps_contract):
    monkeypatch.setattr(value_parts, "margin_share", lambda dataset, cutoff: None)
    found = value_parts.find(comparison)
    keeps_contract(found)
    assert found.head().index.tolist() == [f"c{i}" for i in range(11, 1, -1)]
    product = found.head()[["P(alive)", "Purchases if alive", "Spend per purchase"]].prod(axis=1)
    np.testing.assert_allclose(product, found.head()["Expected spend"])
    assert found.head()["Revenue"].tolist() == found.head()["Expected spend"].tolist()
    # 5 x (13 + ... + 4) = 425, and 10 customers spent 100 each
    assert "BG expects 425 of its 10 best customers; they spent 1,000" in found.sentences[0]
    assert "all amounts are revenue" in found.sentences[1]
    # the champion's sum is of all 12: 5 x (2 + ... + 13) = 450
    assert found.sentences[2] == (
        "In all, Two expects revenue of 450 from 12 customers in the 365.25 days after the last cutoff; "
        "1,200 came."
    )


def test_what_the_few_make_is_counted(comparison):
    spent = np.r_[np.zeros(6), -3.0, 5.0, 10.0, 15.0, 30.0, 40.0]
    comparison.problem.solution["value"] = spent
    # of 12 customers the tenth is one, the fifth are two; a value below 0 is nothing
    assert concentration.find(comparison).sentences == (
        "Of 12 customers of the last window 58.3% spent nothing in 365.25 days; the tenth who spent "
        "most made 40.0% of all revenue, the fifth 70.0%.",
    )
    comparison.problem.solution["value"] = 0.0
    assert concentration.find(comparison).sentences == (
        "None of 12 customers of the last window spent anything in 365.25 days.",
    )


def test_a_known_margin_is_discounted(comparison, monkeypatch):
    monkeypatch.setattr(value_parts, "margin_share", lambda dataset, cutoff: 0.5)
    found = value_parts.find(comparison, discount_per_year=0.1)
    # a year at 10 %: (1 - 1 / 1.1) / ln 1.1 = .953824
    assert found.head()["Discounted margin"].iloc[0] == pytest.approx(65 * 0.5 * 0.953824, abs=1e-3)
    assert "50.0% was margin" in found.sentences[1]
    assert found.sentences[2].endswith(
        "1,200 came. At a margin of 50.0% that is a margin of 225, 215 discounted to the cutoff; of what "
        "came, at the same share, 600 and 572."
    )


def test_what_returns_leave_below_nothing_did_not_come(comparison, monkeypatch):
    monkeypatch.setattr(value_parts, "margin_share", lambda dataset, cutoff: None)
    comparison.problem.solution.loc[0, "value"] = -500.0
    assert value_parts.find(comparison).sentences[2].endswith("1,100 came.")


def test_without_parts_it_does_not_apply(comparison):
    comparison.order = lambda: ["value/two_part"]
    with pytest.raises(NotApplicable, match="no method answers with the parts"):
        value_parts.find(comparison)
