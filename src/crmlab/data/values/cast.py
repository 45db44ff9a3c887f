"""From text columns to typed ones: a step of SQL by the kinds of fields, and all that cannot be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Final

from crmlab.data.bench import NUMBER, Bench, Step
from crmlab.data.faults import Fault, seen
from crmlab.data.reading import Reading, said_of
from crmlab.data.values import dates, flags, numbers
from crmlab.declare.table import FLAG, MONEY, TEXT, TIME, WHOLE
from crmlab.declare.table import NUMBER as REAL

FIRST: Final = 10_000
"""How many lines of a file are asked first what it is like."""
LARGE: Final = 2**28
"""Bytes of text from which on lines are read from a file again: a table of them would fill the memory."""
ARITHMETIC: Final = (MONEY, REAL, WHOLE)

Read = numbers.Numbers | dates.Times | flags.Flags


def cast(
    workplace: Bench, kinds: Mapping[str, str], reading: Reading, *, required: Collection[str] | None = None
) -> dict[str, list[Fault]]:
    """Do the step `typed`: the fields of the step `read` as what they mean; return what cannot be read.

    kinds: {field: kind of a canonical column}. Money and numbers become DOUBLE, whole numbers BIGINT, times
    TIMESTAMP (local time), flags BOOLEAN, and ids text without the '.0' that a detour through numbers leaves,
    where every id of the column has it. required: of which fields (that are no text) every line must have a
    value; all by default. What a user should know of how a column was read is said on the bench.

    Columns are read at once where the first lines show that they are usual ones and all others bear that out:
    numbers with a decimal point, ISO dates. Else the whole column decides.
    """
    required = [f for f in kinds if kinds[f] != TEXT] if required is None else required
    known = _answers(workplace, kinds, f"(SELECT * FROM read LIMIT {FIRST})")
    if all(is_usual(answer) for answer in known.values()) and not _is_told(kinds, reading):
        reads = {f: _at_once(f, kind, known[f]) for f, kind in kinds.items() if kind != TEXT}
        _do(workplace, kinds, known, reads)
        found = _faults(workplace, kinds, reads, required)
        if not any(found.values()):
            return found
    known = _answers(workplace, kinds, "read")
    reads = {f: _closer(workplace, f, kind, known[f], reading) for f, kind in kinds.items() if kind != TEXT}
    _settle(workplace, kinds, reads, reading)
    _do(workplace, kinds, known, reads)
    for read in reads.values():
        workplace.said.extend([read.said] * bool(read.said) if isinstance(read.said, str) else read.said)
    return _faults(workplace, kinds, reads, required)


def is_usual(answer: Any) -> bool:
    """Tell whether the first lines of a column show that it is read at once."""
    return answer in (False, "whole", "plain", "iso", "flag")


def _is_told(kinds: Mapping[str, str], reading: Reading) -> bool:
    """Tell whether an option says how a column is read, so that a closer look is due."""
    answers = (reading.decimal, reading.thousands, reading.date_format)
    return any(
        said_of(answer, f) is not None for f, k in kinds.items() if k != TEXT for answer in answers
    ) or bool(reading.timezone)


def _answers(workplace: Bench, kinds: Mapping[str, str], source: str) -> dict[str, Any]:
    """Return what has to be known before casting, of the lines of a source.

    ids and texts: whether each ends with '.0'; the others: what their values are like.
    """
    detour = (
        r"bool_and(CASE WHEN ends_with({0}, '.0') THEN regexp_full_match({0}, '\d+\.0') ELSE {0} IS NULL END)"
    )
    asked = {
        f: detour.format(f)
        if kind == TEXT
        else dates.asked(f)
        if kind == TIME
        else "'flag'"
        if kind == FLAG
        else numbers.asked(f)
        for f, kind in kinds.items()
    }
    return workplace.row(f"SELECT {', '.join(f'{sql} AS {f}' for f, sql in asked.items())} FROM {source}")


def _at_once(name: str, kind: str, known: str) -> Read:
    """Return how a usual column is read."""
    if kind == TIME:
        return dates.at_once(name)
    return flags.flags(name) if kind == FLAG else numbers.at_once(name, known, whole=kind == WHOLE)


def _closer(workplace: Bench, name: str, kind: str, known: str, reading: Reading) -> Read:
    """Return how a column is read that the whole of it decides."""
    if kind == TIME:
        return dates.closer(workplace, name, reading)
    if kind == FLAG:
        return flags.flags(name)
    return numbers.closer(workplace, name, reading, whole=kind == WHOLE)


def _settle(workplace: Bench, kinds: Mapping[str, str], reads: dict[str, Read], reading: Reading) -> None:
    """Read columns that leave a sign open as thousands, where all other columns prove the other decimal sign.

    Never the other way round: that other columns have the same decimal sign proves nothing of thousands.
    """
    found = {name: read for name, read in reads.items() if isinstance(read, numbers.Numbers)}
    proved = {read.proved for read in found.values()} - {""}
    for name, read in found.items():
        if (
            read.open
            and len(proved) == 1
            and read.open not in proved
            and said_of(reading.decimal, name) is None
        ):
            told = dataclasses.replace(reading, thousands={**reading.thousands, name: read.open})
            reads[name] = numbers.closer(workplace, name, told, whole=kinds[name] == WHOLE)


def _do(
    workplace: Bench, kinds: Mapping[str, str], known: Mapping[str, Any], reads: Mapping[str, Read]
) -> None:
    """Do the step `typed` by what is known of the fields."""
    columns = {
        f: reads[f].sql if f in reads else f"left({f}, -2)" if known[f] else f"read.{f}" for f in kinds
    }
    listed = ", ".join(f"{columns[f]} AS {f}" for f in kinds)
    joins = " ".join(read.join for read in reads.values())
    select, large = f"SELECT {NUMBER}, {listed} FROM read {joins}", sum(workplace.sizes) > LARGE
    every = workplace.do(Step("cast_lines", select, kept=not large, filed=large))
    workplace.counts["read"] = workplace.do(Step("typed", "SELECT * FROM cast_lines"), lines=every)


def _faults(
    workplace: Bench, kinds: Mapping[str, str], reads: Mapping[str, Read], required: Collection[str]
) -> dict[str, list[Fault]]:
    """Return what cannot be read, by field; looks closer only where there is something."""
    found: dict[str, list[Fault]] = {f: list(reads[f].faults) if f in reads else [] for f in kinds}
    if not reads:
        return found
    blank = _blank(workplace, [f for f in reads if f not in required])
    missing = ", ".join(f"count(*) - count({f}) AS {f}" for f in reads)
    counts = workplace.row(f"SELECT {missing} FROM typed")
    for name, read in reads.items():
        if counts[name] > blank.get(name, 0) and not read.faults:
            wrong = f"{name} IS NULL"
            if name in blank:
                wrong += f" AND {NUMBER} IN (SELECT {NUMBER} FROM read WHERE {name} IS NOT NULL)"
            found[name].append(seen(workplace, read.what, name, wrong, step="typed"))
    return found


def _blank(workplace: Bench, names: list[str]) -> dict[str, int]:
    """Return how many lines have nothing in a column."""
    if not names:
        return {}
    return workplace.row(f"SELECT {', '.join(f'count(*) - count({f}) AS {f}' for f in names)} FROM read")
