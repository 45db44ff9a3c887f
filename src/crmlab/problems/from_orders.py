"""Rows from orders: what a model asks of customers, made of a file of orders as they were known on a day."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd

from crmlab import registry, store
from crmlab.data import own_data
from crmlab.errors import UsageError
from crmlab.history.ledger.beside import as_known, gather
from crmlab.history.windows import midnight
from crmlab.problems.reads import families_of, tables_read

NAME: Final = "orders_to_apply"
"""Under this name the tables of the orders lie, as long as they are read."""


def rows_of_orders(
    task: str, csv: Path, *, day: str | None = None, **reading: Any
) -> tuple[pd.DataFrame, str]:
    """Return a row per customer with the feature columns that orders give, and their day.

    csv, reading: as for `own_data.from_csv`. day: the last that counts, default that of the last order.
    Nothing of it stays on the disk. Raises UsageError for a day before the first order, what `from_csv`
    raises, and for a task that is not about customers who buy.
    """
    entry = registry.find("tasks", task)
    if entry.population is None or entry.needs != ("transactions",):
        raise UsageError(f"{task} is not asked of orders: give rows with the model's columns by --input")
    with _tables(csv, reading) as (tables, connection):
        last = connection.to_pyarrow(tables["transactions"].timestamp.max()).as_py().date()
        cutoff = midnight(day or last) + dt.timedelta(days=1)
        spec = {"features": registry.names("features")}
        families = families_of(entry, spec, tables)
        read = {t: tables[t] for t in tables_read(entry, spec, families, tables)}
        known = as_known(read, cutoff, connection)
        people = entry.population(known, cutoff=cutoff).order_by("customer")
        population = connection.to_pyarrow(people).to_pandas()
        if population.empty:
            raise UsageError(f"nobody in {csv} has bought by the end of {day}")
        found = gather(known, population, connection, cutoff=cutoff, families=families)
    return found, (cutoff - dt.timedelta(days=1)).date().isoformat()


@contextmanager
def _tables(csv: Path, reading: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield the tables of a file of orders with their engine, and remove them afterwards."""
    with store.locked(NAME):
        try:
            own_data.from_csv(NAME, csv, **reading)
            connection = store.engine()
            yield store.open_tables(NAME, connection), connection
        finally:
            shutil.rmtree(store.tables_folder(NAME), ignore_errors=True)
            shutil.rmtree(store.ledger_folder(NAME), ignore_errors=True)
            store.fingerprint_file(NAME).unlink(missing_ok=True)
