"""Opening what Python holds: data frames, arrow tables, relations of DuckDB, tables of Ibis."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import pyarrow as pa

from crmlab.data.bench import Bench
from crmlab.data.formats.rows import as_text
from crmlab.data.formats.source import Table, table_of
from crmlab.errors import UsageError

WAYS: Final = ("to_pyarrow", "to_arrow_reader", "to_arrow", "fetch_arrow_reader")
"""How libraries hand their rows over as arrow, in this order: Ibis, DuckDB, Polars, older DuckDB."""


def opened(workplace: Bench, frame: Any, table: str, *, name: str = "the frame") -> Table:
    """Return a frame open: pandas, arrow, Polars, a DuckDB relation or an Ibis table. Its index is left out.

    Raises UsageError for what is none of these.
    """
    given = _as_arrow(frame)
    workplace.connection.register("given_frame", given)
    workplace.run("CREATE OR REPLACE TABLE of_frame AS SELECT * FROM given_frame")
    workplace.connection.unregister("given_frame")
    return table_of(workplace, "of_frame", table, name=name)


def _as_arrow(frame: Any) -> Any:
    """Return rows as arrow."""
    if isinstance(frame, pd.DataFrame):
        return _of_pandas(frame)
    if isinstance(frame, (pa.Table, pa.RecordBatchReader)):
        return frame
    for way in WAYS:
        if callable(getattr(frame, way, None)):
            return getattr(frame, way)()
    raise UsageError(
        f"orders of type {type(frame).__name__} cannot be read: give a path, or a frame of pandas, Polars, "
        "arrow, DuckDB or Ibis"
    )


def _of_pandas(frame: pd.DataFrame) -> pa.Table:
    """Return a pandas frame as arrow, column by column."""
    return pa.table([_column(frame.iloc[:, i]) for i in range(frame.shape[1])], names=list(map(str, frame)))


def _column(values: pd.Series) -> pa.Array:
    """Return a column as arrow: times of a zone in UTC, mixed types as text."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
        return pa.array(naive, pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if pd.isna(v) else as_text(v) for v in values], pa.string())
