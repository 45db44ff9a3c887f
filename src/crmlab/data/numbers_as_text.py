"""Published columns that hold numbers and are text: a reader that keeps text as text left them so."""

from __future__ import annotations

from typing import Final

from crmlab import store
from crmlab.data.bench import quoted

NOT_ASKED: Final = ("row_id", "customer", "period")
FEWEST: Final = 3
"""A column of fewer different values is a code more likely than a number."""


def numbers_left_as_text(dataset: str) -> list[str]:
    """Return the columns of a labelled table that are text and hold only numbers, of three values or more.

    None where a data set has no such table. Methods take text for categories: a number loses its order then.
    """
    import duckdb

    path = store.tables_folder(dataset) / "labelled.parquet"
    if not path.is_file():
        return []
    with duckdb.connect(config={"threads": 2}) as connection:
        table = connection.read_parquet(str(path))
        texts = [
            name
            for name, kind in zip(table.columns, table.types, strict=True)
            if str(kind) == "VARCHAR" and name not in NOT_ASKED
        ]
        if not texts:
            return []
        asked = ", ".join(
            f"count({q}) = count(try_cast({q} AS DOUBLE)) AND count(DISTINCT {q}) >= {FEWEST}"
            for q in map(quoted, texts)
        )
        (answers,) = table.aggregate(asked).fetchall()
        return [name for name, is_number in zip(texts, answers, strict=True) if is_number]
