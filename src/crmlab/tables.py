"""From raw files to canonical tables: checked, flagged, cast, sorted, with a readable fingerprint."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crmlab import registry, schemas, store
from crmlab.cleaning import NO_RULES, Rules, flag, summary
from crmlab.errors import DataError
from crmlab.fetch import verified
from crmlab.registry import Dataset
from crmlab.vocabulary import TABLES, TIME_COLUMN

MONEY = pa.decimal128(18, 4)
ARROW: Mapping[str, pa.DataType] = {
    schemas.TEXT: pa.string(),
    schemas.WHOLE: pa.int64(),
    schemas.NUMBER: pa.float64(),
    schemas.MONEY: MONEY,
    schemas.TIME: pa.timestamp("us"),
    schemas.FLAG: pa.bool_(),
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
            **_identity(dataset, declared),
            "tables": {name: _facts(name, table) for name, table in ready.items()},
            **({"flags": _flags(ready["transactions"])} if "transactions" in ready else {}),
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
    declared = schemas.COLUMNS[table]
    by = [c for c in (TIME_COLUMN.get(table), schemas.key(table)) if c]
    frame = frame.sort_values(by, kind="stable")
    present = [c for c in declared if c in frame]
    further = frame.drop(columns=present)
    columns = {c: _cast(frame[c], ARROW[declared[c].kind]) for c in present}
    return store.as_arrow(pa.table(columns | {c: _cast(further[c], _guess(further[c])) for c in further}))


def _adapted(module: ModuleType, dataset: str, raw: Path) -> dict[str, pd.DataFrame]:
    """Return the tables that a data set's adapters give, in the canonical order."""
    if hasattr(module, "tables"):
        given = module.tables(raw)
    else:
        given = {name: getattr(module, name)(raw) for name in TABLES if hasattr(module, name)}
    if not given:
        raise DataError(f"src/crmlab/datasets/{dataset}.py has no adapter: define one of {', '.join(TABLES)}")
    return {
        n: given[n] for n in sorted(given, key=lambda n: (n not in TABLES, n in TABLES and TABLES.index(n)))
    }


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


def _identity(dataset: str, declared: Dataset) -> dict[str, Any]:
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
    time = TIME_COLUMN.get(name)
    facts: dict[str, Any] = {"rows": table.num_rows}
    if time in table.column_names and table.num_rows:
        ends = pc.min_max(table[time]).as_py()
        facts |= {"first": ends["min"].isoformat(" "), "last": ends["max"].isoformat(" ")}
    facts["digest"] = store.digest(table)
    facts["columns"] = {
        field.name: str(field.type) + (f", {nulls:,} null" if (nulls := table[field.name].null_count) else "")
        for field in table.schema
    }
    return facts


def _flags(transactions: pa.Table) -> dict[str, Any]:
    """Return the counts and revenue shares of the flags, from exact amounts."""
    wanted = [c for c in transactions.column_names if c.startswith("is_") or c in ("amount", "cancels_line")]
    return summary(transactions.select(wanted).to_pandas())


def _write(
    dataset: str, ready: Mapping[str, pa.Table], apart: Mapping[str, pa.Table], fingerprint: Mapping[str, Any]
) -> None:
    """Write all files of a data set under a lock: to a temporary folder, then renamed."""
    folder = store.tables_folder(dataset)
    with store.locked(f"tables.{dataset}"):
        for left_over in folder.parent.glob(f".{dataset}.*.part"):
            shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()
        with store.replacing_folder(folder) as part:
            for name, table in ready.items():
                store.write_frame(part / f"{name}.parquet", table)
            for name, table in apart.items():
                store.write_frame(part / store.truth_folder(dataset).name / f"{name}.parquet", table)
        store.write_json(store.fingerprint_file(dataset), fingerprint)
