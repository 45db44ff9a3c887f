"""A user's own CSV of orders, through the same door as the catalogue: checked, flagged, described."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from crmlab import registry, store
from crmlab.data.bench import bench
from crmlab.data.cleaning import NO_RULES, mark, summary
from crmlab.data.faults import SHOWN, Fault
from crmlab.data.formats.delimited import column_names, line_numbers
from crmlab.data.formats.in_sql import read
from crmlab.data.order_lines import DECIMALS, cast, complete
from crmlab.data.own_columns import recognise
from crmlab.data.tables import identity, publishing
from crmlab.data.written import write_lines
from crmlab.declare.dataset import Dataset
from crmlab.errors import USAGE, DataError, UsageError

LICENCE = "your own data"
NAME = r"[a-z][a-z0-9_]{0,63}"


class Brought(NamedTuple):
    """What came of a file: the fingerprint, where each field came from, and what was left."""

    fingerprint: dict[str, Any]
    columns: dict[str, str]
    """{field: column name of the file}"""
    unused: list[str]
    hidden: list[str]
    """Paths that git will not see; none where there is no git."""
    steps: dict[str, int]
    """{step: how many lines it made}"""

    def lines(self) -> list[str]:
        """Return lines for the terminal: the columns, the flags with their share, what git ignores."""
        name, facts = self.fingerprint["dataset"], self.fingerprint["tables"]["transactions"]
        lines = [f"{name}: {facts['rows']:,} order lines from {facts['first']} to {facts['last']}"]
        lines += [f"  {field} ← {column}" for field, column in self.columns.items()]
        lines += [f"  not used: {', '.join(self.unused)}"] if self.unused else []
        lines += ["Flagged (nothing is removed; revenue: all positive amounts):"]
        lines += [_flagged(flag, found) for flag, found in self.fingerprint["flags"].items()]
        lines += [f"Kept out of git: {', '.join(self.hidden)}"] if self.hidden else []
        return lines


def _flagged(flag: str, found: Mapping[str, Any]) -> str:
    """Return a flag's lines and their share of revenue in words."""
    share, plural = found["share_of_gross_revenue"], "s" * (found["lines"] != 1)
    revenue = "no revenue" if share is None else f"{share:z.1%} of revenue"
    return f"  {flag}: {found['lines']:,} line{plural} ({found['share_of_lines']:.1%}), {revenue}"


def from_csv(
    name: str,
    csv: Path,
    columns: Mapping[str, str] | None = None,
    *,
    date_format: str | None = None,
    decimal: str = ".",
    currency: str = "",
    further: Callable[[Path], dict[str, dict[str, Any]]] | None = None,
) -> Brought:
    """Make the tables of a user's own orders and return what came of them.

    name: a new name of small letters, digits and underscores. csv: one order line (or order) per
    line, separated by commas, semicolons or tabs, with a customer, a time, and an amount or a
    quantity and a unit price. columns: {field: column name} where a column is not recognised by
    its name. date_format: as in strptime ('%d/%m/%Y'), where dates are not ISO. decimal: '.' or ','.
    further: writes more tables into the folder of the order lines and returns their facts by name
    (crmlab.data.own_tables.further); all are replaced together.

    What the file does not have: without an amount it is quantity times price; without a quantity
    each line is one piece (minus one where the amount is negative); without an order id each line
    is an order, or, where products are given, the lines of one customer at one time. A negative
    quantity or amount is a cancellation. Nothing about the data gets into git: what describes them
    is entered in the repository's own list of ignored files (.git/info/exclude).

    Raises UsageError for a name or column that does not fit, DataError for values that cannot be
    read, with their lines.
    """
    _check_name(name)
    if decimal not in DECIMALS:
        raise UsageError(f"--decimal '{decimal}' is neither . nor ,")
    if not csv.is_file():
        raise UsageError(f"there is no file '{csv}'")
    separator = _separator(csv)
    names = column_names(csv, separator=separator)
    chosen = recognise(names, columns or {}, csv.name)
    with publishing(name) as published:
        with bench(published.folder) as workplace:
            typed = functools.partial(cast, workplace, list(chosen), date_format=date_format, decimal=decimal)
            faults = read(workplace, csv, names, chosen, separator, typed)
            if not workplace.counts["read"]:
                raise DataError(f"{csv.name} has no lines after its header", exit_code=USAGE)
            _refuse(faults, chosen, csv, separator)
            mark(workplace, complete(workplace, list(chosen)), NO_RULES)
            hidden = _keep_out_of_git(f"data/tables/{name}.json", f"data/problems/*/{name}.json")
            made = write_lines(
                workplace, published.folder / "transactions.parquet", made_by=f"crmlab tables {name}"
            )
        span = tuple(made[end].split(" ")[0] for end in ("first", "last"))
        declared = Dataset(
            label=f"{name} (your own data)",
            cite="Orders of your own shop",
            licence=LICENCE,
            homepage="Not published",
            currency=currency,
            span=span,
        )
        flags = summary(published.folder / "transactions.parquet")
        others = further(published.folder) if further else {}
        tables = dict(sorted({"transactions": made, **others}.items()))
        whole = {**identity(name, declared), "tables": tables, "flags": flags}
        published.fingerprint.update(store.rounded(whole))
    unused = [n for n in names if n not in chosen.values()]
    return Brought(published.fingerprint, chosen, unused, hidden, workplace.counts)


