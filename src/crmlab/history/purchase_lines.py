"""What several feature families share: purchase lines, purchase days, and exact arithmetic on them.

- A *purchase line* has a customer and a positive quantity, and is no fee, bad debt, write-off,
  duplicate or cancellation.
- Its *net amount* is its amount plus the amounts of the cancellations that name it and are known.
- A *purchase day* is a day with a purchase line, also where everything was given back later:
  ordering shows an active customer, so a return takes away money, never activity. The history of
  purchase days therefore only grows with the cutoff.

Cancellations that name no line (the purchase lies before the data begin) change no net amount;
the family `returns` counts them.

Sums run over integers and decimals only, so that two threads give identical bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis
from ibis.expr.types import Column, NumericColumn, Table

PURCHASE_LINES = "purchase_lines"
"""Name under which a caller may pass purchase lines that it has already computed."""

_NOT_A_PURCHASE = ("is_cancellation", "is_bad_debt", "is_write_off", "is_fee", "is_duplicate")
_EPOCH = dt.date(1970, 1, 1)


def day_number(moment: dt.datetime) -> int:
    """Return the day of `moment` as days since 1970-01-01."""
    return (moment.date() - _EPOCH).days


def day_of(column: Column) -> Column:
    """Return the day of a timestamp or date column as days since 1970-01-01 (int64)."""
    return column.cast("date").delta(ibis.date(_EPOCH), unit="day")


def purchase_lines(tables: Mapping[str, Table]) -> Table:
    """Return the purchase lines with `day`, `net_amount` and `net_quantity` beside their columns.

    tables: as known at the cutoff; the cancellations among them are the ones that are netted.
    """
    if PURCHASE_LINES in tables:
        return tables[PURCHASE_LINES]
    lines = tables["transactions"]
    taken_back = (
        lines.filter(lines.cancels_line.notnull(), ~lines.is_duplicate)
        .group_by(named_line=lambda t: t.cancels_line)
        .agg(back_amount=lambda t: t.amount.sum(), back_quantity=lambda t: t.quantity.sum())
    )
    bought = lines.filter(lines.customer.notnull(), lines.quantity > 0, *(~lines[f] for f in _NOT_A_PURCHASE))
    joined = bought.left_join(taken_back, bought.line_id == taken_back.named_line)
    return joined.mutate(
        day=day_of(joined.timestamp),
        net_amount=(joined.amount + joined.back_amount.fill_null(0)).cast("decimal(38, 4)"),
        net_quantity=joined.quantity + joined.back_quantity.fill_null(0).cast("int64"),
    ).drop("named_line", "back_amount", "back_quantity", "cancels_line")


def purchase_days(lines: Table) -> Table:
    """Return one row per customer and purchase day: `customer, day, spend` (net, decimal)."""
    return lines.group_by("customer", "day").agg(spend=lines.net_amount.sum())


def real(column: Column) -> NumericColumn:
    """Return a number column as float64."""
    return column.cast("float64")


def count_where(condition: Column) -> NumericColumn:
    """Return how many rows of a group meet a condition (int64)."""
    return condition.fill_null(False).cast("int64").sum()


def ratio(above: Column, below: Column) -> NumericColumn:
    """Return above / below as float64, null where `below` is 0."""
    return real(above) / real(below).nullif(ibis.literal(0.0).cast("float64"))


def spread(count: Column, total: Column, squares: Column) -> NumericColumn:
    """Return the sample standard deviation from n, Σx and Σx² of integers; null below two values.

    The integers are exact, so the result does not depend on the order of summation.
    """
    exact = real(count * squares - total * total) / real((count * (count - 1)).nullif(0))
    return exact.sqrt()


def most_common(table: Table, column: str) -> Table:
    """Return per customer the most frequent value of a text column: `customer, value, share`.

    Ties go to the value that sorts first; nulls do not count.
    """
    known = table.filter(table[column].notnull())
    counts = known.group_by("customer", value=known[column]).agg(n=lambda t: t.count())
    ranked = counts.mutate(
        rank=ibis.row_number().over(group_by="customer", order_by=[ibis.desc("n"), "value"]),
        total=counts.n.sum().over(group_by="customer"),
    )
    return ranked.filter(ranked["rank"] == 0).select("customer", "value", share=ratio(ranked.n, ranked.total))


def first_of(table: Table, *order: str) -> Table:
    """Return each customer's first row in the given order (which must break every tie)."""
    ranked = table.mutate(rank=ibis.row_number().over(group_by="customer", order_by=list(order)))
    return ranked.filter(ranked["rank"] == 0).drop("rank")
