"""Loyalty on three scales that stay apart: repeat buying is not loyalty (Jacoby and Chestnut 1978).

- *behavioural*: repeat purchases, also against what customers of that tenure make, and breadth;
- *attitudinal*: ratings given, satisfaction with tickets;
- *emotional*: customers brought by referral, the community, replies to messages (the table `contacts`
  does not say which message carried an incentive).

A scale is the mean of its items' percentile ranks among the customers at the cutoff, 0 to 100;
a customer without any of its items has none, and so has everyone where the tables carry none.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm, spearmanr

from crmlab.segments.assigned import Assigned, known_tables

BEHAVIOURAL: Final = "behavioural"
ATTITUDINAL: Final = "attitudinal"
EMOTIONAL: Final = "emotional"
ITEMS: Final = MappingProxyType(
    {
        BEHAVIOURAL: ("frequency", "repeat_over_expected", "products", "categories"),
        ATTITUDINAL: ("rating_mean", "satisfaction_mean"),
        EMOTIONAL: ("referrals", "community", "reply_share"),
    }
)
"""The items of each scale; those that the tables carry are used."""


def scales(assigned: Assigned) -> pd.DataFrame:
    """Return the three scales of the n customers, 0 to 100, nan where a customer has no item.

    In an item, ties share their mean rank, and the lowest of n has 100 × 0.5 / n. An item that does
    not vary says nothing and is left out.
    """
    found = items(assigned)
    ranks = found.rank(pct=True) - 0.5 / found.notna().sum()
    mean = {s: ranks[[c for c in own if c in ranks]].mean(axis=1) for s, own in ITEMS.items()}
    return 100 * pd.DataFrame(mean, index=assigned.rows.index)


def items(assigned: Assigned) -> pd.DataFrame:
    """Return the items that are there and vary, (n, items), higher is more loyal."""
    rows = assigned.rows
    found = {c: rows[c].astype(np.float64) for own in ITEMS.values() for c in own if c in rows}
    if {"frequency", "T_days"} <= set(rows):
        found["repeat_over_expected"] = repeat_over_expected(rows["frequency"], rows["T_days"])
    referrals = _referrals(assigned)
    if referrals is not None:
        found["referrals"] = referrals
    return pd.DataFrame({c: x for c, x in found.items() if x.nunique() > 1}, index=rows.index)


def repeat_over_expected(frequency: pd.Series, T_days: pd.Series) -> pd.Series:
    """Return (frequency + 1) / (expected + 1): repeat purchase days over what the tenure expects.

    expected: the mean rate of all customers × T_days. The 1 is a prior that is worth one expected
    purchase (gamma-Poisson), so that a new customer is near 1 and not at an end.
    """
    expected = T_days * (frequency.sum() / max(T_days.sum(), 1))
    return (frequency + 1) / (expected + 1)


def table(assigned: Assigned, *, level: float = 0.95) -> pd.DataFrame:
    """Return what the scales are made of, and how they go together.

    One row per scale: `scale`, `items` (text; "" where the tables carry none), `customers` with data.
    One row per pair: `scale` "a × b", `customers` with both, `rank_correlation` (Spearman) with
    `_lower` and `_upper` (Bonett and Wright 2000); None below 10 customers.
    """
    found, there = scales(assigned), items(assigned)
    rows = [
        {
            "scale": scale,
            "items": ", ".join(c for c in own if c in there),
            "customers": int(found[scale].notna().sum()),
        }
        for scale, own in ITEMS.items()
    ]
    for a, b in combinations(ITEMS, 2):
        both = found[[a, b]].dropna()
        rows.append({"scale": f"{a} × {b}", "customers": len(both), **_correlation(both, level)})
    columns = ["scale", "items", "customers", *(f"rank_correlation{e}" for e in ("", "_lower", "_upper"))]
    return pd.DataFrame(rows).reindex(columns=columns).fillna({"items": ""})


def _correlation(both: pd.DataFrame, level: float) -> Mapping[str, float]:
    """Return Spearman's correlation of two scales with its interval, or nothing below 10 customers."""
    if len(both) < 10 or (both.nunique() < 2).any():
        return {}
    r = float(spearmanr(both.iloc[:, 0], both.iloc[:, 1]).statistic)
    half = norm.ppf((1 + level) / 2) * np.sqrt((1 + r**2 / 2) / (len(both) - 3))
    centre = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    return {
        "rank_correlation": r,
        "rank_correlation_lower": float(np.tanh(centre - half)),
        "rank_correlation_upper": float(np.tanh(centre + half)),
    }


def _referrals(assigned: Assigned) -> pd.Series | None:
    """Return how many customers each one had brought before the cutoff; None where it is not known.

    `customers` has no time: someone referred counts once an own visit or order came before the cutoff.
    """
    known, connection = known_tables(assigned)
    if "customers" not in known or "referred_by" not in known["customers"].columns:
        return None
    seen = [known[t].select("customer").distinct() for t in ("transactions", "sessions") if t in known]
    if not seen:
        return None
    came = seen[0].union(*seen[1:], distinct=True) if len(seen) > 1 else seen[0]
    referred = known["customers"].semi_join(came, "customer")
    brought = referred.group_by("referred_by").agg(referrals=referred.count())
    counts = connection.to_pyarrow(brought.filter(brought.referred_by.notnull())).to_pandas()
    by_customer = counts.set_index("referred_by")["referrals"]
    return assigned.rows["customer"].map(by_customer).fillna(0).astype(np.float64)
