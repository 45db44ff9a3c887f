"""Opening what Python holds: data frames, arrow tables, relations of DuckDB, tables of Ibis."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import pyarrow as pa

from crmlab.data.bench import Bench
from crmlab.data.formats.source import Table, table_of
from crmlab.errors import UsageError

WAYS: Final = ("to_pyarrow_batches", "to_arrow_reader", "to_arrow", "fetch_arrow_reader")
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
        f"orders of type {type(frame).__name__} cannot be read: give a path, or a frame of pandas, Polars, arrow, "
        "DuckDB or Ibis"
    )


def _of_pandas(frame: pd.DataFrame) -> pa.Table:
    """Return a pandas frame as arrow; columns of mixed types as text."""
    frame = frame.set_axis([str(c) for c in frame.columns], axis=1)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        mixed = frame.select_dtypes("object").columns
        as_text = {c: frame[c].where(frame[c].isna(), frame[c].astype(str)).astype("str") for c in mixed}
        return pa.Table.from_pandas(frame.assign(**as_text), preserve_index=False)
