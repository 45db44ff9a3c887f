"""From the text of an order file to order lines: steps of SQL, and a report of all that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmlab.data.bench import NUMBER, Bench, Step
from crmlab.data.faults import Fault
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.data.values import far
from crmlab.data.values.cast import cast as cast_by_kind
from crmlab.declare.table import MONEY, TEXT, TIME, WHOLE

NEEDED: Final = {"timestamp": TIME, "amount": MONEY, "unit_price": MONEY, "quantity": WHOLE}
BESIDE: Final = ("discount", "order_total", "refund", *(f"fee_{i}" for i in range(9)))
"""Money that a line may lack."""
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


def complete(workplace: Bench, fields: Sequence[str]) -> list[str]:
    """Do the step `lines`: order lines with what the file leaves out filled in by the rules of `from_csv`.

    Return its columns beside the number.
    """
    # nine digits at least, for less than printf takes
    padded = f"right((1000000000 + {NUMBER})::VARCHAR, 9)"
    line_id = f"CASE WHEN {NUMBER} < 1000000000 THEN {padded} ELSE {NUMBER}::VARCHAR END"
    together = "customer || '@' || strftime(timestamp, '%Y-%m-%d %H:%M:%S.%f')"
    alone = "product" not in fields or not workplace.row("SELECT count(product) AS n FROM typed")["n"]
    order_id = line_id if alone else f"coalesce({together}, {line_id})"
    quantity = "quantity" if "quantity" in fields else "(CASE WHEN amount < 0 THEN -1 ELSE 1 END)::BIGINT"
    amount = "amount" if "amount" in fields else "quantity * unit_price"
    # at quantity 0 no price is known: the amount stands for it
    price = f"CASE WHEN {quantity} <> 0 THEN amount / {quantity} ELSE amount END"
    columns = {
        NUMBER: NUMBER,
        "line_id": line_id,
        "order_id": f"coalesce(order_id, {order_id})" if "order_id" in fields else order_id,
        "customer": "customer",
        "timestamp": "timestamp",
        "product": "product" if "product" in fields else "NULL::VARCHAR",
        "quantity": quantity,
        "unit_price": "unit_price" if "unit_price" in fields else price,
        "amount": amount,
    }
    columns |= {f: f for f in fields if f not in columns}
    listed = ", ".join(f"{sql} AS {c}" for c, sql in columns.items())
    workplace.do(Step("lines", f"SELECT {listed} FROM typed"))
    return [c for c in columns if c != NUMBER]
