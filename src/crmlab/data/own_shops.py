"""A user's own files of a shop system: which preset they are read by, and how."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path

from crmlab.data.bench import NUMBER, Bench, Step
from crmlab.data.faults import Fault
from crmlab.data.formats.source import Source
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meant import ReadAs
from crmlab.data.order_lines import cast
from crmlab.data.presets import preset as shops
from crmlab.data.reading import Reading
from crmlab.errors import USAGE, DataError, UsageError

NONE = "none"
"""What `--from` takes where a file is to be read column by column."""


def of_several(asked: Meaning) -> str | None:
    """Return the preset of several files that was asked for, None where it is one of one file or none."""
    name = None if asked.preset in (None, NONE) else asked.preset
    return name if name and len(shops.find(name).files) > 1 else None


def of_one(columns: Collection[str], asked: Meaning) -> str | None:
    """Return the preset of one file: the one that was asked for, else the one whose columns are there."""
    if asked.preset == NONE:
        return None
    return asked.preset or shops.recognised(columns)


def typed(
    workplace: Bench,
    name: str,
    given: Source | str | Path,
    columns: Mapping[str, str],
    reading: Reading,
    asked: Meaning,
) -> ReadAs:
    """Do the steps `read` and `typed` of the files of a preset.

    Raises UsageError for columns that were given and that the preset reads otherwise, DataError for files
    that are missing or hold what cannot be read.
    """
    preset = shops.find(name)
    called = given.name if not isinstance(given, (str, Path)) else str(given)
    _check_given(name, preset, columns, called)
    there = shops.read(workplace, preset, given, reading)
    _check_columns(preset, there, called)
    workplace.do(Step("read", preset.select(there), kept=True))
    if not workplace.counts["read"]:
        raise DataError(f"{called} has no orders", exit_code=USAGE)
    made = [row[0] for row in workplace.run("DESCRIBE read")]
    fields = {f: preset.fields.get(f, f) for f in made if f != NUMBER}
    _refuse(cast(workplace, list(fields), reading=reading), fields, called)
    if preset.announced:
        workplace.do(Step("announced", preset.announced, kept=True))
    answers = {k: v for k, v in preset.answers.items() if getattr(asked, k) is None}
    return ReadAs(
        fields,
        dataclasses.replace(asked, **answers),
        [],
        {"read as": _label(name, preset), **preset.fields},
        announced="announced" if preset.announced else "",
        refuse=lambda found: _refuse(found, fields, called),
    )


def _check_given(name: str, preset: shops.Preset, columns: Mapping[str, str], called: str) -> None:
    """Raise UsageError for a column that a preset reads otherwise than it was given."""
    for field, column in columns.items():
        if column not in preset.fields.get(field, ""):
            there = f"'{preset.fields[field]}'" if field in preset.fields else "no column"
            raise UsageError(
                f"{called} is read as {_label(name, preset)}, with {there} for {field}: leave out "
                f"--column {field}, or say --from {NONE} to name every column yourself"
            )


def _check_columns(preset: shops.Preset, there: shops.Columns, called: str) -> None:
    """Raise DataError where a file lacks a column by which its preset is recognised."""
    for name, wanted in preset.files.items():
        missing = [c for c in wanted if c.lower() not in {n.strip().lower() for n in there[name]}]
        if missing:
            raise DataError(
                f"{called} is no {preset.label}: it has no column {', '.join(missing)}", exit_code=USAGE
            )


def _label(name: str, preset: shops.Preset) -> str:
    """Return what a preset is called, how it is asked for, and whether it was tried."""
    return f"{preset.label} (--from {name})" + (
        "" if preset.verified else ", from documentation, not verified"
    )


def _refuse(found: Mapping[str, list[Fault]], fields: Mapping[str, str], file: str) -> None:
    """Raise one DataError with all values of a preset's files that cannot be read, if there are any."""
    says = [
        f"\n  - {fields[field]} '{fault.value or ''}' {fault.what} ({max(fault.count, 1):,} lines)"
        for field, faults in found.items()
        for fault in faults
    ]
    if says:
        raise DataError(f"{file} cannot be read:{''.join(says)}", exit_code=USAGE)
