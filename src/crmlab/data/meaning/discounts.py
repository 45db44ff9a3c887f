"""Discounts and refunds in columns of their own: their money comes off the lines that they stand on."""

from __future__ import annotations

from typing import Final

from crmlab.data.bench import NUMBER
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import CENT, GOODS, REFUND, Lines, Told
from crmlab.data.meaning.totals import ALIKE
from crmlab.data.meaning.whole import whole, with_new_numbers

IN_PER_CENT: Final = ("%", "percent", "pct", "prozent")
REDUCED: Final = "abs(abs(amount) - abs(quantity * unit_price) + abs(discount)) <= " + ALIKE
GROSS: Final = "abs(abs(amount) - abs(quantity * unit_price)) <= " + ALIKE


def discounted(lines: Lines, asked: Meaning) -> Lines:
    """Return the lines with the discount of their own column taken off; a return gives back less, too.

    It is where the amount is made of quantity and price, or equals them: then it is before the discount. An
    amount that they do not show to be before it stands, and that is told. Raises Refused where a discount
    may be a share as well as money.
    """
    if not lines.has("discount"):
        return lines
    count, _ = lines.ask("discount <> 0")
    if not count or asked.discount == "included":
        return lines.tell(Told("discounts", "discounts are in the amounts already", count))
    if lines.has("amount") and asked.discount is None and not _is_before(lines):
        is_after = _holds(lines, REDUCED)
        how = "is after it" if is_after else "may be after it or before"
        what = f"'{lines.named('discount')}' was not taken off: '{lines.named('amount')}' {how}"
        return lines.tell(Told("discounts", what, count, option="" if is_after else "--discount money"))
    off = {"share": "{a} * abs(discount)", "percent": "{a} * abs(discount) / 100", "money": "abs(discount)"}[
        asked.discount or _unit(lines)
    ]
    amount = lines.amount
    off = off.format(a=f"abs({amount})")
    concerned = f"discount <> 0 AND {amount} <> 0 AND {lines.role} = '{GOODS}'"
    signed = f"sign({amount}) * round({off}, 4)"
    ((n, money),) = lines.workplace.run(
        f"SELECT count(*), coalesce(sum({signed}), 0) FROM {lines.step} WHERE {concerned}"
    )
    beyond = f"{concerned} AND {off} > abs({amount}) + {CENT}"
    if lines.ask(beyond)[0]:
        raise lines.refuse(
            "discount",
            "is more than its line costs: is it a percentage (--discount percent), or in the amounts already "
            "(--discount included)?",
            beyond,
        )
    new = {"amount": f"CASE WHEN {concerned} THEN {amount} - {signed} ELSE {amount} END"}
    return lines.then("discounted", new).tell(
        Told(
            "discounts",
            f"discounts of '{lines.named('discount')}' taken off",
            n,
            -money,
            "--discount included",
        )
    )


def _is_before(lines: Lines) -> bool:
    """Tell whether the amounts of lines with a discount are quantity times price, or called gross."""
    return "gross" in lines.named("amount").lower() or _holds(lines, GROSS)


def _holds(lines: Lines, condition: str) -> bool:
    """Tell whether a condition on quantity, price and amount holds on every line with a discount."""
    if not lines.has("quantity", "unit_price"):
        return False
    with_one = "FILTER (discount <> 0)"
    row = lines.row({"n": f"count(*) {with_one}", "held": f"count_if({condition}) {with_one}"})
    return row["held"] == row["n"]


def _unit(lines: Lines) -> str:
    """Return what a discount is: money, or a percentage where its column says so.

    Raises Refused where all discounts lie below 1: these may be shares.
    """
    if any(word in lines.named("discount").lower() for word in IN_PER_CENT):
        return "percent" if lines.row({"most": "max(abs(discount))"})["most"] > 1 else "share"
    row = lines.row({"most": "max(abs(discount))", "n": "count(*) FILTER (discount <> 0)"})
    if row["most"] < 1:
        raise lines.refuse(
            "discount",
            "may be a share of the price or money: say --discount share or --discount money",
            "discount <> 0",
        )
    return "money"


def refunded(lines: Lines) -> Lines:
    """Return the lines, and one for each refund of a column of its own, on the order's first line.

    The file does not say when: it is taken for the time of the order. A refund that is the same on every line
    of an order of several is the order's, and counts once.
    """
    if not lines.has("refund") or not lines.ask("refund <> 0")[0]:
        return lines
    lines = whole(lines)
    once = (
        f"(SELECT min({NUMBER}) FROM {lines.step} WHERE refund <> 0 AND role = '{GOODS}' GROUP BY order_id"
        + ("" if _repeated(lines) else f", {NUMBER}")
        + ")"
    )
    where = f"refund <> 0 AND {NUMBER} IN {once}"
    ((n, money),) = lines.workplace.run(f"SELECT count(*), sum(abs(refund)) FROM {lines.step} WHERE {where}")
    select = with_new_numbers(
        lines,
        "SELECT * REPLACE (NULL AS product, 0 AS quantity, abs(refund) AS unit_price, "
        f"-abs(refund) AS amount, '{REFUND}' AS role)",
        where,
    )
    what = f"refunds of '{lines.named('refund')}', at the time of their order"
    return lines.more("with_refund_lines", select).tell(Told("refunds", what, n, -money))


def _repeated(lines: Lines) -> bool:
    """Tell whether each order of several lines has one refund on all of them."""
    return (
        lines.workplace.row(
            f"""SELECT count(*) > 0 AND bool_and(low = high AND n = filled) AS same
        FROM (SELECT count(*) AS n, count(refund) AS filled, min(refund) AS low, max(refund) AS high
            FROM {lines.step} WHERE role = '{GOODS}' GROUP BY order_id
            HAVING n > 1 AND max(abs(refund)) > 0)"""
        )["same"]
        or False
    )
