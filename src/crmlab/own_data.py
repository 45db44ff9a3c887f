"""A user's own CSV of orders, through the same door as the catalogue: checked, flagged, described."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import registry, store
from crmlab.dates import Fault, parse_dates
from crmlab.delimited import header, line_numbers, parse_text, without_decimal
from crmlab.errors import USAGE, DataError, UsageError, did_you_mean
from crmlab.registry import Dataset
from crmlab.tables import write_tables

FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer id", "customer number", "customer no", "client", "client id", "user id", "buyer"),
    "timestamp": ("date", "datetime", "order date", "invoice date", "purchase date", "created at"),
    "amount": ("total", "line total", "order total", "revenue", "sales"),
    "quantity": ("qty", "units", "pieces"),
    "unit_price": ("price", "item price"),
    "order_id": ("order", "order number", "order no", "invoice", "invoice no", "invoice number"),
    "product": ("product id", "product code", "sku", "stock code", "item", "item id", "article"),
    "description": ("product name", "item name"),
    "channel": ("sales channel",),
    "country": ("country code",),
}
"""Fields of an order line, each with other names under which it is recognised."""

LICENCE = "your own data"
NAME = r"[a-z][a-z0-9_]{0,63}"
NUMBER = r"[+-]?\d{1,12}(?:\.\d+)?"
WHOLE = r"[+-]?\d{1,12}(?:\.0+)?"
SHOWN = 5
"""How many lines a message names."""


def from_csv(
    name: str,
    csv: Path,
    columns: Mapping[str, str] | None = None,
    *,
    date_format: str | None = None,
    currency: str = "",
) -> dict[str, Any]:
    """Make the tables of a user's own orders and return their fingerprint.

    name: a new name of small letters, digits and underscores. csv: one order line (or order) per
    line, separated by commas, semicolons or tabs, with a customer, a time, and an amount or a
    quantity and a unit price. columns: {field: column name} where a column is not recognised by
    its name. date_format: as in strptime ('%d/%m/%Y'), where dates are not ISO.

    What the file does not have: without an amount it is quantity times price; without a quantity
    each line is one piece (minus one where the amount is negative); without an order id each line
    is an order, or, where products are given, the lines of one customer at one time. A negative
    quantity or amount is a cancellation.

    Raises UsageError for a name or column that does not fit, DataError for values that cannot be
    read, with their lines.
    """
    _check_name(name)
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
    lines = _completed(_read(text, chosen, csv.name, content, separator, date_format))
    first, last = lines["timestamp"].min(), lines["timestamp"].max()
    declared = Dataset(
        label=name,
        cite="",
        licence=LICENCE,
        homepage="",
        currency=currency,
        span=(first.date().isoformat(), last.date().isoformat()),
    )
    return write_tables(name, declared, {"transactions": lines})


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
            raise UsageError(f"'{field}' is not a field of an order line." + did_you_mean(field, FIELDS))
        if column not in names:
            raise UsageError(f"{file} has no column '{column}' (for {field})." + did_you_mean(column, names))
    chosen = dict(given)
    for field, synonyms in FIELDS.items():
        known = {_plain(word) for word in (field, *synonyms)}
        found = [n for n in names if _plain(n) in known and n not in given.values()]
        if field not in chosen and len(found) > 1:
            both = " and ".join(f"'{n}'" for n in found)
            raise UsageError(f"{file}: {both} could both be the {field}: say which, {field}={found[0]}")
        if field not in chosen and found:
            chosen[field] = found[0]
    missing = [f for f in ("customer", "timestamp") if f not in chosen]
    if "amount" not in chosen and not {"quantity", "unit_price"} <= chosen.keys():
        missing.append("amount")
    if missing:
        left = [n for n in names if n not in chosen.values()]
        says = "".join(f"\n  - no column for '{f}'." + did_you_mean(f, left) for f in missing)
        hint = f"Name it: {missing[0]}=COLUMN. (For 'amount', quantity and unit_price do too.)"
        raise UsageError(f"{file}:{says}\n  {hint}")
    return chosen


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
) -> pd.DataFrame:
    """Return the columns as what they mean; raises one DataError with all values that cannot be read."""
    found: dict[str, list[Fault]] = {field: [] for field in text}
    lines = pd.DataFrame(index=text.index)
    for field in text:
        if field == "timestamp":
            lines[field] = parse_dates(text[field], date_format, found[field])
        elif field in ("amount", "unit_price"):
            lines[field] = _numbers(text[field], NUMBER, "is not a plain number like 1234.56", found[field])
        elif field == "quantity":
            lines[field] = _numbers(text[field], WHOLE, "is not a whole number", found[field])
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


def _numbers(values: pd.Series, form: str, what: str, faults: list[Fault]) -> pd.Series:
    """Return text as numbers, noting the values that do not have the form."""
    values = values.str.strip()
    wrong = ~values.str.fullmatch(form)
    if wrong.any():
        faults.append((what, [i for i, yes in enumerate(wrong) if yes]))
    return pd.to_numeric(values.mask(wrong)).astype("float64")


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
