"""Which column of a file is which column of a further table: by its name, a synonym, or as the user says."""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.data.formats import usual_headers
from crmlab.data.formats.usual_headers import plain
from crmlab.data.own_tables.fields import NEEDED, TABLES
from crmlab.errors import UsageError, did_you_mean


def recognised(table: str, names: list[str], given: Mapping[str, str], file: str) -> dict[str, str]:
    """Return {column of the table: column name of the file}.

    given: as the user says. Raises UsageError for an unknown field or column, two columns for one field, a
    column that is missing and that nothing can stand in for.
    """
    _check_given(table, names, given, file)
    chosen = dict(given)
    for field, declared in TABLES[table].items():
        left = [n for n in names if n not in chosen.values()]
        others = usual_headers.TABLES.get(table, {}).get(field, ())
        found = _found(field, (*declared.names, *others), left)
        if field in chosen or not found:
            continue
        if len(found) > 1:
            both = " and ".join(f"'{n}'" for n in found)
            raise UsageError(f"{file}: {both} could both be the {field}: {_say(table, field, found[0])}")
        chosen[field] = found[0]
    _check_needed(table, names, chosen, file)
    return chosen


def _found(field: str, synonyms: tuple[str, ...], names: list[str]) -> list[str]:
    """Return the columns that a field may be: those of its own name, else those of a synonym."""
    own = [n for n in names if plain(n) == plain(field)]
    known = {plain(word) for word in synonyms}
    return own or [n for n in names if plain(n) in known]


def _check_given(table: str, names: list[str], given: Mapping[str, str], file: str) -> None:
    """Raise UsageError for a field that the table has not, or a column that the file has not."""
    for field, column in given.items():
        if field not in TABLES[table]:
            near = did_you_mean(field, TABLES[table])
            raise UsageError(f"--column: '{table}.{field}' is no column of {table}.{near}")
        if column not in names:
            near = did_you_mean(column, names)
            raise UsageError(f"{file} has no column '{column}' (for {table}.{field}).{near}")


def _check_needed(table: str, names: list[str], chosen: Mapping[str, str], file: str) -> None:
    """Raise UsageError that lists the columns without which the table cannot be read."""
    missing = [f for f, declared in TABLES[table].items() if declared.stands_in is NEEDED and f not in chosen]
    if table == "events" and not {"visitor", "customer"} & chosen.keys():
        missing.append("visitor")
    if missing:
        left = [n for n in names if n not in chosen.values()]
        says = "".join(f"\n  - no column for '{f}'.{did_you_mean(f, left)}" for f in missing)
        raise UsageError(f"{file} ({table}):{says}\n  Name it: {_say(table, missing[0])}")


def _say(table: str, field: str, column: str = "YOURS") -> str:
    """Return the option that says which column a field is."""
    return f"--column '{table}.{field}={column}'"
