"""Order lines leave the bench: in order of time, as canonical types, a row group at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crmlab import registry, store
from crmlab.data.bench import NUMBER, Bench
from crmlab.data.tables import ARROW, facts

AT_ONCE: Final = 2**17
"""Rows that leave the bench together."""


def write_lines(workplace: Bench, path: Path, *, made_by: str, step: str = "marked") -> dict[str, Any]:
    """Write a step as canonical transactions, by time and line, and return their facts.

    Money is rounded to 4 decimals.
    """
    declared = registry.find("canonical", "transactions")
    there = [row[0] for row in workplace.run(f"DESCRIBE {step}")]
    columns = [c for c in declared.columns if c in there]
    schema = pa.schema([(c, ARROW[declared.columns[c].kind]) for c in columns])
    in_time = f"SELECT {', '.join(columns)} FROM {step} ORDER BY {declared.time}, {NUMBER}"
    missing: Counter[str] = Counter()
    times: list[Any] = []

    def typed() -> Iterator[pa.RecordBatch]:
        for batch in workplace.batches(in_time, AT_ONCE):
            missing.update({c: batch.column(c).null_count for c in columns})
            times.extend(pc.min_max(batch.column(declared.time)).as_py().values())
            yield pa.record_batch([batch.column(f.name).cast(f.type) for f in schema], schema=schema)

    store.write_batches(path, typed(), schema)
    rows = workplace.counts[step]
    digest = store.digest_of_file(path, made_by=made_by)
    return facts(schema, rows, {"min": min(times), "max": max(times)}, missing, digest)
