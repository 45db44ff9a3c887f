"""Fingerprints: what is known of a data set's tables without opening them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from crmlab import store
from crmlab.data.tables import finish
from crmlab.errors import DataError

COLUMN: Final = re.compile(r"(.*?)(?:, ([\d,]+) null)?")
"""How a fingerprint writes a column: its type, then the number of missing values if there are any."""


def fingerprint(dataset: str) -> dict[str, Any]:
    """Return a data set's fingerprint. Raises DataError where it is damaged or its tables not made yet."""
    finish(dataset)
    file = store.fingerprint_file(dataset)
    return store.read_json(file, made_by=f"crmlab tables {dataset}", holding=["tables"])


def described_column(text: str) -> tuple[str, str]:
    """Return a column's type and how many values it lacks, as a fingerprint writes them ('' for none)."""
    return COLUMN.fullmatch(text).groups(default="")


def missing_shares(table: Mapping[str, Any]) -> dict[str, float]:
    """Return {column: the share of rows without a value} of a table, where any is missing."""
    missing = {column: described_column(text)[1] for column, text in table["columns"].items()}
    return {c: int(count.replace(",", "")) / table["rows"] for c, count in missing.items() if count}


def check_whole(dataset: str, tables: Iterable[str]) -> None:
    """Check that tables are the ones that the fingerprint describes.

    Raises DataError where the bytes of one were changed or damaged.
    """
    known = fingerprint(dataset)["tables"]
    for name in tables:
        file = store.tables_folder(dataset) / f"{name}.parquet"
        found = store.digest_of_file(file, made_by=f"crmlab tables {dataset}")
        if found != known[name]["digest"]:
            raise DataError(
                f"{store.show(file)} has the digest {found[:12]}, and its fingerprint says "
                f"{known[name]['digest'][:12]}: it was changed or damaged; run `crmlab tables {dataset}`"
            )
