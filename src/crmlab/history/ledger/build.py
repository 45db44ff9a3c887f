"""A ledger is made once per data set: customer by customer, in partitions that fit into memory."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from crmlab import store
from crmlab.data.bench import Bench, bench
from crmlab.data.fingerprints import fingerprint
from crmlab.history.ledger import coded, parts, purchases, rows

FORM: Final = 1
"""Counts up when the rows of a book come to mean something else: a ledger of another form is made again."""

CONTENTS: Final = "contents.json"
PEOPLE: Final = "customers"
LINES_AT_ONCE: Final = 2_000_000
"""About how many order lines the books of one partition of customers are made of."""


@dataclass(frozen=True)
class Asked:
    """The tables that a ledger is made of: their files, and what their fingerprint says of them."""

    files: Mapping[str, Path]
    facts: Mapping[str, Mapping[str, Any]]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, none where it is not there."""
        return list(self.facts[table]["columns"]) if table in self.files else []

    @property
    def digests(self) -> dict[str, str]:
        """Which content the ledger belongs to."""
        return {name: self.facts[name]["digest"] for name in sorted(self.files)}


READ: Final = ("transactions", "products", *coded.EVENTS)


def asked_of(dataset: str) -> Asked:
    """Return the tables of a data set that its ledger is made of."""
    facts = fingerprint(dataset)["tables"]
    files = {t: store.tables_folder(dataset) / f"{t}.parquet" for t in READ if t in facts}
    return Asked(files, facts)


def build(folder: Path, asked: Asked) -> None:
    """Write the ledger of tables to a folder."""
    with bench(folder) as workplace:
        everyone = code_people(workplace, asked)
        shown = code_texts(workplace, asked)
        bounds = _partitions(len(everyone), asked)
        with contextlib.ExitStack() as files:
            writers: dict[str, pa.RecordBatchFileWriter] = {}
            for name, batch in books(workplace, asked, shown, bounds):
                if name not in writers:
                    writers[name] = files.enter_context(new_book(folder, name, batch.schema))
                writers[name].write_batch(batch)
    write_about(folder, asked, everyone, shown, bounds)


def belongs(found: Mapping[str, Any] | None, asked: Asked) -> bool:
    """Tell whether a ledger is one of these tables and has today's form, by what it says of itself."""
    return found is not None and found["form"] == FORM and found["digests"] == asked.digests


def contents(folder: Path) -> dict[str, Any] | None:
    """Return what a ledger says of itself, None where there is none that can be read."""
    try:
        return json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None


def write_about(
    folder: Path,
    asked: Asked,
    everyone: pa.Array,
    shown: Mapping[str, list[str]],
    bounds: Sequence[tuple[int, int]],
) -> None:
    """Write the text of every code, in their order, and what a ledger says of itself."""
    store.write_frame(folder / f"{PEOPLE}.parquet", pa.table({"customer": everyone}))
    sizes = {t: asked.facts[t]["rows"] for t in sorted(asked.files)}
    said = {"form": FORM, "digests": asked.digests, "rows": sizes, "values": dict(shown), "bounds": bounds}
    (folder / CONTENTS).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def code_people(workplace: Bench, asked: Asked, known: pa.Array | None = None) -> pa.Array:
    """Put the tables on the bench and code their customers; return them by code, those known first."""
    for name, file in asked.files.items():
        coded.source(workplace, file, name)
    return coded.people(workplace, [t for t in asked.files if t != "products"], known)


def code_texts(workplace: Bench, asked: Asked) -> dict[str, list[str]]:
    """Code the texts of the transactions; return all by what shows them."""
    if "transactions" not in asked.files:
        return {}
    return coded.texts(workplace, asked.columns("transactions"), asked.columns("products"))


def books(
    workplace: Bench, asked: Asked, shown: Mapping[str, Sequence[str]], bounds: parts.Bounds
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield the rows of each book for the customers in `codes`, partition by partition."""
    views = {view: coded.events(table) for table, view in coded.EVENTS.items() if table in asked.files}
    if "transactions" in asked.files:
        views |= coded.transactions(asked.columns("transactions"))
    selects = _selects(asked, shown)
    for there in parts.tables(workplace, views, bounds):
        if "sales" in there:
            others = {name: _table(workplace, select) for name, select in rows.BESIDE_SALES.items()}
            yield "purchases", purchases.book(there["sales"], others)
        for name, select in selects.items():
            yield name, one_batch(_table(workplace, select))


def _table(workplace: Bench, select: str) -> pa.Table:
    """Return the rows of a SELECT."""
    return workplace.connection.sql(select).to_arrow_table()


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table's rows together."""
    whole = table.combine_chunks().to_batches()
    return whole[0] if whole else pa.RecordBatch.from_pylist([], schema=table.schema)


def _selects(asked: Asked, shown: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the books of a data set beside that of purchases: {name: the SELECT of its rows}."""
    books = {name: select for name, (table, select) in rows.BOOKS.items() if table in asked.files}
    if "sessions" in asked.files:
        published = [c for c in coded.FIRST_SEEN if c in asked.columns("sessions")]
        firsts = ", ".join(f"{c} AS first_{c}" for c in published)
        books["first_visits"] = rows.FIRST_VISITS.format(published=firsts)
    texts = {f"order_{c}": rows.of_order(c) for c in coded.TEXTS if c in shown}
    if "category" in shown:
        texts["category"] = rows.CATEGORIES
    return books | {name: f"{select} ORDER BY code, value, known" for name, select in texts.items()}


def _partitions(customers: int, asked: Asked) -> list[tuple[int, int]]:
    """Return ranges of codes (first, beyond the last), so that each has lines that fit into memory."""
    lines = max((asked.facts[t]["rows"] for t in asked.files), default=0)
    parts = max(1, -(-lines // LINES_AT_ONCE))
    ends = [customers * i // parts for i in range(parts + 1)]
    return list(itertools.pairwise(ends))


def new_book(folder: Path, name: str, schema: pa.Schema) -> pa.RecordBatchFileWriter:
    """Return what writes record batches to a book, which can be mapped into memory."""
    return pa.ipc.new_file(str(folder / f"{name}.arrow"), schema)
