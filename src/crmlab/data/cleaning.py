"""Cleaning rules for `transactions`: they only flag, no line is removed or changed.

A flag of a line depends on that line and on earlier ones, so nothing that happens after a cutoff
changes what was flagged before it.

The rules are SQL, the same for a file of any size and for a frame in memory. Steps read the lines of the step
`lines`, which have a `number` each, and leave `flagged`, `repeated` and `taken_back` beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from crmlab.canonical.transactions import FLAGS, TABLE
from crmlab.data.bench import NUMBER, Bench, Step, quoted, text
from crmlab.data.ranges import in_ranges

if TYPE_CHECKING:
    import duckdb

CANCELS: Final = "cancels_line"
# what arrives after a line (its rating) does not make it another line
LATE: Final = [c for time, brings in TABLE.late.items() for c in (time, *brings)]
NOT_COMPARED: Final = ("line_id", CANCELS, *FLAGS, *LATE)
IN_TIME: Final = f"timestamp, {NUMBER}"
AT_ONCE: Final = 100_000
"""Rows that pass through Python together."""

HASHES_AT_ONCE: Final = 2**22
"""About how many lines' hashes are held in memory together."""


@dataclass(frozen=True)
class Rules:
    """Which codes of a data set have a meaning; None where none has.

    cancellation_prefix, bad_debt_prefix: how such an `order_id` begins. merchandise: a regular
    expression (RE2) that the beginning of a product code of goods matches; all others are fees.
    """

    cancellation_prefix: str | None = None
    bad_debt_prefix: str | None = None
    merchandise: str | None = None


NO_RULES = Rules()


