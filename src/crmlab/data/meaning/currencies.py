"""Currencies: one for a shop; several only with the rates that make them one."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa

from crmlab.data.bench import text
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import Lines, Told
from crmlab.errors import USAGE, DataError, UsageError

MONEY: Final = ("amount", "unit_price", "discount", "order_total")
ALWAYS: Final = dt.date(1, 1, 1)


class Rate(NamedTuple):
    """What one unit of a currency is worth from a day on."""

    currency: str
    rate: float
    day: dt.date


def in_one_currency(lines: Lines, asked: Meaning) -> tuple[Lines, str]:
    """Return the lines in one currency, and which it is ('' where neither file nor user says it).

    Raises DataError for several currencies without rates, and for a currency that has no rate.
    """
    if not lines.has("currency"):
        if asked.rates:
            raise UsageError("--rates: no column says the currency. Name it: --column currency=YOURS")
        return lines, asked.currency
    found = _found(lines)
    if len(found) < 2 and not asked.rates:
        there = found[0][0] if found else ""
        if asked.currency and there and there != asked.currency.upper():
            raise UsageError(
                f"--currency {asked.currency}: the file says {there} in '{lines.named('currency')}'"
            )
        return lines, there or asked.currency
    if asked.rates is None:
        held = ", ".join(f"{c} ({n:,} line{'s' * (n != 1)}, {money:,.2f})" for c, n, money in found)
        raise DataError(
            f"several currencies in '{lines.named('currency')}': {held}. Their amounts cannot be added: "
            "give their rates, --rates FILE with the columns currency,rate (and date, where they change), "
            "or one file per currency",
            exit_code=USAGE,
        )
    return _converted(lines, [c for c, *_ in found], read_rates(asked.rates), asked)


def _found(lines: Lines) -> list[tuple[str, int, float]]:
    """Return the currencies of the lines, each with its lines and money."""
    return lines.workplace.run(
        f"SELECT upper(currency) AS c, count(*), coalesce(sum({lines.amount}), 0) FROM {lines.step} "
        "WHERE currency IS NOT NULL GROUP BY c ORDER BY 2 DESC, 1"
    )


def read_rates(path: Path) -> list[Rate]:
    """Return the rates of a file with the columns currency, rate and, where they change, date (from then on).

    A rate says what one unit of the currency is worth in the currency of the shop, whose own rate is 1.
    Raises UsageError, naming the line, for what is not such a file.
    """
    if not path.is_file():
        raise UsageError(f"--rates: there is no file '{path}'")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"currency", "rate"} <= {*(rows.fieldnames or ())}:
            raise UsageError(f"{path.name}: its first line must be currency,rate or currency,rate,date")
        found = [_rate(row, f"{path.name}, line {rows.line_num}") for row in rows]
    twice = [rate for i, rate in enumerate(found) if (rate.currency, rate.day) in {r[::2] for r in found[:i]}]
    if twice:
        raise UsageError(f"{path.name}: {twice[0].currency} has two rates of one day: keep one")
    return found


def _rate(row: dict[str, str], where: str) -> Rate:
    """Return a rate from the row of a file."""
    try:
        day = dt.date.fromisoformat(row["date"].strip()) if (row.get("date") or "").strip() else ALWAYS
        rate = Rate(row["currency"].strip().upper(), float(row["rate"]), day)
    except (ValueError, TypeError, AttributeError):
        raise UsageError(
            f"{where}: not a currency, a rate such as 0.85 and a date such as 2024-01-31"
        ) from None
    if not 0 < rate.rate < float("inf"):
        raise UsageError(f"{where}: a rate is above 0")
    return rate


def _converted(
    lines: Lines, currencies: Sequence[str], rates: list[Rate], asked: Meaning
) -> tuple[Lines, str]:
    """Return the lines in the currency of the shop: the one that was asked for, or whose rate is always 1."""
    ones = {r.currency for r in rates if r.rate == 1}
    base = asked.currency.upper() or (ones.pop() if len(ones) == 1 else "")
    if not base:
        raise UsageError("--rates: which currency is the shop's? Say --currency, or give one the rate 1")
    table = pa.Table.from_pylist(
        [r._asdict() for r in rates if r.currency != base] or [Rate(base, 1.0, ALWAYS)._asdict()]
    )
    lines.workplace.connection.register("given_rates", table)
    lines.workplace.run(
        "CREATE OR REPLACE TABLE rates AS SELECT currency AS of, rate, day::TIMESTAMP AS day FROM given_rates"
    )
    lines.workplace.connection.unregister("given_rates")
    rate = f"CASE WHEN l.currency IS NULL OR upper(l.currency) = {text(base)} THEN 1.0 ELSE r.rate END"
    new = {f: f"l.{f} * rate_now" for f in MONEY if lines.has(f)} or {}
    joined = "ASOF LEFT JOIN rates AS r ON upper(l.currency) = r.of AND l.timestamp >= r.day"
    lines = lines.then("rated", {"rate_now": rate}, joined=joined, kept=True)
    unknown = lines.row({"c": "list(DISTINCT upper(currency)) FILTER (rate_now IS NULL)"})["c"]
    if unknown:
        raise lines.refuse(
            "currency", f"has no rate in {asked.rates and asked.rates.name} on its day", "rate_now IS NULL"
        )
    told = [
        Told("rates", f"{c} became {base} by --rates", lines.ask(f"upper(currency) = {text(c)}")[0])
        for c in currencies
        if c != base
    ]
    return lines.then("converted", new).tell(*told), base
