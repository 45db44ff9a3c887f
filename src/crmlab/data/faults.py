"""What cannot be read in a file: the fault, the first value that shows it, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crmlab.data.bench import NUMBER, Bench

SHOWN: Final = 5
"""How many lines a message names."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field, the first value that shows it, the first rows (from 0), and how many."""

    what: str
    value: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 0


def seen(workplace: Bench, what: str, field: str, wrong: str, *, step: str = "read") -> Fault:
    """Return the fault of a field in the rows of a step for which the SQL condition `wrong` holds."""
    rows = workplace.run(f"SELECT {NUMBER} FROM {step} WHERE {wrong} ORDER BY {NUMBER} LIMIT {SHOWN}")
    ((count,),) = workplace.run(f"SELECT count(*) FROM {step} WHERE {wrong}")
    first = rows[0][0]
    ((value,),) = workplace.run(f"SELECT coalesce({field}, '') FROM read WHERE {NUMBER} = {first}")
    return Fault(what, value, tuple(number - 1 for (number,) in rows), count)
