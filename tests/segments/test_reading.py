"""What readers see of segments: an unknown is told from a hidden cell and from an absent scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.segments import reading


def policies(**reach: float) -> dict[str, pd.DataFrame]:
    """Return the policy table of one segment."""
    row = {"segment": 0, "name": "regulars", "customers": 40.0, "share": 0.4, "value": "high"}
    row |= {"recency": "high", "loyalty": "mid", "policy": "thank them"}
    return {
        "policy.csv": pd.DataFrame(
            [row | {"reach": np.nan, "reach_lower": np.nan, "reach_upper": np.nan} | reach]
        )
    }


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({"reach": 0.5, "reach_lower": 0.4, "reach_upper": 0.6}, "50% [40%, 60%]"),
        ({}, "not known"),
        ({"customers": np.nan}, "hidden"),
    ],
)
def test_consent_is_a_share_unknown_or_hidden(found, shown):
    assert reading.policy(policies(**found))["May be contacted"].tolist() == [shown]


def test_a_loyalty_scale_without_customers_is_left_out():
    table = pd.DataFrame(
        {
            "scale": ["behavioural", "attitudinal", "behavioural × attitudinal", "emotional"],
            "items": ["frequency", "rating", "", ""],
            "customers": [1200, 300, 300, 0],
            "rank_correlation": [np.nan, np.nan, 0.123, np.nan],
            "rank_correlation_lower": [np.nan, np.nan, 0.01, np.nan],
            "rank_correlation_upper": [np.nan, np.nan, 0.23, np.nan],
        }
    )
    shown = reading.loyalty({"loyalty.csv": table})
    assert shown.index.tolist() == ["behavioural", "attitudinal", "behavioural × attitudinal"]
    assert shown["Rank correlation"].tolist() == ["–", "–", "0.12 [0.01, 0.23]"]
    assert shown["Customers"].tolist() == ["1,200", "300", "300"]
