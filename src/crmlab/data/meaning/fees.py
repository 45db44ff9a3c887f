"""Fees: shipping, tax, tips; products and columns that a rule names, put down apart from goods."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from crmlab.data.bench import NUMBER, text
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import FEE, GOODS, Lines, Told, among
from crmlab.data.meaning.whole import whole, with_lines
from crmlab.errors import UsageError, did_you_mean

FIELD: Final = "fee_{}"
MOST: Final = 9
"""So many columns of fees are taken."""

WORDS: Final = (
    *("shipping", "postage", "delivery", "freight", "shipping fee", "delivery fee", "handling", "tax", "vat"),
    *(
        "sales tax",
        "tip",
        "tips",
        "gratuity",
        "gift wrap",
        "giftwrap",
        "service fee",
        "fee",
        "versand",
        "porto",
    ),
    *("versandkosten", "frais de port", "livraison", "envío", "frete", "surcharge", "insurance", "donation"),
)
"""Products that look like fees."""

SPELT: Final = tuple(
    {how(word): None for word in WORDS for how in (str, str.capitalize, str.title, str.upper)}
)
"""The same as shops write them: to look for these is cheaper than to lower every product's case."""

LOOKS: Final = (
    "shipping",
    "freight",
    "postage",
    "delivery fee",
    "tax",
    "vat",
    "tip",
    "handling",
    "fee",
    "versand",
)
"""Columns that look like fees have one of these words."""


def columns(names: Sequence[str], asked: Meaning) -> dict[str, str]:
    """Return {field: column} of the columns of a file that are fees by a rule."""
    there = [fee for fee in dict.fromkeys(asked.fees) if fee in names]
    if len(there) > MOST:
        raise UsageError(f"--fee: at most {MOST} columns, not {len(there)}")
    return {FIELD.format(i): fee for i, fee in enumerate(there)}


def hints(unused: Sequence[str]) -> list[str]:
    """Return a hint for each column that was not used and looks like a fee."""
    like = [
        n
        for n in unused
        if {*n.lower().replace("_", " ").split()} & {*LOOKS} and "id" not in n.lower().split("_")
    ]
    return [f"  {n} looks like a fee: it is not in the amounts, or say --fee {shlex.quote(n)}" for n in like]


def apart(lines: Lines, asked: Meaning) -> Lines:
    """Return the lines with the fees that a rule names as lines of their own role.

    A column of fees becomes one line per order where it says the same on every line of each order of several,
    else one per line. Where the amounts are totals of orders that hold the fee, it is taken out of them.
    """
    fields = [f for f in lines.fields if f.startswith("fee_")]
    products = [fee for fee in asked.fees if fee not in lines.columns.values()]
    for fee in products:
        lines = _product(lines, fee)
    for field in fields:
        lines = _column(lines, field)
    return lines if products else _hinted(lines)


def _product(lines: Lines, fee: str) -> Lines:
    """Return the lines with one product as a fee. Raises UsageError where no line has it."""
    named = " OR ".join(among(f, [fee]) for f in ("product", "description") if lines.has(f)) or "false"
    count, money = lines.ask(named)
    if not count:
        near = (
            [p for (p,) in lines.workplace.run(f"SELECT DISTINCT product FROM {lines.step} LIMIT 1000")]
            if lines.has("product")
            else []
        )
        raise UsageError(
            f"--fee: no column and no product is '{fee}'." + did_you_mean(fee, [p for p in near if p])
        )
    role = f"CASE WHEN coalesce({named}, false) THEN '{FEE}' ELSE {lines.role} END"
    step = f"fee_{len(lines.told)}_product"
    return lines.then(step, {"role": role}).tell(
        Told("fees", f"product {fee} is a fee ({money:,.2f})", count)
    )


def _column(lines: Lines, field: str) -> Lines:
    """Return the lines, and those of the fees of one column."""
    lines = whole(lines)
    name = lines.named(field)
    by_order = _same_in_orders(lines, field)
    once = f"(SELECT min({NUMBER}) FROM {lines.step} WHERE role = '{GOODS}' GROUP BY order_id)"
    where = f"{field} <> 0 AND role = '{GOODS}'" + (f" AND {NUMBER} IN {once}" if by_order else "")
    ((n, money),) = lines.workplace.run(
        f"SELECT count(*), coalesce(sum({field}), 0) FROM {lines.step} WHERE {where}"
    )
    held = _held_in_totals(lines)
    new = {"product": text(name), "quantity": "1", "unit_price": field, "amount": field, "role": text(FEE)}
    put = with_lines(lines, f"with_{field}", new, where)
    if held:
        put = put.then(
            f"without_{field}",
            {"amount": f"CASE WHEN role = '{GOODS}' THEN amount - coalesce({field}, 0) ELSE amount END"},
        )
    how = "taken out of the totals, a line of its own" if held else "beside the goods, a line of its own"
    return put.tell(Told("fees", f"fee {name}: {how}", n, 0.0 if held else money))


def _same_in_orders(lines: Lines, field: str) -> bool:
    """Tell whether each order of several lines has one fee on all of them, and not all orders the same."""
    row = lines.workplace.row(
        f"""SELECT count(*) AS several, count(*) FILTER (low = high AND n = filled) AS same,
            count(DISTINCT high) AS kinds
        FROM (SELECT count(*) AS n, count({field}) AS filled, min({field}) AS low, max({field}) AS high
            FROM {lines.step} WHERE role = '{GOODS}' GROUP BY order_id HAVING n > 1)"""
    )
    return bool(row["several"] and row["same"] == row["several"] and row["kinds"] > 1)


def _held_in_totals(lines: Lines) -> bool:
    """Tell whether the amounts are totals of whole orders: no prices, a line per order, 'total'."""
    name = lines.named("amount").lower()
    if "unit_price" in lines.columns or "sub" in name or "net" in name or "total" not in name:
        return False
    row = lines.row({"n": "count(*)", "orders": "count(DISTINCT order_id)"})
    return row["n"] == row["orders"]


def _hinted(lines: Lines) -> Lines:
    """Return the lines, and tell of products that look like fees."""
    if not lines.has("product"):
        return lines
    looks = f"product IN ({', '.join(map(text, SPELT))})"
    found = lines.workplace.run(
        f"SELECT product, count(*), sum({lines.amount}) FROM {lines.step} "
        f"WHERE {looks} AND {lines.role} = '{GOODS}' GROUP BY product ORDER BY 2 DESC, 1 LIMIT 9"
    )
    told = [
        Told(
            "looks_like_fee",
            f"product {p} looks like a fee ({money:,.2f}): it counts as goods",
            n,
            0.0,
            f"--fee {shlex.quote(p)}",
        )
        for p, n, money in found
    ]
    return lines.tell(*told)
