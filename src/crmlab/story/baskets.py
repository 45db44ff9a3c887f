"""What is said of a problem of baskets: what is looked for, what can be found at all, and what limits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

ITEM = {"product": "products", "category": "categories"}


def asked(known: Mapping[str, Any]) -> dict[str, str]:
    """Return, in place of outcome and base rate, what is looked for, who can be judged, and the ceiling."""
    windows = known["windows"]
    items = ITEM[known["spec"].get("by", "product")]
    repeat, new = (_mean(windows, c) for c in ("repeat_share", "new_category_share"))
    sorts = f"{repeat:.1%} had been bought by the customer before"
    if new:
        sorts += f", {new:.1%} were of a category new to her"
    return {
        "Looked for": f"{known['label']}; items are {items}",
        "Who can be judged": f"who bought: {known['base_rate']:.1%} of the rows",
        "Of the items bought": sorts,
        "Ceiling": ceiling(windows),
    }


def ceiling(windows: list[dict[str, Any]]) -> str:
    """Return which share of the revenue no method can find, as nobody had bought the items before."""
    shares = [w["unseen_revenue_share"] for w in windows if w["unseen_revenue_share"] is not None]
    if not shares:
        return "nothing was paid in the test windows"
    unseen = max(w["unseen_items"] for w in windows)
    among = f"{unseen:,} items" + ("" if len(windows) == 1 else " at most in a window")
    return (
        f"{sum(shares) / len(shares):.1%} of test revenue is of products that training never saw ({among}): "
        "methods that learn from purchases cannot offer them"
    )


def windows(known: Mapping[str, Any]) -> pd.DataFrame:
    """Return what was known and what is to be found, one row per window."""
    found = known["windows"]
    return pd.DataFrame(
        {
            "Cutoff": [w["cutoff"] or "each customer's own" for w in found],
            "Baskets known": [w["baskets_known"] for w in found],
            "Items known": [w["items_known"] for w in found],
            "Customers": [w["n_test"] for w in found],
            "Of them bought": [w["base_rate_test"] for w in found],
            "Items bought": [w["items_bought"] for w in found],
            "Bought before": [w["repeat_share"] for w in found],
            "Never seen, of revenue": [w["unseen_revenue_share"] for w in found],
        },
        index=pd.Index([w["window"] + 1 for w in found], name="Window"),
    )


def limits(comparison: Any) -> list[str]:
    """Return what limits a comparison of recommendations, one sentence each."""
    known = comparison.problem.facts
    said = [f"{ceiling(known['windows'])[:1].upper()}{ceiling(known['windows'])[1:]}."]
    if known["protocol"] == "last_basket":
        said.append(
            "Each customer's last basket was held out, whenever it was: methods that learn from other "
            "customers may have read what these bought after it. The same question forward in time, by "
            "`next_basket`, has no such leak."
        )
    else:
        said.append(f"The intervals vary {comparison.varies}: another year may differ by more.")
        said.append(
            "Judged are those who bought within the window: what would be offered to the others is not known "
            "to be right or wrong."
        )
    said.append(
        "What is found was bought without being recommended: no number here says what an offer would change."
    )
    if len(known["windows"]) == 1:
        said.append("There is one test window: nothing is known of how the answer moves over time.")
    return said


def _mean(windows: list[dict[str, Any]], column: str) -> float:
    """Return the mean of a fact over the windows."""
    return sum(w[column] for w in windows) / len(windows)
