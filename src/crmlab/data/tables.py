"""From raw files to canonical tables: checked, flagged, cast, sorted, with a readable fingerprint."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crmlab import registry, store
from crmlab.data import schemas
from crmlab.data.cleaning import NO_RULES, Rules, flag, summary
from crmlab.data.fetch import verified
from crmlab.declare import table as kinds
from crmlab.declare.dataset import Dataset
from crmlab.errors import DataError

MONEY = pa.decimal128(18, 4)
ARROW: Mapping[str, pa.DataType] = {
    kinds.TEXT: pa.string(),
    kinds.WHOLE: pa.int64(),
    kinds.NUMBER: pa.float64(),
    kinds.MONEY: MONEY,
    kinds.TIME: pa.timestamp("us"),
    kinds.FLAG: pa.bool_(),
}


def make_tables(dataset: str) -> dict[str, Any]:
    """Make the canonical tables of a data set and return its fingerprint, which is also written.

    Raises DataError where raw files are missing or changed (run `crmlab fetch` first), or where a
    table is not as declared. Same raw files, same bytes.
    """
    declared, module = registry.find("datasets", dataset), registry.module("datasets", dataset)
    raw = verified(dataset)
    tables = _adapted(module, dataset, raw)
    return write_tables(
        dataset,
        declared,
        tables,
        truth=module.truth(raw) if hasattr(module, "truth") else None,
        rules=getattr(module, "RULES", NO_RULES),
        notes=getattr(module, "notes", None),
    )


def write_tables(
    dataset: str,
    declared: Dataset,
    tables: Mapping[str, pd.DataFrame],
    *,
    truth: Mapping[str, pd.DataFrame] | None = None,
    rules: Rules = NO_RULES,
    notes: Callable[[dict[str, pd.DataFrame]], dict[str, int]] | None = None,
) -> dict[str, Any]:
    """Check, flag, cast, sort and write tables; return the fingerprint, which is written last.

    truth: tables for the oracle and tests, written apart and not checked. rules: for the flags of
    `transactions`. notes: counts of oddities for the fingerprint.
    """
    checked = {n: schemas.check(n, f, dataset=dataset, span=declared.span) for n, f in tables.items()}
    if "transactions" in checked:
        checked["transactions"] = flag(checked["transactions"], rules)
    ready = {name: canonical(name, frame) for name, frame in checked.items()}
    apart = {name: _cast_freely(frame) for name, frame in (truth or {}).items()}
    fingerprint = store.rounded(
        {
            **identity(dataset, declared),
            "tables": {name: _facts(name, table) for name, table in ready.items()},
            **({"flags": summary(ready["transactions"])} if "transactions" in ready else {}),
            **({"notes": notes(checked)} if notes else {}),
            **({"truth": {n: _facts(n, t) for n, t in apart.items()}} if apart else {}),
        }
    )
    _write(dataset, ready, apart, fingerprint)
    return fingerprint


def canonical(table: str, frame: pd.DataFrame) -> pa.Table:
    """Return a checked frame as arrow: canonical types and order of columns, rows by time and key.

    Money is rounded to 4 decimals.
    """
    declared = registry.find("canonical", table)
    by = [c for c in (declared.time, declared.key) if c]
    frame = frame.sort_values(by, kind="stable")
    present = [c for c in declared.columns if c in frame]
    further = frame.drop(columns=present)
    columns = {c: _cast(frame[c], ARROW[declared.columns[c].kind]) for c in present}
    return store.as_arrow(pa.table(columns | {c: _cast(further[c], _guess(further[c])) for c in further}))


def _adapted(module: ModuleType, dataset: str, raw: Path) -> dict[str, pd.DataFrame]:
    """Return the tables that a data set's adapters give, in the canonical order."""
    known = registry.names("canonical")
    if hasattr(module, "tables"):
        given = module.tables(raw)
    else:
        given = {name: getattr(module, name)(raw) for name in known if hasattr(module, name)}
    if not given:
        raise DataError(f"src/crmlab/datasets/{dataset}.py has no adapter: define one of {', '.join(known)}")
    return dict(sorted(given.items()))


def _cast(values: pd.Series, to: pa.DataType) -> pa.Array:
    """Return a column as arrow of a type; what is missing in pandas is null."""
    if values.isna().all():
        return pa.nulls(len(values), to)
    if to == MONEY and pd.api.types.is_numeric_dtype(values.dtype) and not _is_decimal(values):
        return pa.array(values.astype("float64"), from_pandas=True).cast(to)
    if pa.types.is_integer(to):
        values = values.astype("Int64")
    if pa.types.is_boolean(to):
        values = values.astype("boolean")
    if pa.types.is_timestamp(to):
        values = values.astype("datetime64[us]")
    array = pa.array(values, from_pandas=True)
    return (array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array).cast(to)


