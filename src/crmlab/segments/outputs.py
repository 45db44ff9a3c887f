"""The tables that a segmentation leaves behind, for people and for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.segments import loyalty, policies
from crmlab.segments.assigned import CLOSENESS, Assigned, last_window, windows
from crmlab.segments.names import names
from crmlab.segments.profile import profile
from crmlab.segments.rules import rules

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


def tables(comparison: Comparison, method: str | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables of a segmentation (default: the one to use) by file name.

    `segments.parquet`: who is where, every window, a row per customer and origin. The others describe
    the last window: `profile.csv`, `rules.csv`, `policy.csv`, `loyalty.csv`; in them, cells with too
    few customers are hidden. Raises NotApplicable without segments or without the columns that
    place them, UsageError for a broken policies.yaml.
    """
    last, level = last_window(comparison, method), comparison.level
    called = names(last)
    described = profile(last, level=level)
    described.insert(3, "name", described["segment"].map(called))
    ruled = rules(last, level=level)
    ruled.insert(1, "name", ruled["segment"].map(called))
    return {
        "segments.parquet": pd.concat([members(w) for w in windows(comparison, method)], ignore_index=True),
        "profile.csv": described,
        "rules.csv": ruled,
        "policy.csv": policies.policy_table(last, policies.load(), level=level),
        "loyalty.csv": loyalty.table(last, level=level),
    }


def members(assigned: Assigned) -> pd.DataFrame:
    """Return `customer, origin, segment, name` and how sure that is, one row per customer.

    probability of the own segment, or distance to its centre, and the margin to the next one (0 to
    1): those that the method has. Each window has its own model: across windows, compare names.
    """
    closeness = [c for c in CLOSENESS if c in assigned.answers]
    return pd.DataFrame(
        {
            "customer": assigned.rows["customer"],
            "origin": assigned.rows["origin"],
            "segment": assigned.answers["segment"],
            "name": assigned.answers["segment"].map(names(assigned)),
            **{c: assigned.answers[c] for c in closeness},
        }
    )


def facts(comparison: Comparison, method: str) -> dict[str, dict[str, str]]:
    """Return what a registered model carries of its segments: name, and place where it is known.

    By the segment as text, of the last window, whose model it is.
    """
    last = last_window(comparison, method)
    found = {str(segment): {"name": name} for segment, name in names(last).items()}
    try:
        where = policies.places(last, policies.load())
    except NotApplicable:
        return found
    return {s: fact | where.loc[int(s), list(policies.AXES)].to_dict() for s, fact in found.items()}