def _keep_out_of_git(*paths: str) -> list[str]:
    """Enter paths of the project in .git/info/exclude, once; return them, none where there is no git."""
    # a hook's variables would name its own repository instead of the project's
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = ["git", "rev-parse", "--show-prefix", "--git-path", "info/exclude"]
    try:
        asked = subprocess.run(
            command, cwd=store.project(), env=clean, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return []
    if asked.returncode != 0:
        return []
    prefix, file = asked.stdout.splitlines()
    exclude = store.project() / file
    text = exclude.read_text(encoding="utf-8") if exclude.is_file() else ""
    new = [p for p in (f"/{prefix}{path}" for path in paths) if p not in text.splitlines()]
    if new:
        with store.replacing(exclude) as part:
            whole = text if text.endswith("\n") or not text else text + "\n"
            part.write_text(whole + "".join(f"{p}\n" for p in new), encoding="utf-8")
    return list(paths)


def _check_name(name: str) -> None:
    """Refuse a name that is unsafe as a folder or that the catalogue has."""
    if not re.fullmatch(NAME, name):
        raise UsageError(f"'{name}' cannot name a data set: use small letters, digits and _, a letter first")
    if name in registry.names("datasets") or _is_published(store.fingerprint_file(name)):
        raise UsageError(f"'{name}' is a data set of the catalogue: choose another name for your own data")


def _is_published(file: Path) -> bool:
    """Tell whether a fingerprint is of a data set that is not a user's own; a damaged one is made again."""
    try:
        return file.is_file() and store.read_json(file, made_by="crmlab tables").get("licence") != LICENCE
    except DataError:
        return False


def _separator(csv: Path) -> str:
    """Return the separator that the first line has most of."""
    with csv.open("rb") as file:
        first = file.readline().decode("utf-8", errors="replace")
    return max(",;\t", key=first.count)


def _refuse(found: Mapping[str, list[Fault]], chosen: Mapping[str, str], csv: Path, separator: str) -> None:
    """Raise one DataError with all values that cannot be read, if there are any."""
    says = [
        f"\n  - {chosen[field]} {_quoted(fault)}{fault.what}{_where(fault, csv, separator)}"
        for field, faults in found.items()
        for fault in faults
    ]
    if says:
        raise DataError(f"{csv.name} cannot be read:{''.join(says)}", exit_code=USAGE)


def _quoted(fault: Fault) -> str:
    """Return the first offending value in quotes, or nothing where no row is meant."""
    return f"'{fault.value}' " if fault.rows else ""


def _where(fault: Fault, csv: Path, separator: str) -> str:
    """Return the lines of the file that a fault's rows stand on."""
    if not fault.rows:
        return ""
    lines = line_numbers(csv, fault.rows, separator=separator)
    more = f" and {fault.count - SHOWN:,} more" if fault.count > SHOWN else ""
    return f" (line{'s' * (fault.count > 1)} {', '.join(map(str, lines))}{more})"
