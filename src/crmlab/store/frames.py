"""Tables as parquet, whose bytes depend on the content, and their digests."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmlab.errors import DataError
from crmlab.store.files import replacing
from crmlab.store.project import show

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROW_GROUP: Final = 2**20
"""Rows of a parquet file that are written together."""

BLOCK: Final = 4 * ROW_GROUP
"""Rows that are hashed together."""


def write_frame(path: Path, frame: pd.DataFrame | pa.Table) -> None:
    """Write parquet whose bytes depend on the content and the locked pyarrow only."""
    import pyarrow.parquet as pq

    with replacing(path) as part:
        pq.write_table(as_arrow(frame), part, compression="zstd", store_schema=True)


def write_batches(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    """Write record batches as one parquet file, the bytes that `write_frame` makes of them together.

    No more than a row group is held in memory.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[pa.RecordBatch] = []
    with replacing(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in batches:
            waiting.append(batch)
            while sum(b.num_rows for b in waiting) >= ROW_GROUP:
                together = pa.Table.from_batches(waiting, schema)
                writer.write_table(together[:ROW_GROUP].combine_chunks(), ROW_GROUP)
                waiting = together[ROW_GROUP:].to_batches()
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema).combine_chunks(), ROW_GROUP)


def read_frame(path: Path, *, made_by: str) -> pd.DataFrame:
    """Read parquet as pandas; `made_by` is the command that makes the file.

    Raises DataError where the file is missing or is not parquet.
    """
    import pandas as pd

    return _read(pd.read_parquet, path, made_by)


def read_table(path: Path, *, made_by: str) -> pa.Table:
    """Read parquet as arrow, as it was written. Raises DataError as `read_frame` does."""
    import pyarrow.parquet as pq

    return _read(pq.read_table, path, made_by)


def _read(read: Callable[[Path], Any], path: Path, made_by: str) -> Any:
    """Return what a reader makes of a parquet file, or raise DataError with what to do."""
    import pyarrow as pa

    if not path.is_file():
        raise DataError(f"{show(path)} is missing: run `{made_by}` first")
    try:
        return read(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{show(path)} cannot be read ({error}): run `{made_by}` again") from None


def as_arrow(frame: pd.DataFrame | pa.Table) -> pa.Table:
    """Return an arrow table in one chunk, without an index and without metadata."""
    import pyarrow as pa

    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    return table.replace_schema_metadata(None).combine_chunks()


def digest(frame: pd.DataFrame | pa.Table) -> str:
    """Return the SHA-256 of a table's schema and values (not of a file's bytes).

    A table of more than `BLOCK` rows is hashed in blocks, and the digest is the hash of theirs.
    """
    table = as_arrow(frame)
    if table.num_rows <= BLOCK:
        return _digest_of_columns(table.schema, table.columns)
    starts = range(0, table.num_rows, BLOCK)
    return _together(_digest_of_columns(table.schema, table[i : i + BLOCK].columns) for i in starts)


def digest_of_file(path: Path, *, made_by: str, rows: int | None = None) -> str:
    """Return the `digest` of a parquet file, holding one column of a block in memory at a time.

    rows: of the table of the first so many rows alone. Raises DataError as `read_frame` does.
    """
    return _read(functools.partial(_digest_by_blocks, rows=rows), path, made_by)


def _digest_by_blocks(path: Path, rows: int | None) -> str:
    """Return the digest of the table in a parquet file, or of its first rows."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        if any(size != ROW_GROUP for size in sizes[:-1]):
            return digest(file.read()[:rows])
        schema = file.schema_arrow.remove_metadata()
        each = BLOCK // ROW_GROUP
        rows = sum(sizes) if rows is None else min(rows, sum(sizes))
        needed = -(-rows // ROW_GROUP)
        blocks = [range(i, min(i + each, needed)) for i in range(0, needed, each)] or [range(0)]

        def columns(groups: range) -> Iterator[pa.ChunkedArray]:
            left = rows - groups.start * ROW_GROUP
            for name in schema.names:
                yield file.read_row_groups(groups, columns=[name], use_threads=False).column(0)[:left]

        found = [_digest_of_columns(schema, columns(groups)) for groups in blocks]
    return found[0] if len(found) == 1 else _together(found)


def _together(digests: Iterable[str]) -> str:
    """Return the digest of several."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest_of_columns(schema: pa.Schema, columns: Iterable[pa.ChunkedArray]) -> str:
    """Return the SHA-256 of a schema and of its columns' values."""
    import pyarrow as pa

    total = hashlib.sha256(schema.to_string().encode())
    for column in columns:
        # what lies under a null and beyond the end of a bitmap is arbitrary: neither is hashed
        for part in (column.is_valid(), column.drop_null()):
            plain = part.cast(pa.uint8()) if pa.types.is_boolean(part.type) else part
            batch = pa.table({"values": plain}).combine_chunks()
            with pa.ipc.new_stream(pa.PythonFile(_Hashed(total), "w"), batch.schema) as writer:
                writer.write_table(batch)
    return total.hexdigest()


class _Hashed(io.RawIOBase):
    """A file of which nothing stays but the hash of all that was written."""

    def __init__(self, total: Any):
        self._total = total

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._total.update(content)
        return len(content)
