"""What loyalty is worth in a shop: read off the last window, worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.money import loyalty_worth
from crmlab.findings.money.loyalty_worth import Group
from crmlab.plots import loyalty_worth as picture

PRICES = {"margin_share": 0.3, "contact_cost": 1.0, "incentive_cost": 10.0}


@pytest.fixture
def compared(make):
    """A comparison of 60 customers, 10 of them loyal; who visits often was there before."""
    problem = make.rolling()
    rows = problem.rows.assign(frequency=np.where(problem.rows.index % 6 == 0, 4.0, 0.0))
    return SimpleNamespace(
        problem=replace(problem, rows=rows), name="small", task="churn", economics=dict(PRICES)
    )


def test_the_groups_are_those_who_bought_within_a_period(compared):
    found = loyalty_worth.find(compared)
    last = compared.problem.fold(max(f["fold"] for f in compared.problem.facts["folds"])).test_rows
    known = last.join(compared.problem.solution.set_index("row_id"), on="row_id")
    active = known[known["days_since_last"] < 90]
    kept = active[active["outcome"] == 0]
    assert found.everyone == Group(
        len(active), pytest.approx(len(kept) / len(active)), pytest.approx(kept["value"].mean())
    )
    assert found.loyal.n == (active["frequency"] >= 2).sum()
    assert found.loyal.n + found.others.n == found.everyone.n
    assert found.retention_cost == 11.0


def test_a_years_discount_rate_is_that_of_its_periods():
    assert loyalty_worth.period_rate(0.21, period_days=182.5) == pytest.approx(0.1)


def test_the_curves_are_worked_out_by_hand():
    everyone, loyal, others = Group(100, 0.5, 60.0), Group(20, 0.8, 100.0), Group(80, 0.4, 40.0)
    table = loyalty_worth.by_margin(everyone, loyal, others, period_days=365, margin_share=0.25)
    row = table[(table["margin_share"] == 0.25) & (table["discount_rate"] == 0.1)].iloc[0]
    # 15 a year, 1.1 / (1.1 - .5) years' worth; five points more: (1.1 - .5) / (1.1 - .55) - 1
    assert row["value"] == pytest.approx(15 * 1.1 / 0.6)
    assert row["more_retention_share"] == pytest.approx(0.6 / 0.55 - 1)
    assert row["more_retention"] == pytest.approx(15 * 1.1 / 0.55 - 15 * 1.1 / 0.6)
    # the loyal: 25 · 1.1 / .3, the others 10 · 1.1 / .7; one customer in a hundred changes sides
    high, low = 25 * 1.1 / 0.3, 10 * 1.1 / 0.7
    assert row["more_loyal"] == pytest.approx(0.01 * (high - low))
    assert row["more_loyal_share"] == pytest.approx(0.01 * (high - low) / (0.2 * high + 0.8 * low))
    # the relative gain does not hang on the margin
    assert table[table["discount_rate"] == 0.1]["more_retention_share"].nunique() == 1


def test_the_share_of_profit_grows_until_nobody_pays_back():
    given = {"period_days": 365, "margin_share": 0.25, "retention_cost": 5.0}
    table = loyalty_worth.by_cost(Group(100, 0.5, 60.0), **given)
    own = table[table["discount_rate"] == 0.1].set_index("cost_ratio")["gain"]
    # (15 - 5) 1.1 / .6 = 18.33, which 3.6 times the cost of 5 just leaves over, and 3.7 times does not
    assert own[0.0] == pytest.approx(0.6 / 0.55 - 1)
    assert own[3.0] == pytest.approx((20 - 55 / 3) / (55 / 3 - 15))
    assert own[:3.6].notna().all()
    assert own[3.7:].isna().all()


def test_the_sentences_give_the_numbers_of_the_table(compared):
    found = loyalty_worth.find(compared)
    first, second, third, _ = found.sentences
    assert f"{found.everyone.retention:.1%} bought again" in first
    own = found.by_margin[found.by_margin["margin_share"] == 0.3]["more_retention_share"]
    assert f"by {own.min():.1%} to {own.max():.1%}" in second
    assert f"{own.min():.1%}" != f"{own.max():.1%}"
    assert "where winning is free" in third
    assert "of which 30.0% is taken for margin, as the task declares" in first


def test_a_measured_margin_goes_before_the_declared_one(compared, monkeypatch):
    monkeypatch.setattr(loyalty_worth, "measured_margin", lambda comparison: 0.234)
    found = loyalty_worth.find(compared)
    assert found.margin_share == 0.234
    assert 0.234 in set(found.by_margin["margin_share"])
    assert "of which 23.4% is margin, as on what was bought before the cutoff" in found.sentences[0]
    declared = loyalty_worth.by_cost(
        found.everyone, period_days=90, margin_share=0.234, retention_cost=found.retention_cost
    )
    pd.testing.assert_frame_equal(found.by_cost, declared)


@pytest.mark.parametrize(
    ("spend", "expected"),
    [
        # 10 a period and a gain of .7 / .65 - 1 at 20%; 10 · 1.05 / .55 is 3.8 times the cost at 5%
        (60.0, r"7\.7% where winning is free, and without bound towards 3\.8 times .* that pays back\.$"),
        (900.0, r"free, and \d+\.\d% to \d+\.\d% still at 20 times .* \(5\), the highest ratio looked at\.$"),
        # 55 · 1.1 / .6 is 20.2 times the cost at 10%, 55 · 1.15 / .65 only 19.46 times at 15%
        (
            240.0,
            r"still at 20 times .*, where the yearly discount rate is at most 10%; at higher rates without "
            r"bound towards 19\.4 times it\.$",
        ),
        (10.0, r"^At no cost ratio does a customer pay back"),
    ],
)
def test_the_end_of_the_grid_is_no_bound(compared, spend, expected):
    given = {"period_days": 365, "margin_share": 0.25, "retention_cost": 5.0}
    table = loyalty_worth.by_cost(Group(100, 0.5, spend), **given)
    said = replace(loyalty_worth.find(compared), by_cost=table, retention_cost=5.0).sentences[2]
    assert re.search(expected, said)
    last = table.loc[table["cost_ratio"] == 20.0, "gain"].dropna()
    assert all(f"{gain:.1%}" in said for gain in (last.min(), last.max()) if len(last))


@pytest.mark.parametrize(
    ("spend", "share"),
    [
        # (225 - 5)(1 + d) / (1 + d - .5) is 420 at 5% and 377.1 at 20%; winning costs 20 x 5, so that
        # 100 / 420 = 23.8% to 100 / 377.1 = 26.5% of the percentage is the division
        (900.0, "24% to 27%"),
        (10.0, None),
    ],
)
def test_how_much_of_the_percentage_is_the_division(compared, spend, share):
    given = {"period_days": 365, "margin_share": 0.25, "retention_cost": 5.0}
    table = loyalty_worth.by_cost(Group(100, 0.5, spend), **given)
    said = replace(loyalty_worth.find(compared), by_cost=table, retention_cost=5.0).sentences[3:]
    if share is None:
        assert said == ()
        return
    assert said[0].startswith(f"At the highest ratio looked at that pays back {share} of the percentage")


def test_without_a_period_a_price_or_a_history_it_does_not_apply(compared, make):
    with pytest.raises(NotApplicable, match="names no margin_share"):
        loyalty_worth.find(SimpleNamespace(problem=compared.problem, economics={}))
    resampled = make.resampled()
    with pytest.raises(NotApplicable, match="rows have no frequency"):
        loyalty_worth.find(SimpleNamespace(problem=resampled, economics=PRICES))
    resampled.facts["horizon_days"] = None
    with pytest.raises(NotApplicable, match="no period"):
        loyalty_worth.find(SimpleNamespace(problem=resampled, economics=PRICES))


def test_the_picture_shows_both_slogans_and_the_costs(compared):
    figure = picture.draw(loyalty_worth.find(compared))
    assert figure.png() == figure.png()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["5 points more retention", "5% more loyal customers", "Of the profit net of winning"]
    assert [len(axes.get_lines()) for axes in figure.axes] == [5, 5, 4]
