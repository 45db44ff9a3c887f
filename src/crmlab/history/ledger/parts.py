"""Coded rows in partitions of customers, which are read into memory one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from crmlab.data.bench import Bench
from crmlab.data.ranges import in_ranges

Bounds = Sequence[tuple[int, int]]
"""Ranges of codes: the first, and the one beyond the last."""


def tables(workplace: Bench, views: Mapping[str, str], bounds: Bounds) -> Iterator[dict[str, pa.Table]]:
    """Yield the rows of all views, partition by partition; they can be queried by name meanwhile.

    views: {name: the SELECT of its rows, with their `code`}.
    """
    firsts = np.array([first for first, _ in bounds[1:]])
    every = [in_ranges(workplace, select, "code", firsts) for select in views.values()]
    for found in zip(*every, strict=True):
        there = dict(zip(views, found, strict=True))
        if "sales" in there:
            there["sales"] = _numbered(there["sales"])
        for view, table in there.items():
            workplace.connection.register(view, table)
        yield there
        for view in there:
            workplace.connection.unregister(view)


def _numbered(sales: pa.Table) -> pa.Table:
    """Return purchase lines with whole numbers as orders: all that is asked is which are the same."""
    place = sales.column_names.index("order_id")
    same = sales["order_id"].combine_chunks().dictionary_encode(null_encoding="encode")
    return sales.set_column(place, "order_id", same.indices)
