"""Order lines made whole: what a file leaves out, filled in by rules that each file is read by."""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.data.bench import NUMBER
from crmlab.data.meaning.lines import Lines

# nine digits at least, for less than printf takes
PADDED = f"right((1000000000 + {NUMBER})::VARCHAR, 9)"
LINE_ID = f"CASE WHEN {NUMBER} < 1000000000 THEN {PADDED} ELSE {NUMBER}::VARCHAR END"
MOMENT = "customer || '@' || strftime(timestamp, '%Y-%m-%d %H:%M:%S.%f')"
HAS_CLOCK = "bool_or(timestamp <> date_trunc('day', timestamp))"


def expressions(lines: Lines) -> Mapping[str, str]:
    """Return {field: the SQL that gives it, from what the file has}.

    Without a quantity each line is one piece, minus one where its amount is negative. Without an order id
    the lines of one customer at one time are an order where the times have hours or products are given;
    otherwise, as for lines without a customer, each line is an order of its own.
    """
    quantity = "quantity" if lines.has("quantity") else "(CASE WHEN amount < 0 THEN -1 ELSE 1 END)::BIGINT"
    # at quantity 0 no price is known: the amount stands for it
    price = f"CASE WHEN {quantity} <> 0 THEN amount / {quantity} ELSE amount END"
    return {
        "order_id": _order_id(lines),
        "customer": "customer",
        "timestamp": "timestamp",
        "product": "product" if lines.has("product") else "NULL::VARCHAR",
        "quantity": quantity,
        "unit_price": "unit_price" if lines.has("unit_price") else price,
        "amount": lines.amount,
    }


def _order_id(lines: Lines) -> str:
    """Return the SQL of the order that a line is of."""
    asked = "count(product)" if lines.has("product") else "0"
    together = not lines.has("order_id") and _of_one_moment(lines, asked)
    alone = f"coalesce({MOMENT}, {LINE_ID})" if together else LINE_ID
    return f"coalesce(order_id, {alone})" if lines.has("order_id") else alone


def _of_one_moment(lines: Lines, products: str) -> bool:
    """Tell whether a customer and a time make an order."""
    row = lines.row({"products": products, "clock": HAS_CLOCK})
    return bool(row["products"] or row["clock"])


def whole(lines: Lines) -> Lines:
    """Return the lines with all that makes an order line, and with their role; once."""
    if lines.has("role", "amount", "quantity", "unit_price", "order_id", "product"):
        return lines
    made = dict(expressions(lines)) | {"role": lines.role}
    return lines.then(f"whole_{lines.step}", made)


def with_lines(lines: Lines, step: str, new: Mapping[str, str], where: str) -> Lines:
    """Return the lines, and one more for each that meets a condition: with new fields and its own number.

    It keeps of which line it is, so that equal ones of two lines of an order are not one twice.
    """
    last = f"(SELECT max({NUMBER}) FROM {lines.step})"
    own = ("line_number", "product", "quantity", "unit_price", "amount")
    made = {
        NUMBER: f"{last} + row_number() OVER (ORDER BY {NUMBER})",
        "line_number": f"concat_ws('|', {', '.join(f for f in own if lines.has(f))})",
    }
    made |= new
    listed = ", ".join(f"{made.get(f, f)} AS {f}" for f in dict.fromkeys((NUMBER, *lines.fields, *made)))
    more = lines.more(step, f"SELECT {listed} FROM {lines.step} WHERE {where}")
    return more._replace(fields=tuple(dict.fromkeys((*lines.fields, "line_number"))))
