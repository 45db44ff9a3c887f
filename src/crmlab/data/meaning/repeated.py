"""Lines that are equal to others: pieces of one order, or the same line exported twice."""

from __future__ import annotations

from crmlab.data.bench import NUMBER, Step
from crmlab.data.meaning.lines import CENT, Lines, Told


def told_apart(lines: Lines, step: str) -> tuple[str, list[Told]]:
    """Do the step `pieces` where totals of orders say what equal lines are; return it, and what was told.

    step: the marked lines. Where the lines of an order, equal ones included, add up to its total, none of
    them is a duplicate.
    """
    workplace = lines.workplace
    if not workplace.counts.get("repeated") or not lines.has("order_total"):
        return step, []
    orders = f"""
        SELECT order_id FROM {step} GROUP BY order_id
        HAVING bool_or(is_duplicate) AND abs(sum(amount) - max(order_total)) < {CENT}"""
    workplace.do(Step("orders_of_pieces", orders, kept=True))
    if not workplace.counts["orders_of_pieces"]:
        return step, []
    apart = "is_duplicate AND order_id NOT IN (SELECT order_id FROM orders_of_pieces)"
    ((n,),) = workplace.run(
        f"SELECT count(*) FROM {step} WHERE is_duplicate "
        "AND order_id IN (SELECT order_id FROM orders_of_pieces)"
    )
    workplace.do(Step("pieces", f"SELECT * REPLACE ({apart} AS is_duplicate) FROM {step}"))
    return "pieces", [Told("pieces", "equal lines are pieces, as the total of their order says", n)]


def left_out(lines: Lines) -> str:
    """Return a SELECT of the numbers of the lines that are duplicates, after `told_apart`."""
    counts = lines.workplace.counts
    if not counts.get("repeated"):
        return f"SELECT {NUMBER} FROM lines WHERE false"
    if not counts.get("orders_of_pieces"):
        return f"SELECT {NUMBER} FROM repeated"
    pieces = "SELECT order_id FROM orders_of_pieces"
    return f"SELECT {NUMBER} FROM repeated JOIN lines USING ({NUMBER}) WHERE order_id NOT IN ({pieces})"
