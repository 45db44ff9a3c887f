"""Money that comes off without naming its line: refunds of a part, coupons, returns at another price."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pyarrow as pa

from crmlab.data.bench import NUMBER, Bench, Step
from crmlab.data.meaning.lines import CENT, DISCOUNT, FEE, FEE_BACK, GOODS, REFUND, Told

AT_ONCE: Final = 100_000
TABLE: Final = "parts_of_money_off"
COLUMNS: Final = {
    NUMBER: "BIGINT",
    "again": "BIGINT",
    "part": "VARCHAR",
    "cancels": "VARCHAR",
    "pieces": "BIGINT",
    "money": "DOUBLE",
}

TRADE: Final = f"""
    SELECT customer, {NUMBER}, line_id, order_id, product, quantity, amount, {{role}} AS role, timestamp,
        {{role}} = '{GOODS}' AND quantity > 0 AND amount > 0 AS bought
    FROM lines
    WHERE customer IS NOT NULL AND {{role}} NOT IN ('{FEE}', '{FEE_BACK}')
        AND {NUMBER} NOT IN ({{left_out}})"""

MONEY_OFF: Final = f"""
    SELECT customer, {NUMBER}, product, product IS NULL OR role <> '{GOODS}' AS of_any FROM trade
    WHERE amount < 0 AND {NUMBER} NOT IN (SELECT {NUMBER} FROM taken_back)"""

CONCERNED: Final = f"""
    SELECT trade.* EXCLUDE (timestamp, bought), t.cancels_line, bought
    FROM trade LEFT JOIN taken_back AS t USING ({NUMBER})
    WHERE customer IN (SELECT customer FROM money_off)
        AND (customer IN (SELECT customer FROM money_off WHERE of_any)
            OR (customer, product) IN (SELECT (customer, product) FROM money_off WHERE NOT of_any))
        AND (bought OR cancels_line IS NOT NULL OR amount < 0)
    ORDER BY customer, timestamp, bought DESC, cancels_line IS NULL, role <> '{DISCOUNT}', {NUMBER}"""
"""The lines that the rule of `parts` reads: of a return those of its product, else all of its customer."""

SETTLED: Final = f"""
    SELECT l.* REPLACE (coalesce(p.again, l.{NUMBER}) AS {NUMBER},
        CASE WHEN p.part <> '' THEN l.line_id || p.part ELSE l.line_id END AS line_id,
        CASE WHEN p.{NUMBER} IS NULL THEN l.quantity ELSE p.pieces END AS quantity,
        CASE WHEN p.{NUMBER} IS NULL THEN l.amount ELSE p.money END AS amount,
        coalesce(p.cancels, l.cancels_line) AS cancels_line)
    FROM {{step}} AS l LEFT JOIN {TABLE} AS p ON p.{NUMBER} = l.{NUMBER}"""


class Row(NamedTuple):
    """A line as the rule of `parts` reads it."""

    customer: str
    number: int
    line_id: str
    order_id: str
    product: str | None
    quantity: int
    amount: float
    role: str
    names: str | None
    """The line that it takes back, where that is known already."""
    bought: bool


@dataclass
class Left:
    """What is left of a line that was bought."""

    line_id: str
    order_id: str
    product: str | None
    quantity: int
    amount: float


class Part(NamedTuple):
    """A part of the money off: of the line with a number, taken from another one (None: it finds none)."""

    number: int
    place: int
    cancels: str | None
    quantity: int
    amount: float


def settled(workplace: Bench, step: str, role: str, left_out: str) -> tuple[str, list[Told]]:
    """Do the step `settled`: lines of a step, those that take money off with the line that they take it from.

    role: the SQL of what a line is. left_out: a SELECT of the numbers of lines that do not count. Return the
    step that holds the lines, and what was told. The lines that were bought keep their amounts; see `parts`
    for the rule. One that is borne by several lines becomes several, which together are the one.
    """
    workplace.do(Step("trade", TRADE.format(role=role, left_out=left_out)), lines=0)
    workplace.do(Step("money_off", MONEY_OFF, kept=True))
    if not workplace.counts["money_off"]:
        return step, []
    rows = (Row(*values) for batch in workplace.batches(CONCERNED, AT_ONCE) for values in _rows(batch))
    found, more, money = _write_down(workplace, parts(rows))
    if not found:
        return step, []
    workplace.do(Step("settled", SETTLED.format(step=step)), lines=workplace.counts["lines"] + more)
    what = f"lines that take money off find what they take it off by order, product or amount ({money:,.2f})"
    return "settled", [Told("money_off", what, found)]


def _write_down(workplace: Bench, found: Iterator[Part]) -> tuple[int, int, float]:
    """Write parts down in a table, many at a time.

    Return how many lines they are of, how many lines more they make of these, and their money.

    The first part keeps the number of its line, the others get new ones after all numbers.
    """
    ((last,),) = workplace.run(f"SELECT max({NUMBER}) FROM lines")
    number = last
    workplace.run(f"CREATE TABLE {TABLE} ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
    lines, money = 0, 0.0
    while some := list(itertools.islice(found, AT_ONCE)):
        new: list[tuple[Any, ...]] = []
        for part in some:
            number += part.place > 0
            again, suffix = (number, f"/{part.place}") if part.place else (part.number, "")
            new.append((part.number, again, suffix, part.cancels, part.quantity, part.amount))
        lines, money = lines + sum(p.place == 0 for p in some), money + sum(p.amount for p in some)
        columns = dict(zip(COLUMNS, map(pa.array, zip(*new, strict=True)), strict=True))
        workplace.connection.register("some_parts", pa.table(columns))
        workplace.run(f"INSERT INTO {TABLE} SELECT * FROM some_parts")
        workplace.connection.unregister("some_parts")
    return lines, number - last, money


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a record batch as tuples."""
    yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def parts(rows: Iterator[Row]) -> Iterator[Part]:
    """Yield of each line that takes money off from which lines it takes how much.

    The rule, in order of time for each customer, what names a line already first:

    - a line of an order that bought something takes from the lines of that order, of its product where it has
      one (a discount from all of them); what they do not hold is left over and takes from none;
    - a return of another order takes from the latest earlier lines of its product that hold it;
    - a refund without a product from the latest earlier orders that hold it;
    - a discount of another order, and what the customer's earlier lines do not hold, takes from none.

    Several lines bear it in proportion to what is left of them, to the cent; a return takes the latest first.

    rows: by customer; in order of time; at one time what was bought first, then what names its line, then
    discounts, then others.
    """
    for _, group in itertools.groupby(rows, key=lambda row: row.customer):
        lefts: dict[str, Left] = {}
        for row in group:
            if row.bought:
                lefts[row.line_id] = Left(row.line_id, row.order_id, row.product, row.quantity, row.amount)
            elif row.names is not None:
                _take(lefts, row.names, row.quantity, row.amount)
            else:
                for part in _shared(row, list(lefts.values())):
                    _take(lefts, part.cancels, part.quantity, part.amount)
                    yield part


