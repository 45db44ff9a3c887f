"""The further tables of a shop: read strictly, checked against its orders, written beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from crmlab import registry, store
from crmlab.data import schemas
from crmlab.data.bench import Bench, bench
from crmlab.data.own_tables.casting import Read, read
from crmlab.data.own_tables.columns import recognised
from crmlab.data.own_tables.completing import Orders, completed, visits
from crmlab.data.own_tables.fields import NUMBERED, TABLES
from crmlab.data.own_tables.identity import GAP_MINUTES, one_spelling
from crmlab.data.own_tables.words import STATES, meant, plain
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.data.tables import canonical, facts, time_of
from crmlab.declare.table import TEXT, TIME, WHOLE
from crmlab.errors import USAGE, DataError

OF_PEOPLE: Final = ("customers", "sessions", "events", "contacts", "tickets", "memberships", "consents")
"""Tables whose customers must be written like those of the orders."""

Written = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Files:
    """Which file (or frame) holds which further table, and how the files are written.

    columns: {table: {column: column name of the file}}. reading: as of the orders (crmlab.data.reading).
    """

    paths: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reading: Reading = NOTHING_SAID
    said: list[str] = field(default_factory=list)
    """Filled while reading: what a user should know, a line each."""


def further(files: Files) -> Callable[[Path], Written]:
    """Return what reads and writes the further tables into the folder that holds the order lines.

    Raises (when it is called) UsageError for columns that are not recognised, DataError for values that
    cannot be read, with their lines, and for customers of whom none is among the orders.
    """

    def write(folder: Path) -> Written:
        """Write one parquet file per table; return their facts for the fingerprint."""
        lines = pd.read_parquet(
            folder / "transactions.parquet", columns=["order_id", "customer", "timestamp", "product"]
        )
        orders, made = Orders(lines), {}
        for table, given in files.paths.items():
            with bench(folder) as workplace:
                made[table] = _brought(workplace, table, given, files, orders)
                files.said.extend(f"  {sentence}" for sentence in workplace.said)
        if "events" in made and "sessions" not in made:
            made["sessions"] = visits(made["events"], orders)
            count = len(made["sessions"])
            files.said.append(
                f"sessions: {count:,} cut from the events, at {GAP_MINUTES} minutes without one"
            )
        return {table: _written(folder, table, made[table]) for table in sorted(made)}

    return write


def _brought(workplace: Bench, table: str, given: Any, files: Files, orders: Orders) -> pd.DataFrame:
    """Return one table as its file and the orders give it."""
    declared = registry.find("canonical", table).columns
    source = read(
        workplace,
        given,
        lambda names, called: recognised(table, list(names), files.columns.get(table, {}), called),
        {name: column.kind for name, column in declared.items()},
        reading=files.reading,
        required=[name for name in TABLES[table] if _is_required(table, name)],
    )
    chosen = source.typed.columns
    _check_values(table, source)
    source.refuse()
    files.said.append(
        f"{table}: {len(source.frame):,} rows; {', '.join(f'{o} ← {t}' for o, t in chosen.items())}"
    )
    if "customer" in source.frame:
        source.frame["customer"] = one_spelling(source.frame["customer"])
    whole, said = completed(table, _filled(table, source.frame, files), orders)
    files.said.extend(f"  {sentence}" for sentence in (*said, *_beyond(table, whole, orders)))
    _check_people(table, whole, orders, files)
    return whole


def _is_required(table: str, column: str) -> bool:
    """Tell whether a column that a file has must have a value in every line."""
    declared = registry.find("canonical", table).columns[column]
    stands_in = (table, column) in FILLED_BY_ORDERS or _has_value(TABLES[table][column].stands_in)
    return declared.required and not declared.null and not stands_in


def _check_values(table: str, source: Read) -> None:
    """Note texts that must be there, keys that are repeated, and words that are not known."""
    whole, chosen = registry.find("canonical", table), source.typed.columns
    for ours, values in source.frame.items():
        declared, column = whole.columns[ours], chosen[ours]
        if declared.kind == TEXT and _is_required(table, ours):
            source.note(column, "is empty", values.isna())
        if ours == whole.key:
            source.note(column, "is there twice", values.duplicated() & values.notna(), values)
        if declared.among and declared.kind == WHOLE:
            allowed = ", ".join(map(str, declared.among))
            wrong = values.notna() & ~values.isin(declared.among)
            source.note(column, f"is none of {allowed}", wrong, values)
    _check_possible(table, source)
    if "state" in source.frame:
        state = source.frame["state"]
        unknown = state.notna() & ~state.map(lambda v: plain(str(v))).isin(meant(STATES))
        source.note(chosen["state"], f"is none of {', '.join(STATES)}", unknown, state)


def _check_possible(table: str, source: Read) -> None:
    """Note amounts below 0 and ends before their beginnings."""
    frame, chosen = source.frame, source.typed.columns
    for ours in NOT_BELOW_0:
        if ours in frame:
            source.note(chosen[ours], "is below 0", (frame[ours] < 0).fillna(False), frame[ours])
    begin, ends = LATER.get(table, ("", ()))
    for end in ends:
        if {begin, end} <= set(frame):
            early = frame[end] < frame[begin]
            source.note(chosen[end], f"lies before {chosen[begin]}", early, frame[end])


NOT_BELOW_0: Final = ("unit_cost", "unit_price", "monthly_fee", "pages", "duration_seconds")
LATER: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "assortment": ("available_from", ("available_until",)),
    "contacts": ("timestamp", ("replied_at",)),
    "memberships": ("started", ("ended",)),
    "tickets": ("timestamp", ("first_response_at", "resolved_at")),
}
"""{table: (a beginning, what cannot come before it)}"""


def _beyond(table: str, frame: pd.DataFrame, orders: Orders) -> list[str]:
    """Say how many rows became known after the last day of the orders, and are out of every window."""
    time = time_of(table)
    if not time or time not in frame:
        return []
    last = orders.lines["timestamp"].max().normalize()
    n = int((frame[time] >= last + pd.Timedelta(days=1)).sum())
    return [f"{n:,} rows lie after {last:%Y-%m-%d}, the last day of the orders"] if n else []


def _has_value(stands_in: Any) -> bool:
    """Tell whether a value stands in where a file has none."""
    return isinstance(stands_in, str | int | float | bool)


FILLED_BY_ORDERS: Final = (("fulfilment", "timestamp"), ("assortment", "available_from"))
"""Columns of which the orders say what a file leaves out."""


def _filled(table: str, frame: pd.DataFrame, files: Files) -> pd.DataFrame:
    """Return a table with what stands in for columns and values that its file does not have."""
    whole = registry.find("canonical", table).columns
    for column, declared in TABLES[table].items():
        stands_in, there = declared.stands_in, column in frame
        if stands_in is NUMBERED and not there:
            frame[column] = [f"{number:09d}" for number in range(1, len(frame) + 1)]
        elif _has_value(stands_in):
            missing = int(frame[column].isna().sum()) if there else len(frame)
            frame[column] = frame[column].fillna(stands_in) if there else stands_in
            if missing:
                files.said.append(
                    f"  {table}.{column} is not given in {missing:,} rows: taken as {stands_in!r}"
                )
        elif not there and whole[column].required and whole[column].null:
            kind = "datetime64[us]" if whole[column].kind == TIME else "object"
            frame[column] = pd.Series([None] * len(frame), index=frame.index, dtype=kind)
    return frame


def _check_people(table: str, frame: pd.DataFrame, orders: Orders, files: Files) -> None:
    """Say how many of a table's customers have orders; refuse a table none of whose customers has."""
    if table not in OF_PEOPLE:
        return
    people = frame["customer"].dropna().unique()
    have = int(pd.Series(people).isin(orders.lines["customer"]).sum())
    if len(people) and not have:
        raise DataError(
            f"none of the {len(people):,} customers of {table} ('{people[0]}', ...) is among those of the "
            f"orders ('{orders.lines['customer'].dropna().iloc[0]}', ...): are their ids written alike?",
            exit_code=USAGE,
        )
    files.said.append(f"  {len(people):,} customers, of whom {have:,} have orders")


def _written(folder: Path, table: str, frame: pd.DataFrame) -> dict[str, Any]:
    """Check and write one table; return its facts."""
    declared = registry.find("canonical", table)
    known = frame[[c for c in declared.columns if c in frame]]
    ready = canonical(table, schemas.check(table, known.reset_index(drop=True), dataset=table))
    store.write_frame(folder / f"{table}.parquet", ready)
    time = time_of(table)
    ends = None
    if time and ready.num_rows:
        found = ready[time].to_pandas()
        ends = {"min": found.min(), "max": found.max()}
    missing = {name: ready[name].null_count for name in ready.column_names}
    return facts(ready.schema, ready.num_rows, ends, missing, store.digest(ready))
