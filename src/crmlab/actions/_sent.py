"""What was sent: a list that went out, read and recorded, so that nobody is asked again too soon."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from crmlab import store
from crmlab.actions._audience import CONTACT, HELD_OUT
from crmlab.data.fingerprints import fingerprint
from crmlab.errors import DataError, UsageError
from crmlab.history import sent
from crmlab.params.checking import DAY

READ: Final = (".csv", ".parquet")
"""Endings of lists."""
LATEST: Final = 366
"""A list cannot have been sent so many days after the day it is for, or after the last day of the data."""
SHOWN: Final = 3
"""So many unknown customers are named."""


@dataclass(frozen=True)
class Sent:
    """What was recorded of a list: its name, the day, how many in which arm, and how many lines are new."""

    name: str
    day: str
    contacted: int
    held_out: int
    new: int


def record_sent(dataset: str, file: Path, *, day: str | None = None) -> Sent:
    """Record who on a list was contacted; the same list twice adds nothing.

    file: .parquet, or CSV with a column `customer`. With a column `contact` those to be contacted were, and
    those held out were left alone at random; without one everybody was contacted. day: default the list's
    `as_of`. Raises UsageError for a file without customers, for customers that the data set does not have,
    and for a day that is none, is before the list's or long after it; DataError for a file that
    cannot be read.
    """
    known = _customers(dataset)
    table = _read(file)
    if "customer" not in table:
        raise UsageError(f"{file} has no column 'customer': its columns are {', '.join(table)}")
    when, name = _day(table, file, day, dataset), _only(table, "list") or file.stem
    arm = table["contact"] if "contact" in table else pd.Series(CONTACT, index=table.index)
    rows = table[arm.isin((CONTACT, HELD_OUT))]
    if rows.empty:
        raise UsageError(f"{file} lists nobody for a contact: nothing was sent")
    customers = pd.Series([_own(c, known) for c in rows["customer"]], dtype="str")
    _refuse_unknown(customers, known, dataset, file)
    new = pd.DataFrame({"customer": customers, "day": when, "list": name, "arm": arm[rows.index].to_numpy()})
    counts = new["arm"].value_counts()
    added = sent.record(dataset, new)
    return Sent(name, when, int(counts.get(CONTACT, 0)), int(counts.get(HELD_OUT, 0)), added)


def _read(file: Path) -> pd.DataFrame:
    """Return a list, texts as they stand in it."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    if file.suffix.lower() not in READ:
        kinds = " or ".join(READ)
        raise UsageError(f"{file} is not {kinds}: give the list as it was written, or save it as CSV")
    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        with file.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
        separator = max(",;\t", key=first.count)
        return pd.read_csv(file, sep=separator, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError, csv.Error) as error:
        what = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{file} cannot be read ({what}): give the list as it was written") from None


def _day(table: pd.DataFrame, file: Path, day: str | None, dataset: str) -> str:
    """Return the day on which a list was sent."""
    listed = _only(table, "as_of")
    if day is None:
        if listed is None:
            raise UsageError(f"{file} does not say as of which day it is: say on which it was sent, --on DAY")
        return listed
    try:
        dt.date.fromisoformat(day if DAY.fullmatch(day) else "")
    except ValueError:
        raise UsageError(f"--on '{day}' is not a day: write it as YYYY-MM-DD") from None
    if listed is not None and day < listed:
        raise UsageError(f"{file} is as of {listed}: it cannot have been sent on {day}")
    begin, end = (listed, listed) if listed else _days_of(dataset)
    if day < begin:
        raise UsageError(f"--on {day} lies before {begin}, the first day of '{dataset}'")
    if day > (dt.date.fromisoformat(end) + dt.timedelta(days=LATEST)).isoformat():
        of = f"{end}, the day of the list" if listed else f"{end}, the last day of '{dataset}'"
        raise UsageError(f"--on {day} lies more than a year after {of}: a list is recorded when it was sent")
    return day


def _days_of(dataset: str) -> tuple[str, str]:
    """Return the first and the last day that the tables of a data set know of."""
    known = [t for t in fingerprint(dataset)["tables"].values() if "first" in t]
    days = [str(t[end])[:10] for t in known for end in ("first", "last")]
    return min(days, default=dt.date.min.isoformat()), max(days, default="9000-01-01")


def _only(table: pd.DataFrame, column: str) -> str | None:
    """Return the one text of a column, None where there is no such column or more than one."""
    found = set(table[column]) if column in table else set()
    return str(found.pop()) if len(found) == 1 else None


def _customers(dataset: str) -> frozenset[str]:
    """Return every customer that a data set's tables name."""
    connection = store.engine()
    found: set[str] = set()
    for table in store.open_tables(dataset, connection).values():
        if "customer" in table.columns:
            own = table.filter(table["customer"].notnull()).select("customer").distinct()
            found |= set(connection.to_pyarrow(own)["customer"].to_pylist())
    return frozenset(found)


def _own(customer: str, known: frozenset[str]) -> str:
    """Return a customer's id as the data have it: without what keeps it from being a formula."""
    bare = str(customer).removeprefix("'")
    return bare if customer not in known and bare in known else str(customer)


def _refuse_unknown(customers: pd.Series, known: frozenset[str], dataset: str, file: Path) -> None:
    """Refuse a list of customers that are not the data set's."""
    unknown = [c for c in customers if c not in known]
    if unknown:
        named = ", ".join(f"'{c}'" for c in unknown[:SHOWN])
        more = f" and {len(unknown) - SHOWN:,} more" if len(unknown) > SHOWN else ""
        raise UsageError(
            f"{file} lists customers that '{dataset}' does not have: {named}{more}. Nothing was recorded"
        )
