"""A user's own orders, through the same door as the catalogue: checked, flagged, described."""

from __future__ import annotations

import dataclasses
import functools
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from crmlab import store
from crmlab.data import own_prices, own_shops, refusing
from crmlab.data.bench import Bench, bench
from crmlab.data.faults import Fault
from crmlab.data.formats.day_and_time import with_time_of_day
from crmlab.data.formats.opened import opened, paths_of
from crmlab.data.meaning import fees, put_aside, statuses, summaries
from crmlab.data.meaning.asked import NOTHING, Meaning
from crmlab.data.meant import Meant, ReadAs, write_meant
from crmlab.data.order_lines import cast
from crmlab.data.own_columns import recognise
from crmlab.data.own_names import LICENCE, check_name
from crmlab.data.own_prices import NO_PRICES, OwnPrices
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.data.tables import identity, publishing
from crmlab.declare.dataset import Dataset
from crmlab.errors import USAGE, DataError

DESCRIBES: Final = (
    *("data/tables/{}.json", f"data/tables/{{}}/{own_prices.FILE}", "data/problems/*/{}.json"),
    *("experiments/scores/*/{}.json", "experiments/metrics/*/{}.json"),
)
"""Files that describe own data, which git must not see."""


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
    prices: Sequence[str] = ()
    """Which prices of the shop hold from now on."""

    def lines(self) -> list[str]:
        """Return lines for the terminal: the columns, the flags with their share, what git ignores."""
        name, facts = self.fingerprint["dataset"], self.fingerprint["tables"]["transactions"]
        lines = [f"{name}: {facts['rows']:,} order lines from {facts['first']} to {facts['last']}"]
        lines += [f"  {field} ← {column}" for field, column in self.columns.items()]
        lines += [f"  not used: {', '.join(self.unused)}"] if self.unused else []
        lines += [f"  {hint}" for hint in (*fees.hints(self.unused), *statuses.hints(self.unused))]
        lines += [f"  {words}" for words in self.said]
        lines += put_aside.in_words(self.fingerprint["meaning"], self.fingerprint["currency"])
        lines += self.prices
        lines += [f"Kept out of git: {', '.join(self.hidden)}"] if self.hidden else []
        return lines


def from_csv(
    name: str,
    csv: Any,
    columns: Mapping[str, str] | None = None,
    *,
    reading: Reading = NOTHING_SAID,
    meaning: Meaning = NOTHING,
    currency: str = "",
    further: Callable[[Path], dict[str, dict[str, Any]]] | None = None,
    prices: OwnPrices = NO_PRICES,
) -> Brought:
    """Make the tables of a user's own orders and return what came of them.

    name: a new name of small letters, digits and underscores. csv: a file of one order line (or order) per
    row, with a customer, a time, and an amount or a quantity and a unit price: delimited text, Excel,
    Parquet, JSON lines, a database file, each packed or not; a folder or pattern of such files; or a frame of
    pandas, Polars, arrow, DuckDB or Ibis. columns: {field: column name} where a column is not recognised by
    its name. reading: the answers to what the file leaves open (see docs/own_data.md). further:
    writes more tables into the folder of the order lines and returns their facts by name
    (crmlab.data.own_tables.further); all are replaced together. prices: of the shop; those that are not
    said stay as they were.

    What the file does not have: without an amount it is quantity times price; without a quantity each line
    is one piece (minus one where the amount is negative); without an order id each line is an order, or,
    where times have hours or products are given, the lines of one customer at one time. A negative quantity
    or amount is a cancellation. meaning: the answers to what the lines leave open; files of a shop system
    are recognised, or named by its `preset`. Nothing about the data gets into git: what describes them is
    entered in the repository's own list of ignored files (.git/info/exclude).

    Raises UsageError for a name or column that does not fit, DataError for values that cannot be
    read, with their lines.
    """
    check_name(name)
    if isinstance(csv, (str, Path)):
        paths_of(csv)
    meaning = dataclasses.replace(meaning, currency=currency or meaning.currency)
    reading = dataclasses.replace(reading, currency=meaning.currency)
    with publishing(name) as published:
        with bench(published.folder) as workplace:
            read_as = _typed(workplace, csv, columns or {}, reading, meaning)
            with read_as.refusing():
                meant = write_meant(workplace, read_as, published.folder, made_by=f"crmlab tables {name}")
                _refuse_without_purchases(meant)
            now, told = own_prices.renewed(name, dataclasses.replace(prices, currency=meant.currency))
            own_prices.write(published.folder, now)
            meant = meant._replace(currency=now.currency)
            hidden = keep_out_of_git(*(place.format(name) for place in DESCRIBES))
        others = further(published.folder) if further else {}
        published.fingerprint.update(store.rounded(_fingerprint(name, meant, others)))
    unused = [n for n in read_as.names if n not in read_as.shown.values()]
    return Brought(
        published.fingerprint, dict(read_as.shown), unused, hidden, workplace.counts, workplace.said, told
    )


def _typed(
    workplace: Bench, csv: Any, columns: Mapping[str, str], reading: Reading, meaning: Meaning
) -> ReadAs:
    """Do the steps `read` and `typed` of files, by a preset or by columns that are recognised or named."""
    shop = own_shops.of_several(meaning)
    if shop:
        return own_shops.typed(workplace, shop, csv, columns, reading, meaning)
    source = opened(workplace, csv, reading)
    shop = own_shops.of_one(source.names, meaning)
    if shop:
        return own_shops.typed(workplace, shop, source, columns, reading, meaning)
    chosen = recognise(source.names, columns, source.name) | fees.columns(source.names, meaning)
    every = with_time_of_day(workplace, source, chosen, reading)
    faults = source.read(workplace, every, functools.partial(cast, workplace, list(chosen), reading=reading))
    if not workplace.counts["read"]:
        raise DataError(f"{source.name} has no lines after its header", exit_code=USAGE)

    def refuse(found: Mapping[str, Sequence[Fault]]) -> None:
        said = refusing.sentences(found, every, source, workplace)
        rows = {row for some in found.values() for fault in some for row in fault.rows}
        refusing.refuse(source.name, [*said, *summaries.hints(workplace, list(every), rows)])

    refuse(faults)
    return ReadAs(chosen, meaning, source.names, every, refuse=refuse)


def _refuse_without_purchases(meant: Meant) -> None:
    """Raise DataError where no line is a purchase of a customer, and say what the lines are."""
    *others, spent = meant.meaning["rows"]
    if spent[1]:
        return
    are = "".join(f"\n  - {what}: {n:,}" for what, n, *_ in others)
    what = "nothing was bought, so nothing can be asked of these lines"
    raise DataError(f"{what}:{are}\n  Bring the orders with their returns, in one file", exit_code=USAGE)


def _fingerprint(name: str, meant: Meant, others: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of own data: who they are, their tables, flags, and what was put aside."""
    declared = Dataset(
        label=f"{name} (your own data)",
        cite="Orders of your own shop",
        licence=LICENCE,
        homepage="Not published",
        currency=meant.currency,
        span=(meant.made["first"].split(" ")[0], meant.made["last"].split(" ")[0]),
    )
    return {
        **identity(name, declared),
        "tables": dict(sorted({"transactions": meant.made, **others}.items())),
        "flags": meant.flags,
        "meaning": meant.meaning,
    }


def keep_out_of_git(*paths: str) -> list[str]:
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
