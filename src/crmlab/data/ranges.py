"""Rows beside the bench: more than fit into memory, in files of a range of values each."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from crmlab.data.bench import Bench

AT_ONCE: Final = 2**18
"""Rows that leave the engine together."""


def in_ranges(workplace: Bench, select: str, by: str, bounds: np.ndarray) -> Iterator[pa.Table]:
    """Yield the rows of a SELECT whose column `by` is below the first bound, then from there to the next, ...

    bounds: in order. Within a range rows come as the SELECT gives them. Without bounds nothing is written.
    """
    rows = workplace.batches(select, AT_ONCE)
    if not len(bounds):
        yield rows.read_all()
        return
    with tempfile.TemporaryDirectory(dir=workplace.folder) as folder:
        files = [Path(folder) / f"{i}.arrow" for i in range(len(bounds) + 1)]
        with contextlib.ExitStack() as opened:
            writers = [opened.enter_context(pa.ipc.new_stream(str(file), rows.schema)) for file in files]
            for batch in rows:
                for writer, part in zip(writers, _parts(batch, by, bounds), strict=True):
                    writer.write_batch(part)
        for file in files:
            with pa.OSFile(str(file)) as source, pa.ipc.open_stream(source) as reader:
                table = reader.read_all()
            file.unlink()
            yield table


def _parts(batch: pa.RecordBatch, by: str, bounds: np.ndarray) -> Iterator[pa.RecordBatch]:
    """Yield the rows of each range."""
    part = np.searchsorted(bounds, batch.column(by).to_numpy(), side="right").astype(np.uint16)
    ordered = batch.take(pa.array(np.argsort(part, kind="stable")))
    ends = np.cumsum(np.bincount(part, minlength=len(bounds) + 1)).tolist()
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        yield ordered[start:end]
