"""New rows at the end of the tables extend a ledger: the books of the customers concerned are made again.

A row of a book depends on the rows of its customer alone, so all others stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crmlab import store
from crmlab.data.bench import Bench, bench, text
from crmlab.history.ledger import build

if TYPE_CHECKING:
    from crmlab.history.ledger.build import Asked


def is_continued(before: Mapping[str, Any], digests: Mapping[str, str], files: Mapping[str, Path]) -> bool:
    """Tell whether tables are those of a ledger with rows added at their ends, and the products the same."""
    if before["form"] != build.FORM or before["digests"].keys() != digests.keys():
        return False
    return all(
        digests[name] == digest
        or (
            name != "products"
            and store.digest_of_file(files[name], made_by="crmlab tables", rows=before["rows"][name])
            == digest
        )
        for name, digest in before["digests"].items()
    )


def extend(old: Path, new: Path, before: Mapping[str, Any], asked: Asked) -> None:
    """Write the ledger of the tables to the folder `new`, from the ledger of their beginnings in `old`."""
    known = store.read_table(old / f"{build.PEOPLE}.parquet", made_by="crmlab problem")["customer"]
    with bench(new) as workplace:
        everyone = build.code_people(workplace, asked, known.combine_chunks())
        _keep_concerned(workplace, asked, before["rows"])
        codes = np.array([code for (code,) in workplace.run("SELECT code FROM codes")], dtype=np.int32)
        shown = build.code_texts(workplace, asked)
        bounds = [tuple(pair) for pair in before["bounds"]]
        bounds[-1] = (bounds[-1][0], len(everyone))
        for name, made in build.books(workplace, asked, shown, [(0, len(everyone))]):
            key = name.removeprefix("order_")
            places = _moved(before["values"].get(key, []), shown.get(key, []))
            with build.new_book(new, name, made.schema) as book:
                for batch in _merged(old / f"{name}.arrow", made, codes, bounds, places):
                    book.write_batch(batch)
    build.write_about(new, asked, everyone, shown, bounds)


def _keep_concerned(workplace: Bench, asked: Asked, rows: Mapping[str, int]) -> None:
    """Leave in `codes` only the customers of new rows, and of the lines that new rows take back."""
    for name, file in asked.files.items():
        source = f"read_parquet({text(str(file))}, file_row_number=true)"
        workplace.run(
            f"CREATE VIEW new_{name} AS SELECT * FROM {source} WHERE file_row_number >= {rows[name]}"
        )
    concerned = [f"SELECT customer FROM new_{name}" for name in asked.files if name != "products"]
    if "transactions" in asked.files:
        concerned.append(
            "SELECT customer FROM raw_transactions SEMI JOIN "
            "(SELECT cancels_line AS line_id FROM new_transactions) USING (line_id)"
        )
    workplace.run(
        f"CREATE TABLE concerned AS SELECT DISTINCT customer FROM ({' UNION ALL '.join(concerned)}) "
        "WHERE customer IS NOT NULL"
    )
    workplace.run("DELETE FROM codes WHERE customer NOT IN (SELECT customer FROM concerned)")


def _moved(before: Sequence[str], now: Sequence[str]) -> np.ndarray:
    """Return the place now of each text of a list of before (n,)."""
    place = {value: i for i, value in enumerate(now)}
    return np.array([place[value] for value in before], dtype=np.int32)


def _merged(
    file: Path,
    made: pa.RecordBatch,
    concerned: np.ndarray,
    bounds: Sequence[tuple[int, int]],
    places: np.ndarray,
) -> Iterator[pa.RecordBatch]:
    """Yield a book's partitions with the rows of the customers concerned made anew."""
    new_codes = made.column("code").to_numpy()
    with pa.memory_map(str(file)) as source, pa.ipc.open_file(source) as reader:
        for i, (first, beyond) in enumerate(bounds):
            kept = reader.get_batch(i)
            kept = kept.filter(pa.array(~np.isin(kept.column("code").to_numpy(), concerned)))
            if "value" in kept.schema.names and len(kept):
                moved = pa.array(places[kept.column("value").to_numpy()])
                kept = kept.set_column(kept.schema.get_field_index("value"), "value", moved)
            added = made.filter(pa.array((new_codes >= first) & (new_codes < beyond)))
            both = pa.Table.from_batches([kept.cast(made.schema), added]).combine_chunks()
            order = np.argsort(both["code"].to_numpy(), kind="stable")
            yield build.one_batch(both.take(pa.array(order)))
