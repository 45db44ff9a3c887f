"""What to do for each segment: every customer's segment, its name, and the shop's policy for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from crmlab.declare.action import Action
from crmlab.segments import outputs, policies
from crmlab.segments.assigned import last_window

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


@dataclass(frozen=True)
class Served:
    """The customers of a segmentation's last window, by what is done for them.

    table: one row per customer: `customer`, `segment`, `name`, `policy`, and how sure the segment is.
    further: the tables that describe the segments, by file name (see `outputs.tables`).
    """

    table: pd.DataFrame
    further: Mapping[str, pd.DataFrame]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many customers are in how many segments, and how many policies they meet."""
        counts = self.table[["segment", "policy"]].nunique()
        return (
            f"The {len(self.table):,} customers of the last window are in {counts['segment']} segments, for "
            f"which policies.yaml has {counts['policy']} different policies.",
        )

    def head(self, count: int = 15) -> pd.DataFrame:
        """Return the top of the list for readers."""
        top = self.table.head(count).set_index("customer").rename_axis("Customer")
        return top[["segment", "name", "policy"]].rename(columns=str.capitalize)


def make(comparison: Comparison, *, reasoned: int = 0) -> Served:
    """Return what to do for the last window's customers, by the segmentation to use.

    reasoned: not asked for, as the rules of the segments are the reasons. Raises NotApplicable without
    segments or without the columns that place them, UsageError for a broken policies.yaml.
    """
    tables = outputs.tables(comparison)
    policy = tables["policy.csv"].set_index("segment")["policy"]
    table = outputs.members(last_window(comparison)).drop(columns="origin")
    table.insert(table.columns.get_loc("name") + 1, "policy", table["segment"].map(policy))
    return Served(table, tables)


def facts(comparison: Comparison, method: str | None = None) -> dict[str, Any]:
    """Return, as plain JSON, the name and place of each segment (see `outputs.facts`)."""
    return {"segments": outputs.facts(comparison, method)}


def answered(answers: pd.DataFrame, rows: pd.DataFrame, known: Mapping[str, Any], model: Any) -> pd.DataFrame:
    """Return segment, name and how sure they are, with `policy` by the policies.yaml of today."""
    return policies.with_policy(answers, known["segments"])


ACTION = Action(
    label="What to do for each segment",
    tasks=("segmentation",),
    make=make,
    facts=facts,
    answered=answered,
)
