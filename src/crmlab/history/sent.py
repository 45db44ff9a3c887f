"""Sent: which customers were contacted by which list on which day, as recorded by `crmlab sent`."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pandas as pd

from crmlab import store

COLUMNS: Final = ("customer", "day", "list", "arm")
"""arm: `contact`, or `held out` where somebody was left alone at random."""

CONTACTED: Final = "contact"


def recorded(dataset: str) -> pd.DataFrame:
    """Return all that was recorded as sent, texts: COLUMNS; no rows where nothing was."""
    path = store.sent_file(dataset)
    if not path.is_file():
        return pd.DataFrame({c: pd.Series([], dtype="str") for c in COLUMNS})
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def resting_on(dataset: str, day: str, *, days: int) -> frozenset[str]:
    """Return who was contacted on a day or in the `days` - 1 before it, by any list."""
    if not days:
        return frozenset()
    own = recorded(dataset)
    first = (dt.date.fromisoformat(day) - dt.timedelta(days=days - 1)).isoformat()
    lately = (own["arm"] == CONTACTED) & own["day"].between(first, day)
    return frozenset(own.loc[lately, "customer"])


def record(dataset: str, new: pd.DataFrame) -> int:
    """Add rows of COLUMNS to what was sent; return how many were not there before."""
    before = recorded(dataset)
    whole = pd.concat([before, new[list(COLUMNS)].astype("str")]).drop_duplicates(ignore_index=True)
    with store.replacing(store.sent_file(dataset)) as part:
        whole.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
    return len(whole) - len(before)
