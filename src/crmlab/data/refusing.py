"""All that is wrong with a file, in one refusal that names its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmlab.data.bench import Bench
from crmlab.data.faults import SHOWN, Fault
from crmlab.data.formats.source import Source
from crmlab.errors import USAGE, DataError


def sentences(
    found: Mapping[str, Sequence[Fault]], columns: Mapping[str, str], source: Source, workplace: Bench
) -> list[str]:
    """Return one sentence per fault: column, first value, what is wrong, and the lines of the file.

    found: faults by field. columns: {field: column of the file}.
    """
    return [
        f"{columns[field]} {_quoted(fault)}{fault.what}{_where(fault, source, workplace)}"
        for field, faults in found.items()
        for fault in faults
    ]


def refuse(name: str, says: Sequence[str]) -> None:
    """Raise one DataError with all sentences about a file, if there is any."""
    if says:
        listed = "".join(f"\n  - {sentence}" for sentence in says)
        raise DataError(f"{name} cannot be read:{listed}", exit_code=USAGE)


def lines_in_words(lines: Sequence[str], count: int) -> str:
    """Return the first lines on which something stands, and how many more there are."""
    more = f" and {count - SHOWN:,} more" if count > SHOWN else ""
    return f"(line{'s' * (count > 1)} {', '.join(lines)}{more})"


def _quoted(fault: Fault) -> str:
    """Return the first offending value in quotes, or nothing where no row is meant."""
    return f"'{fault.value}' " if fault.rows else ""


def _where(fault: Fault, source: Source, workplace: Bench) -> str:
    """Return the lines of the file that a fault's rows stand on."""
    return f" {lines_in_words(source.where(workplace, fault.rows), fault.count)}" if fault.rows else ""
