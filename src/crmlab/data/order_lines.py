"""From the text of an order file to order lines: steps of SQL, and a report of all that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmlab.canonical.transactions import TABLE
from crmlab.data.bench import NUMBER, Bench, Step, text
from crmlab.data.faults import Fault
from crmlab.data.meaning.lines import DISCOUNT, FEE, FEE_BACK, Lines
from crmlab.data.meaning.whole import LINE_ID, expressions
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.data.values import far
from crmlab.data.values.cast import cast as cast_by_kind
from crmlab.declare.table import MONEY, TEXT, TIME, WHOLE

NEEDED: Final = {"timestamp": TIME, "amount": MONEY, "unit_price": MONEY, "quantity": WHOLE}
BESIDE: Final = ("discount", "order_total", "refund", *(f"fee_{i}" for i in range(9)))
"""Money that a line may lack."""
TELLS_APART: Final = ("line_number", "order_total", "role")
"""What stays with the lines until equal ones are told apart; no columns of the table."""
KINDS: Final = {**NEEDED, **dict.fromkeys(BESIDE, MONEY)}
"""What the fields of an order line are that are no text."""


def cast(
    workplace: Bench, fields: Sequence[str], *, reading: Reading = NOTHING_SAID
) -> dict[str, list[Fault]]:
    """Do the step `typed`: the fields of the step `read` as what they mean; return what cannot be read.

    fields: those that the file has. How they are read: `values.cast`. Lines outside the days that were asked
    for are put aside, and few lines far from all others are a fault.
    """
    required = [f for f in NEEDED if f in fields]
    found = cast_by_kind(workplace, {f: KINDS.get(f, TEXT) for f in fields}, reading, required=required)
    if not found["timestamp"]:
        _put_aside(workplace, reading)
        found["timestamp"] += far.too_far(workplace, "timestamp") or far.outliers(
            workplace, "timestamp", reading
        )
    if workplace.counts["read"] and not workplace.counts["typed"]:
        found["timestamp"].append(Fault(f"has no line in the days that were asked for ({_days(reading)})"))
    elif not workplace.row("SELECT count(customer) AS n FROM typed")["n"]:
        found["customer"].append(Fault("is empty in every line"))
    return found


def _put_aside(workplace: Bench, reading: Reading) -> None:
    """Take lines out that lie outside the days that were asked for, and say how many."""
    aside = far.put_aside(workplace, "timestamp", reading)
    if aside:
        workplace.said.append(f"{aside:,} line{'s' * (aside != 1)} put aside (not from {_days(reading)})")


def _days(reading: Reading) -> str:
    """Return the days that were asked for in words."""
    return f"{reading.since or 'the beginning'} to {reading.until or 'the end'}"


def complete(lines: Lines, *, keep_duplicates: bool = False) -> list[str]:
    """Do the step `lines`: order lines with what the file leaves out filled in (see `whole.expressions`).

    A line that is no goods is a fee unless it gives money back. Return its columns beside the number.
    """
    columns = {NUMBER: NUMBER, "line_id": LINE_ID, **expressions(lines)}
    columns |= {f: f for f in lines.fields if f in TABLE.columns or f in TELLS_APART}
    if lines.has("role"):
        columns["is_fee"] = f"role IN ({text(FEE)}, {text(FEE_BACK)}, {text(DISCOUNT)})"
    if keep_duplicates:
        columns["is_duplicate"] = "false"
    listed = ", ".join(f"{sql} AS {c}" for c, sql in columns.items())
    lines.workplace.do(
        Step("lines", f"SELECT {listed} FROM {lines.step}"), lines=lines.workplace.counts[lines.step]
    )
    return [c for c in columns if c != NUMBER]
