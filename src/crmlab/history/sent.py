"""Sent: who was contacted by which list on which day, by `crmlab sent` or the table of contacts."""

from __future__ import annotations

import datetime as dt
from typing import Final

import ibis
import pandas as pd

from crmlab import store
from crmlab.errors import DataError

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


def in_contacts(dataset: str, campaign: str, day: str, *, days: int) -> frozenset[str]:
    """Return who was contacted so lately by a campaign of this name, by the data set's own table of contacts.

    Other campaigns, such as newsletters to everybody, make nobody rest.
    """
    connection = store.engine()
    try:
        contacts = store.open_tables(dataset, connection).get("contacts")
    except DataError:
        return frozenset()
    if contacts is None or not days:
        return frozenset()
    last = dt.date.fromisoformat(day)
    date = contacts.timestamp.cast("date")
    lately = date.between(ibis.literal(last - dt.timedelta(days=days - 1)), ibis.literal(last))
    own = contacts.filter(contacts.campaign == campaign, contacts.treatment == 1, lately)
    return frozenset(connection.to_pyarrow(own.select("customer").distinct())["customer"].to_pylist())


def record(dataset: str, new: pd.DataFrame) -> int:
    """Add rows of COLUMNS to what was sent; return how many were not there before."""
    before = recorded(dataset)
    whole = pd.concat([before, new[list(COLUMNS)].astype("str")]).drop_duplicates(ignore_index=True)
    with store.replacing(store.sent_file(dataset)) as part:
        whole.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
    return len(whole) - len(before)
