"""What the columns of money hold: the amount of a line or the total of its order, the price of what."""

from __future__ import annotations

from typing import Any, Final

from crmlab.data.bench import NUMBER
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import CENT, Lines, Told

ALIKE: Final = f"{CENT} + {CENT} * greatest(1, abs(quantity))"
"""How far a rounded unit price may be off over the pieces of a line."""
OFF: Final = f"abs(abs(amount) - abs(quantity * unit_price)) > {ALIKE}"
FIRST: Final = 10_000
MANY: Final = 2
"""So many orders of several lines with one amount on each are no accident."""


def asked(lines: Lines) -> dict[str, str]:
    """Return the aggregate that shows whether quantity, price and amount disagree."""
    return {"off": f"count(*) FILTER ({OFF})"} if lines.has("amount", "quantity", "unit_price") else {}


def settled(lines: Lines, seen: dict[str, Any], asked: Meaning) -> Lines:
    """Return the lines with the amount of each line and the price of a unit.

    Where quantity, price and amount are there, quantity times price decides what the others are. Raises
    Refused where the file does not decide.
    """
    if asked.total == "product":
        return _by_product(lines)
    if asked.price == "line" or asked.total == "order":
        return _as_said(lines, asked)
    if lines.has("order_total", "quantity", "unit_price") and not lines.has("amount"):
        return lines
    if asked.total == "line":
        return lines
    if seen.get("off"):
        return _disagreeing(lines, asked)
    if lines.has("amount") and not lines.has("unit_price") and lines.has("order_id"):
        return _without_prices(lines)
    return lines


def _by_product(lines: Lines) -> Lines:
    """Return the lines with quantity times price as their amount, as the user said."""
    made = lines.then("by_product", {"amount": "quantity * unit_price"})
    return made.tell(Told("totals", "amount = quantity × unit_price, by --total product", made.ask()[0]))


def _as_said(lines: Lines, asked: Meaning) -> Lines:
    """Return the lines as the user says that their money is to be read."""
    if asked.price == "line":
        lines = _price_of_line(lines, "by --price line")
    return _order_total(lines, "by --total order") if asked.total == "order" else lines


def _disagreeing(lines: Lines, asked: Meaning) -> Lines:
    """Return the lines where amount is not quantity times price, by what the amounts look like."""
    row = lines.row(
        {
            "off": f"count(*) FILTER ({OFF})",
            "line_price": f"count(*) FILTER ({OFF} AND abs(abs(amount) - abs(unit_price)) < {CENT})",
            "below": f"count(*) FILTER ({OFF} AND abs(amount) < abs(quantity * unit_price))",
            "reduced": f"count(*) FILTER ({OFF} AND abs(abs(amount) - abs(quantity * unit_price) "
            f"+ abs(discount)) < {ALIKE})"
            if lines.has("discount")
            else "0",
            "apart": f"coalesce(sum(amount - quantity * unit_price) FILTER ({OFF}), 0)",
        }
    )
    orders = _orders(lines) if lines.has("order_id") else {"several": 0, "constant": 0, "sum": 0}
    if asked.price is None and row["line_price"] == row["off"]:
        return _price_of_line(lines, "it equals the amount wherever the quantity is not 1")
    if orders["several"] and orders["constant"] == orders["several"]:
        if 2 * orders["sum"] >= orders["several"]:
            return _order_total(
                lines, "the same on every line of an order, and their quantity × price adds up to it"
            )
        raise lines.refuse(
            "amount",
            "is the same on every line of an order, but neither quantity × price nor its sum over the order: "
            "is it the total of the order (--total order), the amount of the line (--total line), or not "
            "to be used (--total product: quantity × price counts)?",
            OFF,
        )
    if row["reduced"] == row["off"]:
        return lines
    if row["below"] == row["off"] or _in_proportion(lines):
        what = "amount and quantity × price differ by {:,.2f}: amount counts".format(row["apart"])
        return lines.tell(Told("totals", what, row["off"], option="--total product"))
    raise lines.refuse(
        "amount",
        "is not quantity × price. Which counts: the amount (--total line) or quantity × price "
        "(--total product)? Or is the price one of the whole line (--price line), the amount one of the "
        "whole order (--total order)?",
        OFF,
    )


