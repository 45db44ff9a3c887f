"""Feature columns at a cutoff: from the ledger where it has the family, else by the family's own expression.

The families in `features/` say what the columns are, and `history/gather.py` is how they come about without a
ledger. What is found here is equal bit for bit, which `tests/history/test_ledger.py` holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from crmlab import registry
from crmlab.errors import UsageError
from crmlab.history import gather as by_family
from crmlab.history.ledger.opened import Ledger
from crmlab.history.windows import before, midnight

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa


@dataclass(frozen=True)
class Beside:
    """An engine with the ledger of the tables that it reads."""

    engine: ibis.BaseBackend
    ledger: Ledger

    def to_pyarrow(self, expression: Any) -> pa.Table:
        """Return what an expression comes to, as the engine does."""
        return self.engine.to_pyarrow(expression)


class Known(dict):
    """Tables cut at a cutoff that the ledger knows, by name; `whole` are the same tables uncut."""

    whole: Mapping[str, Any]


def as_known(
    tables: Mapping[str, ibis.Table], cutoff: dt.datetime, connection: Any
) -> Mapping[str, ibis.Table]:
    """Return the tables cut at `cutoff`, as `gather.as_known` does; beside a ledger nothing runs yet."""
    if not isinstance(connection, Beside) or cutoff != midnight(cutoff):
        return by_family.as_known(tables, cutoff, _engine(connection))
    known = Known(before(tables, cutoff))
    known.whole = tables
    return known


def gather(
    known: Mapping[str, ibis.Table],
    population: pd.DataFrame,
    connection: Any,
    *,
    cutoff: dt.datetime,
    families: Sequence[str],
) -> pd.DataFrame:
    """Return the population with the columns of every family, as `gather.gather` does."""
    if not isinstance(known, Known):
        return by_family.gather(known, population, _engine(connection), cutoff=cutoff, families=families)
    ledger, engine = connection.ledger, connection.engine
    others = [f for f in families if not ledger.has(f)]
    cut = known
    if any("transactions" in registry.find("features", f).needs for f in others):
        cut = by_family.as_known(known.whole, cutoff, engine)
    parts = [population[["customer"]]]
    for family in families:
        if family in others:
            found = by_family.gather(cut, population, engine, cutoff=cutoff, families=[family])
            found = found.drop(columns="customer")
        else:
            found = ledger.aligned(cutoff, family, population["customer"])
            counts = [c for c in registry.find("features", family).counts if c in found]
            found[counts] = found[counts].fillna(0.0)
        for column in _twice(parts, found):
            raise UsageError(f"features/{family}.py gives the column '{column}' that another family gives")
        parts.append(found.set_index(population.index))
    return pd.concat(parts, axis="columns")


def _twice(parts: Sequence[pd.DataFrame], found: pd.DataFrame) -> Iterator[str]:
    """Yield the columns of a frame that earlier ones have, in the order of the alphabet."""
    yield from sorted({c for part in parts for c in part} & set(found))


def _engine(connection: Any) -> Any:
    """Return the engine itself."""
    return connection.engine if isinstance(connection, Beside) else connection
