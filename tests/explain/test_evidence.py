"""Evidence: Wilson's interval against a published value, the lift by hand, and silence on few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab.explain.evidence import FEWEST, evidence


def of(window, outcome, masks, level=0.95):
    """Return the evidence of groups in test rows with the given outcomes."""
    n = len(outcome)
    changed = replace(window, test_outcome=np.asarray(outcome), customers=np.arange(n))
    return evidence(changed, masks, level=level)


def test_rate_and_lift_by_hand(window):
    # Newcombe (1998, table I): 81 of 263, the score interval without correction is .2553 to .3662
    outcome = np.r_[np.ones(81), np.zeros(182), np.ones(19), np.zeros(218)].astype(int)
    inside = np.arange(500) < 263
    row = of(window, outcome, [inside]).iloc[0]
    assert row["n"] == 263
    assert row["support"] == pytest.approx(0.526)
    assert (round(row["rate_lower"], 4), round(row["rate_upper"], 4)) == (0.2553, 0.3662)
    # 81/263 over 100/500
    assert row["lift"] == pytest.approx(1.539924, abs=1e-6)
    assert 1.3 < row["lift_lower"] < row["lift"] < row["lift_upper"] < 1.8


def test_the_lift_of_everyone_is_one_and_does_not_vary(window):
    row = of(window, np.arange(200) % 4 == 0, [np.ones(200, dtype=bool)]).iloc[0]
    assert [row["lift"], row["lift_lower"], row["lift_upper"]] == pytest.approx([1, 1, 1])


def test_rows_of_one_customer_vary_together(window):
    outcome, inside = np.tile([1, 0, 0, 0], 100), np.arange(400) % 8 < 4
    apart = of(window, outcome, [inside]).iloc[0]
    eight = np.repeat(np.arange(50), 8)
    changed = replace(window, test_outcome=outcome, customers=eight)
    bound = evidence(changed, [inside], level=0.95).iloc[0]
    # each customer has one hit inside and one outside: the lift is 1 whoever is drawn
    assert [bound["lift_lower"], bound["lift_upper"]] == pytest.approx([1, 1])
    assert apart["lift_upper"] - apart["lift_lower"] > 0.1


def test_of_few_nothing_is_said(window):
    outcome = np.arange(300) % 3 == 0
    table = of(window, outcome, [np.arange(300) < FEWEST - 1, np.arange(300) < FEWEST])
    assert table["n"].tolist() == [FEWEST - 1, FEWEST]
    assert table["rate"].isna().tolist() == [True, False]
    assert table["lift_lower"].isna().tolist() == [True, False]


def test_no_group_is_an_empty_table(window):
    assert isinstance(evidence(window, [], level=0.95), pd.DataFrame)
    assert evidence(window, [], level=0.95).empty
