"""Tables of segments for readers: few columns, numbers with their intervals, hidden cells named."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

HIDDEN = "hidden"
"""Stands in a cell with too few customers."""

MOST = 12
"""Items shown of a part: those that tell segments apart most."""


def bought(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what each segment buys and where: over-index with interval, one column per segment.

    100 is what all customers do. Rows: category (share of spend), channel and country (share of
    orders), those that differ most first. tables: of `outputs.tables`.
    """
    return _wide(tables["profile.csv"], ["category", "channel", "country"], "over_index")


def columns(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the segments' standardised differences with intervals, one column per segment.

    A difference of .2 is small, .5 medium, .8 large (Cohen 1988). tables: of `outputs.tables`.
    """
    return _wide(tables["profile.csv"], ["column"], "difference")


def rules(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rule of each segment with its precision and recall. tables: of `outputs.tables`."""
    found = tables["rules.csv"]
    shown = {"Rule": found["rule"].fillna("–")}
    for name in ("precision", "recall"):
        shown[name.capitalize()] = [
            _interval(row[name], row[f"{name}_lower"], row[f"{name}_upper"], ".0%")
            for _, row in found.iterrows()
        ]
    return pd.DataFrame(shown).set_index(_label(found))


def fidelity(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return how well the rules give the segments back, in a sentence. tables: of `outputs.tables`."""
    row = tables["rules.csv"].iloc[0]
    shown = _interval(row["fidelity"], row["fidelity_lower"], row["fidelity_upper"], ".0%")
    return f"The rules give {shown} of customers whom they were not made from their own segment back."


def policy(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return who the segments are, where they lie, and what to do. tables: of `outputs.tables`."""
    found = tables["policy.csv"]
    shown = {
        "Customers": [HIDDEN if pd.isna(n) else f"{n:,.0f}" for n in found["customers"]],
        "Share": [HIDDEN if pd.isna(share) else f"{share:.1%}" for share in found["share"]],
        "Value": found["value"],
        "Recency": found["recency"],
        "Loyalty": found["loyalty"],
        "May be contacted": [_reach(row) for _, row in found.iterrows()],
        "Policy": found["policy"],
    }
    return pd.DataFrame(shown).set_index(_label(found))


def loyalty(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the loyalty scales that there are, and how they go together. tables: of `outputs.tables`."""
    found = tables["loyalty.csv"]
    found = found[found["customers"] > 0]
    ends = found[[f"rank_correlation{end}" for end in ("", "_lower", "_upper")]].to_numpy(dtype=float)
    shown = {
        "Made of": found["items"],
        "Customers": found["customers"].map("{:,}".format),
        "Rank correlation": ["–" if pd.isna(row[0]) else _interval(*row, ".2f") for row in ends],
    }
    return pd.DataFrame(shown).set_axis(found["scale"].rename("Scale"))


def _reach(row: pd.Series) -> str:
    """Return the share that consents; where nobody is hidden and it is missing, the tables do not say."""
    if pd.isna(row["reach"]) and not pd.isna(row["customers"]):
        return "not known"
    return _interval(row["reach"], row["reach_lower"], row["reach_upper"], ".0%")


def _wide(profile: pd.DataFrame, parts: list[str], measure: str) -> pd.DataFrame:
    """Return a measure with its interval: a row per item, a column per segment, in parts' order."""
    found = profile[profile["part"].isin(parts)].copy()
    if found.empty:
        return pd.DataFrame(columns=["item"]).set_index("item")
    ends = found[[measure, f"{measure}_lower", f"{measure}_upper"]].to_numpy()
    form = ",.0f" if measure == "over_index" else ".2f"
    found["shown"] = [_interval(*row, form) for row in ends]
    found["segment"] = _label(found)
    spread = found.groupby(["part", "item"])[measure].agg(lambda v: v.max() - v.min()).fillna(0.0)
    kept = [
        key
        for part in parts
        if part in spread.index.get_level_values("part")
        for key in spread.loc[[part]].sort_values(ascending=False, kind="stable").index[:MOST]
    ]
    return found.pivot(index=["part", "item"], columns="segment", values="shown").loc[kept]


def _label(found: pd.DataFrame) -> pd.Series:
    """Return number and name of each row's segment."""
    return (found["segment"].astype(str) + " " + found["name"]).rename("Segment")


def _interval(value: float, lower: float, upper: float, form: str) -> str:
    """Return a number with its interval, or that it is hidden."""
    if pd.isna(value):
        return HIDDEN
    if pd.isna(lower):
        return f"{value:{form}}"
    return f"{value:{form}} [{lower:{form}}, {upper:{form}}]"
