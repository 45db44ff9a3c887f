"""A user's own CSV of orders, through the same door as the catalogue: checked, flagged, described."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from crmlab import registry, store
from crmlab.dates import Fault, parse_dates
from crmlab.delimited import header, line_numbers, parse_text, without_decimal
from crmlab.errors import USAGE, DataError, UsageError, did_you_mean
from crmlab.registry import Dataset
from crmlab.tables import write_tables

FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer": (
        *("customer id", "customer number", "customer no", "customer code"),
        *("client", "client id", "client number", "client no", "client code"),
        *("user", "user id", "buyer", "buyer id"),
    ),
    "timestamp": (
        *("date", "datetime", "date time", "order date", "ordered at"),
        *("invoice date", "purchase date", "transaction date", "created at"),
    ),
    "amount": ("total", "total amount", "total price", "line total", "order total", "revenue", "sales"),
    "quantity": ("qty", "units", "pieces"),
    "unit_price": ("price", "item price", "price per unit"),
    "order_id": ("order", "order number", "order no", "invoice", "invoice no", "invoice number"),
    "product": ("product id", "product code", "sku", "stock code", "item", "item id", "article"),
    "description": ("product name", "item name"),
    "channel": ("sales channel",),
    "country": ("country code",),
}
"""Fields of an order line, each with other names under which it is recognised.

Case, blanks, underscores and other punctuation do not count.
"""

LICENCE = "your own data"
DECIMALS = (".", ",")
NAME = r"[a-z][a-z0-9_]{0,63}"
NUMBER = r"[+-]?\d{1,12}(?:\.\d+)?"
WHOLE = r"[+-]?\d{1,12}(?:\.0+)?"
SHOWN = 5
"""How many lines a message names."""


class Brought(NamedTuple):
    """What came of a file: the fingerprint, where each field came from, and what was left."""

    fingerprint: dict[str, Any]
    columns: dict[str, str]
    """{field: column name of the file}"""
    unused: list[str]
    hidden: list[str]
    """Paths that git will not see; none where there is no git."""

    def told(self) -> list[str]:
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
) -> Brought:
    """Make the tables of a user's own orders and return what came of them.

    name: a new name of small letters, digits and underscores. csv: one order line (or order) per
    line, separated by commas, semicolons or tabs, with a customer, a time, and an amount or a
    quantity and a unit price. columns: {field: column name} where a column is not recognised by
    its name. date_format: as in strptime ('%d/%m/%Y'), where dates are not ISO. decimal: '.' or ','.

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
    content = csv.read_bytes()
    separator = _separator(content)
    names = header(content, name=csv.name, separator=separator)
    chosen = _recognise(names, columns or {}, csv.name)
    published = parse_text(content, name=csv.name, separator=separator)
    if published.empty:
        raise DataError(f"{csv.name} has no lines after its header", exit_code=USAGE)
    text = published[list(chosen.values())].set_axis(list(chosen), axis="columns")
    lines = _completed(_read(text, chosen, csv.name, content, separator, date_format, decimal))
    first, last = lines["timestamp"].min(), lines["timestamp"].max()
    declared = Dataset(
        label=f"{name} (your own data)",
        cite="Orders of your own shop",
        licence=LICENCE,
        homepage="Not published",
        currency=currency,
        span=(first.date().isoformat(), last.date().isoformat()),
    )
    hidden = _keep_out_of_git(f"data/tables/{name}.json", f"data/problems/*/{name}.json")
    fingerprint = write_tables(name, declared, {"transactions": lines})
    return Brought(fingerprint, chosen, [n for n in names if n not in chosen.values()], hidden)


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
    file = store.fingerprint_file(name)
    taken = file.is_file() and store.read_json(file, made_by="crmlab tables").get("licence") != LICENCE
    if name in registry.names("datasets") or taken:
        raise UsageError(f"'{name}' is a data set of the catalogue: choose another name for your own data")


def _separator(content: bytes) -> str:
    """Return the separator that the first line has most of."""
    first = content.split(b"\n", 1)[0].decode("utf-8", errors="replace")
    return max(",;\t", key=first.count)