def flag(lines: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return transactions in order of time with the six flags and `cancels_line` (see `mark`)."""
    import duckdb

    lines = lines.sort_values(["timestamp", "line_id"], kind="stable", ignore_index=True)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("frame", _typed(pa.Table.from_pandas(lines, preserve_index=False)))
        workplace = Bench(connection)
        numbered = f"SELECT row_number() OVER () AS {NUMBER}, * FROM frame"
        workplace.do(Step("lines", numbered, kept=True))
        mark(workplace, list(lines), rules)
        marks = ", ".join((*FLAGS, CANCELS))
        found = connection.sql(f"SELECT {marks} FROM marked ORDER BY {NUMBER}").to_arrow_table().to_pandas()
    new = {f: found[f].astype(bool) for f in FLAGS if f not in lines}
    if CANCELS not in lines:
        new[CANCELS] = found[CANCELS].astype("str")
    return lines.assign(**new)


def _typed(table: pa.Table) -> pa.Table:
    """Return a table whose columns without any value are text: SQL wants a type."""
    fields = [f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def mark(workplace: Bench, columns: Sequence[str], rules: Rules) -> None:
    """Add the step `marked`: the lines of the step `lines` with the six flags and `cancels_line`, unordered.

    columns: those of the lines. Flags that a data set brings itself are kept. The rules for the others:

    - is_bad_debt: the order id begins with the prefix of bad debts;
    - is_write_off: a negative quantity at price 0 without a customer (stock, not trade);
    - is_cancellation: the order id begins with the prefix of cancellations, or quantity or amount
      is negative, and it is neither of the above;
    - is_fee: the product code is not one of goods (postage, charges, adjustments, vouchers);
    - is_anonymous: no customer;
    - is_duplicate: equal to an earlier line in every column but `line_id`;
    - cancels_line: see `partners`.
    """
    every = workplace.counts["lines"]
    workplace.do(Step("flagged", _flagged(columns, rules)), lines=every)
    kept = ", ".join(
        f"l.{quoted(c)}" for c in (NUMBER, *columns, *(f for f in FLAGS[:-1] if f not in columns))
    )
    if not {FLAGS[-1], CANCELS} <= set(columns):
        _look_closer(workplace, columns)
    duplicate = f"l.{FLAGS[-1]}"
    if FLAGS[-1] not in columns:
        workplace.do(Step("repeated", _repeated(columns), kept=True))
        duplicate = f"(l.{NUMBER} IN (SELECT {NUMBER} FROM repeated)) AS {FLAGS[-1]}"
        kept += f", {duplicate}"
    workplace.do(Step("compared", f"SELECT {kept} FROM flagged AS l"), lines=every)
    source = "SELECT l.* FROM compared AS l"
    if CANCELS not in columns:
        workplace.do(Step("concerned", CONCERNED.format(duplicate=duplicate), kept=True))
        in_turn = f"SELECT key, {NUMBER}, line_id, quantity, back FROM concerned ORDER BY key, {IN_TIME}"
        workplace.run(f"CREATE TABLE taken_back ({NUMBER} BIGINT, {CANCELS} VARCHAR)")
        _keep(workplace, partners(_rows(workplace.batches(in_turn, AT_ONCE))))
        workplace.do(Step("partners", "SELECT * FROM taken_back"))
        source = f"SELECT l.*, p.{CANCELS} FROM compared AS l LEFT JOIN taken_back AS p USING ({NUMBER})"
    workplace.do(Step("marked", source), lines=every)


def _flagged(columns: Collection[str], rules: Rules) -> str:
    """Return the SELECT that adds the flags which a line shows by itself."""
    negative = "(quantity < 0 OR amount < 0)"
    stock = "(quantity < 0 AND unit_price = 0 AND customer IS NULL)"
    debt = _begins("order_id", rules.bad_debt_prefix)
    rule = {
        "is_bad_debt": debt,
        "is_write_off": stock,
        "is_cancellation": f"({_begins('order_id', rules.cancellation_prefix)} OR {negative}) "
        f"AND NOT ({debt} OR {stock})",
        "is_fee": "false"
        if rules.merchandise is None
        else f"product IS NOT NULL AND NOT regexp_matches(product, {text(f'^(?:{rules.merchandise})')})",
        "is_anonymous": "customer IS NULL",
    }
    new = "".join(f", coalesce({sql}, false) AS {name}" for name, sql in rule.items() if name not in columns)
    return f"SELECT *{new} FROM lines"


def _begins(column: str, prefix: str | None) -> str:
    """Return the condition that an id begins with a prefix; it never holds where there is no prefix."""
    return f"starts_with({column}, {text(prefix)})" if prefix else "false"


def _look_closer(workplace: Bench, columns: Collection[str]) -> None:
    """Do the step `closer`: the lines of which others may be duplicates, or may be taken back or take back.

    A hash says so, hence some may turn out to be neither; `alike` are those of the first kind.
    """
    whole = f"hash({', '.join(quoted(c) for c in columns if c not in NOT_COMPARED)})"
    goods = "hash(customer, product, unit_price)"
    asked = f"SELECT {NUMBER}, {whole} AS whole, CASE WHEN {BACK} THEN {goods} END AS goods FROM flagged"
    parts = -(-workplace.counts["lines"] // HASHES_AT_ONCE)
    bounds = np.array([2**64 * i // parts for i in range(1, parts)], np.uint64)
    seen: dict[str, list[np.ndarray]] = {"alike": [], "returned": []}
    for some in in_ranges(workplace, asked, "whole", bounds):
        seen["alike"].append(some[NUMBER].to_numpy()[_repeats(some["whole"].to_numpy())])
        seen["returned"].append(some["goods"].drop_null().to_numpy())
    for name, found in seen.items():
        table = pa.table({"known": np.unique(np.concatenate(found))})
        workplace.connection.register("some_found", table)
        workplace.run(f"CREATE TABLE {name} AS SELECT * FROM some_found")
        workplace.connection.unregister("some_found")
    alike = f"{NUMBER} IN (SELECT known FROM alike)"
    select = f"""
        SELECT *, {alike} AS alike FROM flagged
        WHERE {alike} OR {goods} IN (SELECT known FROM returned)"""
    workplace.do(Step("closer", select, kept=True))


def _repeats(hashes: np.ndarray) -> np.ndarray:
    """Tell which of some hashes (n,) are there more than once."""
    in_order = np.sort(hashes)
    several = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    return np.isin(hashes, several) if len(several) else np.zeros(len(hashes), bool)


def _repeated(columns: Collection[str]) -> str:
    """Return the SELECT of the lines that equal an earlier one."""
    compared = ", ".join(quoted(c) for c in columns if c not in NOT_COMPARED)
    return f"""
        SELECT {NUMBER} FROM (
            SELECT {NUMBER}, row_number() OVER (PARTITION BY {compared} ORDER BY {IN_TIME}) AS place
            FROM closer WHERE alike
        ) WHERE place > 1"""


BACK: Final = "is_cancellation AND quantity < 0"

CONCERNED: Final = f"""
    WITH trade AS (
        SELECT customer, product, unit_price, timestamp, {NUMBER}, line_id, quantity, {BACK} AS back
        FROM (SELECT l.* EXCLUDE (alike), {{duplicate}} FROM closer AS l)
        WHERE customer IS NOT NULL AND NOT is_bad_debt AND NOT is_write_off AND NOT is_duplicate
            AND (CASE WHEN is_cancellation THEN quantity < 0 ELSE quantity > 0 END)
    ), asked AS (
        SELECT customer, product, unit_price, row_number() OVER () AS key
        FROM (SELECT DISTINCT customer, product, unit_price FROM trade WHERE back)
    )
    SELECT asked.key, trade.{NUMBER}, trade.line_id, trade.quantity, trade.back, trade.timestamp
    FROM trade JOIN asked ON trade.customer = asked.customer AND trade.unit_price = asked.unit_price
        AND trade.product IS NOT DISTINCT FROM asked.product"""
"""The lines that the rule of `partners` reads: of a customer, product and price with a cancellation."""


def partners(rows: Iterator[tuple[int, int, str, int, bool]]) -> Iterator[tuple[int, str]]:
    """Yield the number of each cancellation that takes back a line, and the `line_id` that it takes back.

    The rule, in order of time: a cancellation takes back the latest earlier line of the same
    customer, product and unit price of which at least the cancelled quantity is left; that
    quantity is then no longer left (a line can be taken back in parts). Lines without a customer,
    bad debts, write-offs and duplicates take no part. A cancellation of what several lines hold
    together, or of a line from before the data begin, stays without a partner.

    rows: key (of customer, product and price), number, line_id, quantity, and whether it is a cancellation;
    by key, in order of time.
    """
    for _, group in itertools.groupby(rows, key=lambda row: row[0]):
        left: list[list[Any]] = []
        for _, number, line, quantity, is_back in group:
            if not is_back:
                left.append([line, quantity])
                continue
            for candidate in reversed(left):
                if candidate[1] >= -quantity:
                    candidate[1] += quantity
                    yield number, candidate[0]
                    break


def _rows(batches: pa.RecordBatchReader) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of record batches as tuples."""
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _keep(workplace: Bench, pairs: Iterator[tuple[int, str]]) -> None:
    """Write pairs down in `taken_back`, many at a time."""
    while some := list(itertools.islice(pairs, AT_ONCE)):
        numbers, ids = zip(*some, strict=True)
        pairs_now = pa.table({NUMBER: pa.array(numbers, pa.int64()), CANCELS: pa.array(ids, pa.string())})
        workplace.connection.register("some_pairs", pairs_now)
        workplace.run("INSERT INTO taken_back SELECT * FROM some_pairs")
        workplace.connection.unregister("some_pairs")


def summary(lines: pd.DataFrame | pa.Table | Path) -> dict[str, dict[str, Any]]:
    """Return per flag its number of lines, their amount and its share of gross revenue.

    Gross revenue is the sum of all positive amounts. A line can have several flags. lines: flagged
    transactions, or the parquet file that holds them.
    """
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        if isinstance(lines, Path):
            return _summed(connection, f"read_parquet({text(str(lines))})")
        table = lines if isinstance(lines, pa.Table) else pa.Table.from_pandas(lines, preserve_index=False)
        connection.register("lines", table)
        return _summed(connection, "lines")


def _summed(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, dict[str, Any]]:
    """Return the summary of the flagged transactions that SQL reads from a source."""
    sums = "".join(f", count(*) FILTER ({name}), coalesce(sum(amount) FILTER ({name}), 0)" for name in FLAGS)
    ((lines, gross, known, *found),) = connection.execute(
        f"SELECT count(*), coalesce(sum(amount) FILTER (amount > 0), 0), count({CANCELS}){sums} FROM {source}"
    ).fetchall()
    counts = {
        name: {
            "lines": number,
            "share_of_lines": number / max(lines, 1),
            "amount": float(amount),
            "share_of_gross_revenue": float(amount / gross) if gross else None,
        }
        for name, number, amount in zip(FLAGS, found[::2], found[1::2], strict=True)
    }
    counts["is_cancellation"]["of_a_known_line"] = known
    return counts
