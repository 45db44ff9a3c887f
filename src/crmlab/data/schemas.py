"""The canonical tables as schemas: what each column holds, and a check that reports all at once."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING

from crmlab import registry
from crmlab.declare.table import FLAG, MONEY, TEXT, TIME, WHOLE, Column
from crmlab.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera

SHOWN = 3
"""How many offending values a message quotes."""


def check(
    table: str, frame: pd.DataFrame, *, dataset: str, span: tuple[str, str] | None = None
) -> pd.DataFrame:
    """Return `frame` when it is a canonical table, else raise one DataError that lists all faults.

    Faults are missing and unknown columns (with the nearest names), mistyped columns, null or
    duplicate keys, values that a column may not take, and times outside `span` (first and last
    day, inclusive). `labelled` may have any further columns. Rows are counted from 0.
    """
    import pandera.pandas as pandera

    known = registry.names("canonical")
    if table not in known:
        raise DataError(f"{dataset}: no canonical table is called '{table}'." + did_you_mean(table, known))
    try:
        return _schema(table, span).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        faults = _faults(table, frame, errors.failure_cases)
        lines = "".join(f"\n  - {fault}" for fault in faults)
        raise DataError(
            f"{dataset}: table '{table}' ({len(frame):,} rows) is not as declared:{lines}"
        ) from None


def _schema(table: str, span: tuple[str, str] | None) -> pandera.DataFrameSchema:
    """Return a table's pandera schema."""
    import pandera.pandas as pandera

    whole = registry.find("canonical", table)

    def column(name: str, declared: Column) -> pandera.Column:
        checks = [pandera.Check(lambda s: _holds(s.dropna(), declared.kind), name="kind")]
        if declared.among:
            checks.append(pandera.Check(lambda s: s.isna() | s.isin(declared.among), name="among"))
        if span and name == whole.time:
            checks.append(pandera.Check(lambda s: _within(s, span), name=f"span {span[0]} to {span[1]}"))
        return pandera.Column(
            None, checks, nullable=declared.null, unique=name == whole.key, required=declared.required
        )

    columns = {name: column(name, declared) for name, declared in whole.columns.items()}
    return pandera.DataFrameSchema(columns, strict=not whole.open, unique_column_names=True)


def _holds(values: pd.Series, kind: str) -> bool:
    """Tell whether all of the non-null values are of a kind."""
    import numpy as np
    from pandas.api import types

    if values.empty:
        return True
    is_bool = types.is_bool_dtype(values.dtype) or types.infer_dtype(values) == "boolean"
    is_number = types.is_numeric_dtype(values.dtype) and not is_bool
    if kind == TEXT:
        return types.infer_dtype(values) == "string"
    if kind == FLAG:
        return is_bool
    if kind == TIME:
        return types.is_datetime64_dtype(values.dtype)
    if kind == MONEY and types.infer_dtype(values) == "decimal":
        return all(isinstance(v, decimal.Decimal) and v.is_finite() for v in values)
    if not is_number or not np.isfinite(values.to_numpy(dtype="float64")).all():
        return False
    # a column with nulls may hold whole numbers as floats
    return kind != WHOLE or bool((values == values.round()).all())


def _within(times: pd.Series, span: tuple[str, str]) -> pd.Series | bool:
    """Tell which times lie from the first to the last day of a span; false kinds are left alone."""
    from pandas.api import types

    if not types.is_datetime64_dtype(times.dtype):
        return True
    first, last = (dt.datetime.fromisoformat(day) for day in span)
    return times.isna() | ((times >= first) & (times < last + dt.timedelta(days=1)))


def _faults(table: str, frame: pd.DataFrame, cases: pd.DataFrame) -> list[str]:
    """Return one sentence per fault found by pandera, columns in the table's order."""
    declared = list(registry.find("canonical", table).columns)
    unknown = [c for c in frame.columns if c not in declared]
    absent = [c for c in declared if c not in frame.columns]
    order = {name: i for i, name in enumerate(declared)}
    sentences = []
    for (rule, column), group in cases.groupby(["check", "column"], sort=False, dropna=False):
        values = group["failure_case"].tolist()
        if rule == "column_in_dataframe":
            for name in values:
                sentences.append((order[name], f"column '{name}' is missing." + did_you_mean(name, unknown)))
        elif rule == "column_in_schema":
            for name in values:
                meant = did_you_mean(name, absent or declared)
                sentences.append((len(order), f"column '{name}' is not known." + meant))
        else:
            rows = sorted(r for r in group["index"].dropna())
            sentences.append(
                (order.get(column, len(order)), _sentence(table, column, rule, frame, values, rows))
            )
    return [text for _, text in sorted(sentences)]


def _sentence(table: str, column: str, rule: str, frame: pd.DataFrame, values: list, rows: list) -> str:
    """Return one fault of one column in words."""
    whole = registry.find("canonical", table)
    name = f"key '{column}'" if column == whole.key else f"column '{column}'"
    where = f"{len(rows):,} row{'s' * (len(rows) != 1)} (" + _some(rows, "row ") + ")"
    if rule == "kind":
        found = frame[column]
        return f"{name} should be {whole.columns[column].kind}, is {found.dtype}: " + _some(
            found.dropna().tolist()
        )
    if rule == "not_nullable":
        return f"{name} is null in {where}"
    if rule == "field_uniqueness":
        return f"{name} repeats in {where}: " + _some(values)
    if rule == "among":
        allowed = ", ".join(map(str, whole.columns[column].among))
        return f"{name} has values other than {allowed} in {where}: " + _some(values)
    if str(rule).startswith("span"):
        return f"{name} lies outside the {rule} in {where}: " + _some(sorted(values))
    return f"{name}: {rule} ({_some(values)})"


def _some(values: list, prefix: str = "") -> str:
    """Return the first distinct values, quoted unless they are row numbers, and whether there are more."""
    distinct = list(dict.fromkeys(values))
    shown = ", ".join(f"{prefix}{v}" if prefix else f"'{v}'" for v in distinct[:SHOWN])
    return shown + (", ..." if len(distinct) > SHOWN else "")
