"""A user's own CSV of orders, through the same door as the catalogue: checked, flagged, described."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crmlab import store
from crmlab.data.bench import Bench, bench
from crmlab.data.cleaning import NO_RULES, mark, summary
from crmlab.data.faults import SHOWN, Fault
from crmlab.data.formats.day_and_time import with_time_of_day
from crmlab.data.formats.opened import opened, paths_of
from crmlab.data.formats.source import Source
from crmlab.data.order_lines import cast, complete
from crmlab.data.own_columns import recognise
from crmlab.data.own_names import LICENCE, check_name
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.data.tables import identity, publishing
from crmlab.data.written import write_lines
from crmlab.declare.dataset import Dataset
from crmlab.errors import USAGE, DataError


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
    said: Sequence[str] = ()
    """How the file was read, where that is not plain."""

    def lines(self) -> list[str]:
        """Return lines for the terminal: the columns, the flags with their share, what git ignores."""
        name, facts = self.fingerprint["dataset"], self.fingerprint["tables"]["transactions"]
        lines = [f"{name}: {facts['rows']:,} order lines from {facts['first']} to {facts['last']}"]
        lines += [f"  {field} ← {column}" for field, column in self.columns.items()]
        lines += [f"  not used: {', '.join(self.unused)}"] if self.unused else []
        lines += [f"  {words}" for words in self.said]
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
    csv: Any,
    columns: Mapping[str, str] | None = None,
    *,
    reading: Reading = NOTHING_SAID,
    currency: str = "",
    further: Callable[[Path], dict[str, dict[str, Any]]] | None = None,
) -> Brought:
    """Make the tables of a user's own orders and return what came of them.

    name: a new name of small letters, digits and underscores. csv: a file of one order line (or order) per
    row, with a customer, a time, and an amount or a quantity and a unit price: delimited text, Excel,
    Parquet, JSON lines, a database file, each packed or not; a folder or pattern of such files; or a frame of
    pandas, Polars, arrow, DuckDB or Ibis. columns: {field: column name} where a column is not recognised by
    its name. reading: the answers to what the file leaves open (see docs/own_data.md). further:
    writes more tables into the folder of the order lines and returns their facts by name
    (crmlab.data.own_tables.further); all are replaced together.

    What the file does not have: without an amount it is quantity times price; without a quantity
    each line is one piece (minus one where the amount is negative); without an order id each line
    is an order, or, where products are given, the lines of one customer at one time. A negative
    quantity or amount is a cancellation. Nothing about the data gets into git: what describes them
    is entered in the repository's own list of ignored files (.git/info/exclude).

    Raises UsageError for a name or column that does not fit, DataError for values that cannot be
    read, with their lines.
    """
    check_name(name)
    if isinstance(csv, (str, Path)):
        paths_of(csv)
    with publishing(name) as published:
        with bench(published.folder) as workplace:
            source = opened(workplace, csv, reading)
            chosen = recognise(source.names, columns or {}, source.name)
            every = with_time_of_day(workplace, source, chosen, reading)
            faults = source.read(
                workplace, every, functools.partial(cast, workplace, list(chosen), reading=reading)
            )
            if not workplace.counts["read"]:
                raise DataError(f"{source.name} has no lines after its header", exit_code=USAGE)
            _refuse(faults, every, source, workplace)
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
    unused = [n for n in source.names if n not in every.values()]
    return Brought(published.fingerprint, every, unused, hidden, workplace.counts, workplace.said)


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


def _refuse(
    found: Mapping[str, list[Fault]], chosen: Mapping[str, str], source: Source, workplace: Bench
) -> None:
    """Raise one DataError with all values that cannot be read, if there are any."""
    says = [
        f"\n  - {chosen[field]} {_quoted(fault)}{fault.what}{_where(fault, source, workplace)}"
        for field, faults in found.items()
        for fault in faults
    ]
    if says:
        raise DataError(f"{source.name} cannot be read:{''.join(says)}", exit_code=USAGE)


def _quoted(fault: Fault) -> str:
    """Return the first offending value in quotes, or nothing where no row is meant."""
    return f"'{fault.value}' " if fault.rows else ""


def _where(fault: Fault, source: Source, workplace: Bench) -> str:
    """Return the lines of the file that a fault's rows stand on."""
    if not fault.rows:
        return ""
    more = f" and {fault.count - SHOWN:,} more" if fault.count > SHOWN else ""
    return f" (line{'s' * (fault.count > 1)} {', '.join(source.where(workplace, fault.rows))}{more})"