def _take(lefts: dict[str, Left], line: str | None, quantity: int, amount: float) -> None:
    """Take pieces and money, which are below 0, off what is left of a line."""
    if line in lefts:
        lefts[line].quantity += quantity
        lefts[line].amount += amount


def _shared(row: Row, lefts: Sequence[Left]) -> Iterator[Part]:
    """Yield the parts of one line that takes money off."""
    held = [line for line in lefts if line.amount > CENT]
    same = [line for line in held if line.order_id == row.order_id]
    if row.role not in (DISCOUNT, REFUND) or (row.role == REFUND and row.product is not None):
        fits = [line for line in held if line.product == row.product]
        same = [line for line in same if line.product == row.product] or (same if row.product is None else [])
    else:
        fits = held if row.role == REFUND else []
    wanted = -row.amount
    bearing = same or _latest(fits, wanted)
    whole = sum(line.amount for line in bearing)
    if not bearing or (not same and whole < wanted - CENT):
        return
    alone = next((line for line in reversed(bearing) if abs(line.amount - wanted) < CENT), None)
    bearing = [alone] if alone else bearing
    yield from _parts(row, bearing, min(wanted, sum(line.amount for line in bearing)), wanted)


def _latest(lefts: Sequence[Left], wanted: float) -> list[Left]:
    """Return the lines of the latest order that holds so much, or of the latest orders that do together."""
    orders: dict[str, list[Left]] = {}
    for line in reversed(lefts):
        orders.setdefault(line.order_id, []).append(line)
    for some in orders.values():
        if sum(line.amount for line in some) >= wanted - CENT:
            return some
    bearing: list[Left] = []
    for some in orders.values():
        if sum(line.amount for line in bearing) >= wanted - CENT:
            break
        bearing += some
    return bearing


def _parts(row: Row, bearing: Sequence[Left], borne: float, wanted: float) -> Iterator[Part]:
    """Yield the parts that lines bear in proportion to what is left of them, and what is left over."""
    whole, before, place, pieces = sum(line.amount for line in bearing), 0.0, 0, -row.quantity
    reached = 0.0
    for line in bearing:
        before += line.amount
        until = borne if line is bearing[-1] else round(borne * before / whole, 2)
        amount, reached = until - reached, until
        everything = abs(amount - line.amount) < CENT
        given = _pieces(row, line, pieces, everything)
        pieces -= given
        yield Part(row.number, place, line.line_id, -given, -amount)
        place += 1
    if wanted - borne > CENT:
        yield Part(row.number, place, None, 0, borne - wanted)


def _pieces(row: Row, line: Left, pieces: int, everything: bool) -> int:
    """Return how many pieces of a line come back with the money.

    A discount gives none back; a return of a product those that it says; a refund of all that is left of a
    line all of them, and of a part of it none.
    """
    if row.role == DISCOUNT:
        return 0
    if row.product is not None and row.role != REFUND:
        return min(pieces, line.quantity) if pieces > 0 else 0
    return line.quantity if everything else 0