def _is_decimal(values: pd.Series) -> bool:
    """Tell whether a column holds decimals (arrow-backed ones count as numeric in pandas)."""
    return "decimal" in str(values.dtype)


def _guess(values: pd.Series) -> pa.DataType:
    """Return the arrow type of a published column, whose name and kind are the source's own."""
    types = pd.api.types
    if types.is_bool_dtype(values.dtype):
        return pa.bool_()
    if types.is_integer_dtype(values.dtype):
        return pa.int64()
    if types.is_float_dtype(values.dtype):
        return pa.float64()
    return pa.timestamp("us") if types.is_datetime64_dtype(values.dtype) else pa.string()


def _cast_freely(frame: pd.DataFrame) -> pa.Table:
    """Return a truth table as arrow."""
    return store.as_arrow(pa.table({c: _cast(frame[c], _guess(frame[c])) for c in frame}))


def identity(dataset: str, declared: Dataset) -> dict[str, Any]:
    """Return what names a data set and its files."""
    return {
        "dataset": dataset,
        "label": declared.label,
        "cite": declared.cite,
        "licence": declared.licence,
        "homepage": declared.homepage,
        "currency": declared.currency,
        "span": declared.span,
        "barred": dict(declared.barred),
        "sources": {
            "files": len(declared.sources),
            "digest": store.digest_of([(s.name, s.sha256) for s in declared.sources]),
        },
    }


def _facts(name: str, table: pa.Table) -> dict[str, Any]:
    """Return the readable facts of a table: rows, columns, types, nulls, span, digest."""
    time = time_of(name)
    ends = None
    if time in table.column_names and table.num_rows:
        ends = pc.min_max(table[time]).as_py()
    missing = {field.name: table[field.name].null_count for field in table.schema}
    return facts(table.schema, table.num_rows, ends, missing, store.digest(table))


def time_of(name: str) -> str | None:
    """Return the column that says when a row of a table became known, None where there is none."""
    return registry.find("canonical", name).time if name in registry.names("canonical") else None


def facts(
    schema: pa.Schema,
    rows: int,
    ends: Mapping[str, dt.datetime] | None,
    missing: Mapping[str, int],
    digest: str,
) -> dict[str, Any]:
    """Return what a fingerprint says of a table. ends: min and max of its times. missing: nulls by column."""
    span = {"first": ends["min"].isoformat(" "), "last": ends["max"].isoformat(" ")} if ends else {}
    columns = {
        field.name: str(field.type) + (f", {missing[field.name]:,} null" if missing[field.name] else "")
        for field in schema
    }
    return {"rows": rows, **span, "digest": digest, "columns": columns}


def _write(
    dataset: str, ready: Mapping[str, pa.Table], apart: Mapping[str, pa.Table], fingerprint: Mapping[str, Any]
) -> None:
    """Write all files of a data set, or none."""
    with publishing(dataset) as published:
        for name, table in ready.items():
            store.write_frame(published.folder / f"{name}.parquet", table)
        for name, table in apart.items():
            store.write_frame(published.folder / store.truth_folder(dataset).name / f"{name}.parquet", table)
        published.fingerprint.update(fingerprint)


class Published(NamedTuple):
    """What is being made of a data set: the folder of its tables, and the fingerprint that goes with them."""

    folder: Path
    fingerprint: dict[str, Any]


@contextlib.contextmanager
def publishing(dataset: str) -> Iterator[Published]:
    """Yield a place for a data set's tables and fingerprint, which then replace the old ones.

    Another process that makes the same tables waits; what a killed one left behind is removed.
    """
    folder = store.tables_folder(dataset)
    with store.locked(f"tables.{dataset}"):
        finish(dataset)
        store.remove_left_over(folder)
        announced = _announced(dataset)
        try:
            with store.room_for(f"the tables of {dataset}"), store.replacing_folder(folder) as part:
                published = Published(part, {})
                yield published
                store.write_json(announced, {"of": part.stat().st_ino, "fingerprint": published.fingerprint})
            finish(dataset)
        finally:
            announced.unlink(missing_ok=True)


def finish(dataset: str) -> None:
    """Write the fingerprint of tables that were put in their place by a process that then was killed."""
    folder, announced = store.tables_folder(dataset), _announced(dataset)
    if not announced.is_file() or not folder.is_dir():
        return
    said = store.read_json(announced, made_by=f"crmlab tables {dataset}")
    if said["of"] == folder.stat().st_ino:
        store.write_json(store.fingerprint_file(dataset), said["fingerprint"])
        announced.unlink(missing_ok=True)


def _announced(dataset: str) -> Path:
    """Return where a fingerprint waits until its tables are in their place."""
    file = store.fingerprint_file(dataset)
    return file.with_name(f"{file.name}.next")