def _orders(lines: Lines) -> dict[str, Any]:
    """Return of the orders of several lines how many there are, have one amount on all, and add up to it."""
    return lines.workplace.row(
        f"""SELECT count(*) AS several, count(*) FILTER (low = high) AS constant,
            count(*) FILTER (low = high AND abs(whole - high) < {CENT} * n + {CENT}) AS sum,
            count(DISTINCT high) FILTER (low = high) AS different
        FROM (SELECT order_id, count(*) AS n, min(amount) AS low, max(amount) AS high,
                {"sum(quantity * unit_price)" if lines.has("quantity", "unit_price") else "0.0"} AS whole
            FROM {lines.step} WHERE order_id IS NOT NULL GROUP BY order_id HAVING n > 1)"""
    )


def _in_proportion(lines: Lines) -> bool:
    """Tell whether the amounts are quantity times price with one rate on top, such as a tax."""
    row = lines.row(
        {f: f"{f}(amount / nullif(quantity * unit_price, 0)) FILTER ({OFF})" for f in ("min", "max")}
    )
    return row["min"] is not None and row["max"] - row["min"] < CENT * row["max"]


def _price_of_line(lines: Lines, why: str) -> Lines:
    """Return the lines with the price of a unit made of the price of the line."""
    price, new = "unit_price", {}
    if not lines.has("amount"):
        # the amount first: it is the price of the line with the sign of the quantity
        new["amount"] = "CASE WHEN quantity < 0 THEN -abs(unit_price) ELSE unit_price END"
    new["unit_price"] = f"CASE WHEN quantity <> 0 THEN {price} / abs(quantity) ELSE {price} END"
    what = f"'{lines.named('unit_price')}' is the price of the line, not of a piece: {why}"
    count = lines.row({"n": "count(*) FILTER (abs(quantity) <> 1)"})["n"]
    return lines.then("price_of_line", new).tell(Told("price", what, count, option="--price unit"))


def _order_total(lines: Lines, why: str) -> Lines:
    """Return the lines with their own amount, and what was taken for it as the total of their order."""
    name = lines.named("amount")
    what = f"'{name}' is the total of the order: {why}"
    by_price = lines.has("quantity", "unit_price")
    if by_price:
        new = {"order_total": "amount", "amount": "quantity * unit_price"}
    else:
        # each line bears the same part, to the cent
        place = f"row_number() OVER (PARTITION BY order_id ORDER BY {NUMBER})"
        part = "round(amount * {} / count(*) OVER (PARTITION BY order_id), 2)"
        shared = f"{part.format(place)} - {part.format(f'({place} - 1)')}"
        new = {"order_total": "amount", "amount": f"CASE WHEN order_id IS NULL THEN amount ELSE {shared} END"}
        what += "; it was shared among its lines in equal parts"
    made = lines.then("of_order", new, kept=True)
    changed = made.row({"n": f"count(*) FILTER (abs(order_total - amount) > {CENT})"})["n"]
    return made.tell(Told("totals", what, changed, option="--total line"))


def _without_prices(lines: Lines) -> Lines:
    """Return the lines; raise Refused where the amounts look like totals of orders, repeated on each line.

    They do where every order of several lines has one amount on all of them: where several orders do so with
    different amounts, or where the column is called a total. Of one order of another column it is told.
    """
    first = lines.then("first_lines", where=f"{NUMBER} <= {FIRST}")
    for source in (first, lines):
        row = _orders(source)
        called = lines.named("amount").lower()
        by_name = "order" in called or ("total" in called and "line" not in called)
        if not row["several"] or row["constant"] < row["several"]:
            return lines
        if row["different"] < MANY and not by_name:
            what = f"'{lines.named('amount')}' is the same on every line of an order: read as of each line"
            return lines.tell(Told("totals", what, row["several"], option="--total order", of="order"))
    raise lines.refuse(
        "amount",
        "is the same on every line of an order, in every order of several lines: is it the total of the "
        "order (--total order) or the amount of each line (--total line)?",
        f"order_id IN (SELECT order_id FROM {lines.step} GROUP BY order_id HAVING count(*) > 1)",
    )
