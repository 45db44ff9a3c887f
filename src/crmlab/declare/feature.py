"""A feature family: columns about customers from what was known before a cutoff, as its file declares it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Feature:
    """One family of columns.

    columns: `columns(tables, cutoff=...)`, an Ibis table with `customer` and one row per customer, from the
    tables as known at the cutoff. needs: the canonical tables without which there is no such family. uses:
    those that add columns where they are there. The function is handed these tables and no other. counts:
    columns in which a customer without a row has 0 and not a gap.
    """

    columns: Callable[..., Any]
    needs: tuple[str, ...]
    uses: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
