"""Do the lines of an order add up to what the file itself calls its total?"""

from __future__ import annotations

from typing import Final

from crmlab.data.bench import Step
from crmlab.data.meaning.lines import CENT, FEE_BACK, REFUND, Lines, Told

STEP: Final = "differing_orders"
FILE: Final = "orders_that_differ.csv"


def checked(lines: Lines, *, announced: str = "") -> Lines:
    """Return the lines, and tell how many orders do not add up to their own total; they are in a step.

    Goods and fees less discounts are held against the total; refunds come after it. announced: a step
    `order_id, total` of orders with their totals, those without lines included; else the field
    `order_total` of the lines.
    """
    if not announced and not lines.has("order_total"):
        return lines
    source = announced or (
        f"(SELECT order_id, max(order_total) AS total FROM {lines.step} WHERE order_total IS NOT NULL "
        "GROUP BY order_id)"
    )
    lines.workplace.do(
        Step(
            "sums",
            f"""SELECT o.order_id, o.total, coalesce(s.lines, 0) AS lines, coalesce(s.whole, 0) AS whole
            FROM {source} AS o LEFT JOIN (
                SELECT order_id, count(*) AS lines, sum({lines.amount}) AS whole
                FROM {lines.step} WHERE {lines.role} NOT IN ('{REFUND}', '{FEE_BACK}') GROUP BY order_id
            ) AS s USING (order_id)""",
            kept=True,
        )
    )
    empty = lines.workplace.row("SELECT count(*) FILTER (lines = 0) AS n FROM sums")["n"]
    select = f"""
        SELECT order_id, total, whole AS lines_sum, round(total - whole, 4) AS difference
        FROM sums WHERE lines > 0 AND abs(total - whole) > {CENT} ORDER BY order_id"""
    differing = lines.workplace.do(Step(STEP, select, kept=True))
    if not differing:
        return lines.tell(Told("no_lines", "orders without a line", empty, of="order"))
    apart = lines.workplace.row(f"SELECT sum(difference) AS d FROM {STEP}")["d"]
    first = ", ".join(o for (o,) in lines.workplace.run(f"SELECT order_id FROM {STEP} LIMIT 3"))
    what = (
        f"goods + fees - discounts are not the order's own total ({apart:+,.2f} in all; {first}"
        f"{' …' * (differing > 3)}; all in {FILE} beside the table)"
    )
    return lines.tell(
        Told("own_totals", what, differing, of="order"),
        Told("no_lines", "orders without a line", empty, of="order"),
    )
