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
from crmlab.data.own_tables.casting import Source, cast, times
from crmlab.data.own_tables.columns import recognised
from crmlab.data.own_tables.completing import Orders, completed, visits
from crmlab.data.own_tables.fields import NUMBERED, TABLES
from crmlab.data.own_tables.identity import GAP_MINUTES
from crmlab.data.own_tables.words import STATES, meant, plain
from crmlab.data.tables import canonical, facts, time_of
from crmlab.declare.table import TIME, WHOLE
from crmlab.errors import USAGE, DataError

OF_PEOPLE: Final = ("customers", "sessions", "events", "contacts", "tickets", "memberships", "consents")
"""Tables whose customers must be written like those of the orders."""

Written = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Files:
    """Which file holds which further table, and how the files are written.

    columns: {table: {column: column name of the file}}. decimal, date_format: as of the orders.
    """

    paths: Mapping[str, Path]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    decimal: str = "."
    date_format: str | None = None
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
        with bench(folder) as workplace:
            for table, path in files.paths.items():
                made[table] = _brought(workplace, table, path, files, orders)
        if "events" in made and "sessions" not in made:
            made["sessions"] = visits(made["events"], orders)
            count = len(made["sessions"])
            files.said.append(
                f"sessions: {count:,} cut from the events, at {GAP_MINUTES} minutes without one"
            )
        return {table: _written(folder, table, made[table]) for table in sorted(made)}

    return write


def _brought(workplace: Bench, table: str, path: Path, files: Files, orders: Orders) -> pd.DataFrame:
    """Return one table as its file and the orders give it."""
    source = Source(path, files.decimal, files.date_format)
    frame = source.read()
    chosen = recognised(table, list(frame.columns), files.columns.get(table, {}), path.name)
    declared = registry.find("canonical", table).columns
    dated = {theirs: frame[theirs] for ours, theirs in chosen.items() if declared[ours].kind == TIME}
    when = times(workplace, source, dated)
    typed = {
        ours: when[theirs] if theirs in when else cast(source, theirs, frame[theirs], declared[ours].kind)
        for ours, theirs in chosen.items()
    }
    _check_values(table, typed, chosen, source)
    source.refuse()
    files.said.append(f"{table}: {len(frame):,} rows; {', '.join(f'{o} ← {t}' for o, t in chosen.items())}")
    whole, said = completed(table, _filled(table, pd.DataFrame(typed), files), orders)
    files.said.extend(f"  {sentence}" for sentence in said)
    _check_people(table, whole, orders, files)
    return whole


def _check_values(
    table: str, typed: Mapping[str, pd.Series], chosen: Mapping[str, str], source: Source
) -> None:
    """Note keys that are missing or repeated, values that must be there, and words that are not known."""
    whole = registry.find("canonical", table)
    for ours, values in typed.items():
        declared, column = whole.columns[ours], chosen[ours]
        stands_in = (table, ours) in FILLED_BY_ORDERS or _has_value(TABLES[table][ours].stands_in)
        if declared.required and not declared.null and not stands_in:
            source.note(column, "is empty", values.isna())
        if ours == whole.key:
            source.note(column, "is there twice", values.duplicated() & values.notna(), values)
        if declared.among and declared.kind == WHOLE:
            allowed = ", ".join(map(str, declared.among))
            wrong = values.notna() & ~values.isin(declared.among)
            source.note(column, f"is none of {allowed}", wrong, values)
    if "state" in typed:
        unknown = typed["state"].notna() & ~typed["state"].map(lambda v: plain(str(v))).isin(meant(STATES))
        source.note(chosen["state"], f"is none of {', '.join(STATES)}", unknown, typed["state"])


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
