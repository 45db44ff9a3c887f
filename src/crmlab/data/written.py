"""Order lines leave the bench: in order of time, as canonical types, a row group at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crmlab import registry, store
from crmlab.data.bench import NUMBER, Bench
from crmlab.data.ranges import in_ranges
from crmlab.data.tables import ARROW, facts

AT_ONCE: Final = 2**19
"""About how many rows are put in order together."""

ASKED: Final = 100
"""Of about so many rows of each that are put in order together the times are asked before."""


def write_lines(workplace: Bench, path: Path, *, made_by: str, step: str = "marked") -> dict[str, Any]:
    """Write a step as canonical transactions, by time and line, and return their facts.

    Money is rounded to 4 decimals.
    """
    declared = registry.find("canonical", "transactions")
    there = [row[0] for row in workplace.run(f"DESCRIBE {step}")]
    columns = [c for c in declared.columns if c in there]
    schema = pa.schema([(c, ARROW[declared.columns[c].kind]) for c in columns])
    missing: Counter[str] = Counter()
    times: list[Any] = []

    def typed() -> Iterator[pa.RecordBatch]:
        for batch in _in_time(workplace, columns, step):
            missing.update({c: batch.column(c).null_count for c in columns})
            times.extend(pc.min_max(batch.column(declared.time)).as_py().values())
            yield pa.record_batch([batch.column(f.name).cast(f.type) for f in schema], schema=schema)

    store.write_batches(path, typed(), schema)
    rows = workplace.counts[step]
    digest = store.digest_of_file(path, made_by=made_by)
    return facts(schema, rows, {"min": min(times), "max": max(times)}, missing, digest)


def _in_time(workplace: Bench, columns: Sequence[str], step: str) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a step in order of time, and of lines where times are equal."""
    select = f"SELECT {NUMBER}, {', '.join(columns)} FROM {step}"
    for some in in_ranges(workplace, select, "timestamp", _bounds(workplace, step)):
        time, number = (some[c].to_numpy() for c in ("timestamp", NUMBER))
        if not len(some):
            continue
        order = pa.array(np.lexsort((number, time)))
        # column by column: a chunk less in memory
        yield pa.record_batch([some[c].combine_chunks().take(order) for c in columns], names=list(columns))


def _bounds(workplace: Bench, step: str) -> np.ndarray:
    """Return times between which about as many lines lie as are put in order together."""
    parts = -(-workplace.counts[step] // AT_ONCE)
    if parts == 1:
        return np.array([], "datetime64[us]")
    apart = max(1, AT_ONCE // ASKED)
    asked = workplace.connection.sql(f"SELECT timestamp FROM {step} WHERE {NUMBER} % {apart} = 0 ORDER BY 1")
    times = asked.fetchnumpy()["timestamp"]
    return np.unique(times[[len(times) * i // parts for i in range(1, parts)]])
