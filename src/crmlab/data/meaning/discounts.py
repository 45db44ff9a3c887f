"""Discounts and refunds in columns of their own: their money comes off the lines that they stand on."""

from __future__ import annotations

import re
from typing import Final

from crmlab.data.bench import NUMBER, text
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import CENT, GOODS, REFUND, Lines, Told
from crmlab.data.meaning.totals import ALIKE
from crmlab.data.meaning.whole import whole, with_lines
from crmlab.errors import UsageError

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
    unit = asked.discount or _unit(lines)
    if unit != "percent" and _in_per_cent(lines):
        raise UsageError(
            f"--discount {unit}: '{lines.named('discount')}' holds percentages such as 10 %: say --discount "
            "percent, or nothing"
        )
    off = {"share": "{a} * abs(discount)", "percent": "{a} * abs(discount) / 100", "money": "abs(discount)"}[
        unit
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
    if _in_per_cent(lines):
        return "percent"
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


def _in_per_cent(lines: Lines) -> bool:
    """Tell whether the discounts are written with a sign of per cent."""
    texts = lines.workplace.run("SELECT any_value(discount) FROM read WHERE ends_with(discount, '%')")
    return texts[0][0] is not None


def refunded(lines: Lines, asked: Meaning) -> Lines:
    """Return the lines, and one for each refund of a column of its own, on the order's first line.

    The file does not say when: it is taken for the time of the order. A refund that is the same on every line
    of an order of several may be the order's, and then counts once. Raises Refused where the file does not
    show whose it is.
    """
    if not lines.has("refund") or not lines.ask("refund <> 0")[0]:
        return lines
    lines = whole(lines)
    once = (
        f"(SELECT min({NUMBER}) FROM {lines.step} WHERE refund <> 0 AND role = '{GOODS}' GROUP BY order_id"
        + ("" if _of_order(lines, asked) else f", {NUMBER}")
        + ")"
    )
    where = f"refund <> 0 AND {NUMBER} IN {once}"
    ((n, money),) = lines.workplace.run(f"SELECT count(*), sum(abs(refund)) FROM {lines.step} WHERE {where}")
    new = {"product": "NULL", "quantity": "0", "unit_price": "abs(refund)", "amount": "-abs(refund)"}
    what = f"refunds of '{lines.named('refund')}', at the time of their order"
    made = with_lines(lines, "with_refund_lines", new | {"role": text(REFUND)}, where)
    return made.tell(Told("refunds", what, n, -money))


def _of_order(lines: Lines, asked: Meaning) -> bool:
    """Tell whether a refund is the whole order's, repeated on its lines, rather than each line's.

    It can be where each order of several lines has one refund on all of them; it is where it is more than one
    of these lines came to, and it is not where every line got back all that it came to.
    """
    if asked.refund is not None:
        return asked.refund == "order"
    row = lines.workplace.row(
        f"""SELECT count(*) AS several, count_if(low = high AND n = filled) AS alike,
            count_if(high > least + {CENT}) AS beyond, count_if(everything) AS everything
        FROM (SELECT count(*) AS n, count(refund) AS filled, min(abs(refund)) AS low,
                max(abs(refund)) AS high, min(abs(amount)) AS least,
                bool_and(abs(abs(refund) - abs(amount)) < {CENT}) AS everything
            FROM {lines.step} WHERE role = '{GOODS}' GROUP BY order_id HAVING n > 1 AND high > 0)"""
    )
    if not row["several"] or row["alike"] < row["several"] or row["everything"] == row["several"]:
        return False
    if row["beyond"] or {"order", "total"} & {*re.findall("[a-z]+", lines.named("refund").lower())}:
        return True
    raise lines.refuse(
        "refund",
        "is the same on every line of an order: was it given back once for the whole order (--refund order) "
        "or for each line (--refund line)?",
        f"refund <> 0 AND order_id IN (SELECT order_id FROM {lines.step} GROUP BY order_id "
        "HAVING count(*) > 1)",
    )