def _recognise(names: list[str], given: Mapping[str, str], file: str) -> dict[str, str]:
    """Return {field: column name}: as given, else by the field's name or a synonym of it.

    Raises UsageError for an unknown field or column, two columns for one field, a missing field.
    """
    for field, column in given.items():
        if field not in FIELDS:
            raise UsageError(
                f"--column: '{field}' is not a field of an order line." + did_you_mean(field, FIELDS)
            )
        if column not in names:
            raise UsageError(f"{file} has no column '{column}' (for {field})." + did_you_mean(column, names))
    chosen = dict(given)
    for field, synonyms in FIELDS.items():
        known = {_plain(word) for word in (field, *synonyms)}
        found = [n for n in names if _plain(n) in known and n not in given.values()]
        if field not in chosen and len(found) > 1:
            both = " and ".join(f"'{n}'" for n in found)
            raise UsageError(
                f"{file}: {both} could both be the {field}: say which, {_option(field, found[0])}"
            )
        if field not in chosen and found:
            chosen[field] = found[0]
    missing = [f for f in ("customer", "timestamp") if f not in chosen]
    if "amount" not in chosen and not {"quantity", "unit_price"} <= chosen.keys():
        missing.append("amount")
    if missing:
        left = [n for n in names if n not in chosen.values()]
        says = "".join(f"\n  - no column for '{f}'." + did_you_mean(f, left) for f in missing)
        near = difflib.get_close_matches(missing[0], left, n=1, cutoff=0.5)
        hint = f"Name it: {_option(missing[0], *near)}"
        hint += " (quantity and unit_price do too)" if missing[0] == "amount" else ""
        raise UsageError(f"{file}:{says}\n  {hint}")
    return chosen


def _option(field: str, column: str = "YOURS") -> str:
    """Return the option that says which column a field is."""
    return f"--column {shlex.quote(f'{field}={column}')}"


def _plain(word: str) -> str:
    """Return a column name without case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _read(
    text: pd.DataFrame,
    chosen: Mapping[str, str],
    file: str,
    content: bytes,
    separator: str,
    date_format: str | None,
    decimal: str,
) -> pd.DataFrame:
    """Return the columns as what they mean; raises one DataError with all values that cannot be read."""
    found: dict[str, list[Fault]] = {field: [] for field in text}
    lines = pd.DataFrame(index=text.index)
    for field in text:
        if field == "timestamp":
            lines[field] = parse_dates(text[field], date_format, found[field])
        elif field in ("amount", "unit_price"):
            lines[field] = _numbers(
                text[field], NUMBER, f"a plain number like 1234{decimal}56", decimal, found[field]
            )
        elif field == "quantity":
            lines[field] = _numbers(text[field], WHOLE, "a whole number", decimal, found[field])
        else:
            lines[field] = without_decimal(text[field])
    if lines["customer"].isna().all():
        found["customer"].append(("is empty in every line", []))
    says = [
        f"\n  - {chosen[field]} {_quoted(text[field], rows)}{what}{_where(rows, content, separator)}"
        for field, faults in found.items()
        for what, rows in faults
    ]
    if says:
        raise DataError(f"{file} cannot be read:{''.join(says)}", exit_code=USAGE)
    return lines


def _numbers(values: pd.Series, form: str, what: str, decimal: str, faults: list[Fault]) -> pd.Series:
    """Return text as numbers, noting the values that do not have the form."""
    values = values.str.strip()
    wrong = ~values.str.fullmatch(form.replace(r"\.", re.escape(decimal)))
    if wrong.any():
        (other,) = set(DECIMALS) - {decimal}
        mistaken = values[wrong].str.fullmatch(form.replace(r"\.", re.escape(other))).all()
        hint = f" (if '{other}' is the decimal sign: --decimal {other})" if mistaken else ""
        faults.append((f"is not {what}{hint}", [i for i, yes in enumerate(wrong) if yes]))
    return pd.to_numeric(values.mask(wrong).str.replace(decimal, ".")).astype("float64")


def _quoted(values: pd.Series, rows: list[int]) -> str:
    """Return the first offending value in quotes, or nothing where no row is meant."""
    return f"'{values.iloc[rows[0]]}' " if rows else ""


def _where(rows: list[int], content: bytes, separator: str) -> str:
    """Return the lines of the file that rows stand on."""
    if not rows:
        return ""
    lines = line_numbers(content, rows[:SHOWN], separator=separator)
    more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    return f" (line{'s' * (len(rows) > 1)} {', '.join(map(str, lines))}{more})"


def _completed(lines: pd.DataFrame) -> pd.DataFrame:
    """Return transactions with what the file leaves out filled in by the rules of `from_csv`."""
    if "quantity" not in lines:
        lines["quantity"] = 1.0 - 2.0 * (lines["amount"] < 0)
    if "amount" not in lines:
        lines["amount"] = lines["quantity"] * lines["unit_price"]
    if "unit_price" not in lines:
        # at quantity 0 no price is known: the amount stands for it
        lines["unit_price"] = (lines["amount"] / lines["quantity"]).where(
            lines["quantity"] != 0, lines["amount"]
        )
    if "product" not in lines:
        lines["product"] = None
    number = pd.Series(range(1, len(lines) + 1), index=lines.index).astype("str").str.zfill(9)
    lines["line_id"] = number
    derived = number
    if lines["product"].notna().any():
        together = lines["customer"] + "@" + lines["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S.%f")
        derived = together.fillna(number)
    lines["order_id"] = lines["order_id"].fillna(derived) if "order_id" in lines else derived
    return lines.astype({"quantity": "int64"})
