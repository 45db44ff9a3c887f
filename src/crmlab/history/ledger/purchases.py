"""The book of purchases: per customer and day, and per day on which something of it became known.

What is grouped here is grouped by sorting whole numbers, several packed into one, as all are small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

COUNTS: Final = (
    *("lines", "orders", "weekend_orders", "evening_orders", "order_products", "products"),
    *("touched", "ratings", "back_lines"),
)
LARGE: Final = ("units", "gross", "net", "rating", "back")
TYPES: Final = pa.schema(
    [
        *((name, pa.int32()) for name in ("code", "day", "known", *COUNTS)),
        *((name, pa.int64()) for name in LARGE),
        *(("days", pa.int32()), ("gap", pa.int32()), ("gap_squared", pa.int64()), ("repeat_net", pa.int64())),
    ]
)
EVENING: Final = 18
"""The hour from which on an order is one of the evening."""

SATURDAY: Final = 5
"""Days of the week from Monday, 0."""


def book(sales: pa.Table, others: Mapping[str, pa.Table]) -> pa.RecordBatch:
    """Return the rows of the book, by `code`, `known` and `day`.

    sales: purchase lines with `code, day, hour, order_id, product, quantity, amount`, all whole numbers.
    others: measures that are not of these lines, by any name: `code, day, known` and what is to be added
    there, each key once.
    """
    groups, found = _of_lines(sales)
    keys = [groups["code"], groups["day"], groups["day"]]
    more = [{c: table[c].to_numpy() for c in table.column_names} for table in others.values()]
    every = [
        np.concatenate([k, *(m[c] for m in more)])
        for k, c in zip(keys, ("code", "day", "known"), strict=True)
    ]
    code, known, day, row = in_order(every[0], every[2], every[1], np.arange(len(every[0])))
    first = changes(code, known, day)
    place = np.empty(len(row), np.int64)
    place[row] = np.cumsum(first) - 1
    made = {"code": code[first], "day": day[first], "known": known[first]}
    made |= {name: np.zeros(int(first.sum()), np.int64) for name in (*COUNTS, *LARGE)}
    start = 0
    for measures in (found, *more):
        size = len(next(iter(measures.values())))
        where = place[start : start + size]
        start += size
        for name, values in measures.items():
            if name not in ("code", "day", "known"):
                made[name][where] += values
    made |= _along_days(made)
    columns = [pa.array(made[f.name].astype(f.type.to_pandas_dtype())) for f in TYPES]
    return pa.record_batch(columns, schema=TYPES)


def _of_lines(sales: pa.Table) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the customers and days of purchase (k,), and the measures of each (k,)."""
    lines = {c: sales[c].to_numpy() for c in ("code", "day", "hour", "quantity", "amount")}
    code, day, line = in_order(lines["code"], lines["day"], np.arange(len(sales)))
    first = changes(code, day)
    starts = np.flatnonzero(first)
    of_line = np.empty(len(line), np.int64)
    of_line[line] = np.cumsum(first) - 1
    groups = {"code": code[first], "day": day[first]}
    amount, quantity = (lines[c][line] for c in ("amount", "quantity"))
    gross = np.add.reduceat(amount, starts) if len(starts) else amount
    found = {
        "lines": np.diff(np.append(starts, len(line))),
        "units": np.add.reduceat(quantity, starts) if len(starts) else quantity,
        "gross": gross,
        "net": gross,
    }

    def counted(of: np.ndarray) -> np.ndarray:
        return np.bincount(of, minlength=len(starts))

    # groups are in order of time, so the first of an order's groups is that of its first line
    order = _orders(lines["code"], sales["order_id"].to_numpy())
    orders, where, hour = in_order(order, of_line, lines["hour"])
    first = changes(orders)
    where, hour = where[first], hour[first]
    weekday = (groups["day"][where] + 3) % 7
    found |= {
        "orders": counted(where),
        "weekend_orders": counted(where[weekday >= SATURDAY]),
        "evening_orders": counted(where[hour >= EVENING]),
    }
    named = sales["product"].is_valid().to_numpy()
    product = sales["product"].drop_null().to_numpy()
    for name, of in (("order_products", order[named]), ("products", lines["code"][named])):
        whose, what, where = in_order(of, product, of_line[named])
        found[name] = counted(where[changes(whose, what)])
    return groups, found


def _orders(code: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return orders as numbers of which each is of one customer (n,)."""
    if not len(order):
        return order
    owner = np.zeros(int(order.max()) + 1, code.dtype)
    owner[order] = code
    if (owner[order] == code).all():
        return order
    codes, orders, line = in_order(code, order, np.arange(len(code)))
    numbered = np.empty(len(code), np.int64)
    numbered[line] = np.cumsum(changes(codes, orders)) - 1
    return numbered


def _along_days(made: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the measures that depend on earlier days of purchase, from rows by customer and day (n,)."""
    code, day, bought = made["code"], made["day"].astype(np.int64), made["lines"] > 0
    at = np.flatnonzero(bought)
    again = np.concatenate(([False], code[at][1:] == code[at][:-1]))[: len(at)]
    gap = np.zeros(len(code), np.int64)
    gap[at] = np.where(again, np.diff(day[at], prepend=0), 0)
    customer = np.cumsum(changes(code)) - 1
    first_day = np.full(len(code), np.iinfo(np.int64).max)
    first_day[customer[at][~again]] = day[at][~again]
    return {
        "days": bought,
        "gap": gap,
        "gap_squared": gap * gap,
        "repeat_net": np.where(day > first_day[customer], made["net"], 0),
    }


def in_order(*columns: np.ndarray) -> list[np.ndarray]:
    """Return the rows (n,) of whole numbers by the first column, then by the next, and so on."""
    if not len(columns[0]):
        return list(columns)
    lowest = [int(column.min()) for column in columns]
    widths = [(int(c.max()) - low).bit_length() for c, low in zip(columns, lowest, strict=True)]
    if sum(widths) >= 64:
        order = np.lexsort(columns[::-1])
        return [column[order] for column in columns]
    packed = np.zeros(len(columns[0]), np.int64)
    for column, low, width in zip(columns, lowest, widths, strict=True):
        packed <<= width
        packed |= column.astype(np.int64) - low
    packed.sort()
    found = []
    for low, width in zip(lowest[::-1], widths[::-1], strict=True):
        found.append((packed & ((1 << width) - 1)) + low)
        packed >>= width
    return found[::-1]


def changes(*columns: np.ndarray) -> np.ndarray:
    """Tell where rows (n,) that are in order differ from the row before, as the first does."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new
