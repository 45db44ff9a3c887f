"""Reading yes and no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crmlab.data.faults import Fault

YES: Final = "('true', 't', 'yes', 'y', '1')"
NO: Final = "('false', 'f', 'no', 'n', '0')"


@dataclass(frozen=True)
class Flags:
    """How the text of a field becomes yes or no (see `numbers.Numbers`)."""

    sql: str
    join: str = ""
    what: str = "is neither yes nor no (true/false, yes/no, 1/0)"
    faults: tuple[Fault, ...] = field(default=())
    said: str = ""


def flags(name: str) -> Flags:
    """Return how a field is read."""
    return Flags(f"CASE WHEN lower({name}) IN {YES} THEN true WHEN lower({name}) IN {NO} THEN false END")
