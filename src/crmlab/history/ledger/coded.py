"""Canonical tables on a bench, with ids as whole numbers beside which the text is kept once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from crmlab.data.bench import Bench, text

DAY: Final = "({}::DATE - DATE '1970-01-01')::INT"
FIRST_SEEN: Final = ("source", "device", "channel")
"""Texts of a session of which the first is asked for."""

TEXTS: Final = ("channel", "country")
"""Texts of an order line whose most frequent value is asked for."""

NOT_BOUGHT: Final = ("is_cancellation", "is_bad_debt", "is_write_off", "is_fee", "is_duplicate")
BOUGHT: Final = " AND ".join(
    ("t.customer IS NOT NULL", "t.quantity > 0", *(f"NOT t.{f}" for f in NOT_BOUGHT))
)

EVENTS: Final[Mapping[str, str]] = {
    "sessions": "visits",
    "contacts": "sent",
    "tickets": "asked",
    "memberships": "terms",
}
"""{canonical table: the view that rows are made of}, beside those of the transactions."""


def day(column: str) -> str:
    """Return the SQL of a time's day, counted from 1970-01-01."""
    return DAY.format(column)


def source(workplace: Bench, file: Path, name: str) -> None:
    """Make a table's file readable as `raw_<name>`."""
    workplace.run(f"CREATE VIEW raw_{name} AS SELECT * FROM read_parquet({text(str(file))})")


def people(workplace: Bench, tables: Collection[str], known: pa.Array | None = None) -> pa.Array:
    """Make `codes`: every customer of the tables with a code; those already known keep theirs. Return all."""
    union = " UNION ".join(f"SELECT customer FROM raw_{t} WHERE customer IS NOT NULL" for t in tables)
    known = pa.array([], pa.string()) if known is None else known
    workplace.connection.register("known_people", pa.table({"customer": known}))
    found = workplace.connection.sql(
        f"SELECT DISTINCT customer FROM ({union}) ANTI JOIN known_people USING (customer) ORDER BY 1"
    ).to_arrow_table()
    every = pa.concat_arrays([known, *found["customer"].chunks])
    _keep(workplace, "codes", pa.table({"customer": every, "code": np.arange(len(every), dtype=np.int32)}))
    return every


def values(workplace: Bench, name: str, query: str) -> list[str]:
    """Make `<name>_values`: each different text of a query with its place in their order. Return them."""
    listed = [value for (value,) in workplace.run(f"SELECT DISTINCT value FROM ({query}) ORDER BY value")]
    places = pa.array(range(len(listed)), pa.int32())
    _keep(workplace, f"{name}_values", pa.table({"value": pa.array(listed, pa.string()), "place": places}))
    return listed


def _keep(workplace: Bench, name: str, table: pa.Table) -> None:
    """Write an arrow table down on the bench."""
    workplace.connection.register("to_keep", table)
    workplace.run(f"CREATE TABLE {name} AS SELECT * FROM to_keep")
    workplace.connection.unregister("to_keep")


def texts(workplace: Bench, columns: Collection[str], products: Collection[str]) -> dict[str, list[str]]:
    """Code the products and the texts that purchase lines show; return the texts by what shows them.

    columns: of the transactions. products: of the products, none where there is no such table.
    """
    shown = {
        c: values(
            workplace, c, f"SELECT {c} AS value FROM raw_transactions t WHERE {c} IS NOT NULL AND {BOUGHT}"
        )
        for c in TEXTS
        if c in columns
    }
    workplace.run(
        "CREATE TABLE product_codes AS SELECT product, row_number() OVER ()::INT AS product_code "
        "FROM (SELECT DISTINCT product FROM raw_transactions WHERE product IS NOT NULL)"
    )
    if "category" in products:
        shown["category"] = values(
            workplace, "category", "SELECT category AS value FROM raw_products WHERE category IS NOT NULL"
        )
        workplace.run(
            "CREATE TABLE catalogue AS SELECT c.product_code, v.place AS category FROM raw_products "
            "JOIN product_codes c USING (product) JOIN category_values v ON v.value = raw_products.category"
        )
    return shown


def transactions(columns: Collection[str]) -> dict[str, str]:
    """Return the SELECTs of purchase lines, cancellations and returns: {view: its coded rows}.

    columns: of the transactions.
    """
    texts = "".join(f", {c}_values.place AS {c}" for c in TEXTS if c in columns)
    joins = "".join(f" LEFT JOIN {c}_values ON {c}_values.value = t.{c}" for c in TEXTS if c in columns)
    # without its time a rating is known with its line
    rated = day("t.rated_at") if "rated_at" in columns else day("t.timestamp")
    rating = (
        f", t.rating, {rated} AS rated"
        if "rating" in columns
        else ", NULL::BIGINT AS rating, NULL::INT AS rated"
    )
    return {
        "sales": f"SELECT k.code, {day('t.timestamp')} AS day, hour(t.timestamp)::TINYINT AS hour, "
        f"t.order_id, p.product_code AS product, t.quantity, "
        f"(t.amount * 10000)::BIGINT AS amount{texts}{rating} "
        f"FROM raw_transactions t JOIN codes k ON k.customer = t.customer "
        f"LEFT JOIN product_codes p ON p.product = t.product{joins} WHERE {BOUGHT}",
        "cancelled": f"SELECT k.code, t.line_id, {day('t.timestamp')} AS day, "
        f"greatest({day('t.timestamp')}, {day('c.timestamp')}) AS known, "
        f"(c.amount * 10000)::BIGINT AS amount, c.quantity FROM raw_transactions t "
        f"JOIN (SELECT * FROM raw_transactions WHERE cancels_line IS NOT NULL AND NOT is_duplicate) AS c "
        f"ON c.cancels_line = t.line_id JOIN codes k ON k.customer = t.customer WHERE {BOUGHT}",
        "backs": f"SELECT k.code, {day('t.timestamp')} AS day, "
        f"(t.amount * 10000)::BIGINT AS amount FROM raw_transactions t JOIN codes k USING (customer) "
        f"WHERE t.is_cancellation AND NOT t.is_duplicate AND NOT t.is_fee",
    }


EVENT_COLUMNS: Final[Mapping[str, str]] = {
    # a sum of doubles depends on the order of summation: whole milliseconds do not
    "sessions": "t.* EXCLUDE (customer), round(t.duration_seconds * 1000)::BIGINT AS milliseconds",
    "contacts": f"{day('t.replied_at')} AS replied",
    "tickets": f"{day('t.first_response_at')} AS answered_on, {day('t.resolved_at')} AS resolved_on, "
    "t.satisfaction, date_diff('minute', t.timestamp, t.first_response_at) AS minutes",
    "memberships": f"(t.monthly_fee * 10000)::BIGINT AS fee, {day('t.ended')} AS ended_on, "
    # greatest() passes over what is missing
    f"CASE WHEN t.ended IS NOT NULL THEN greatest({day('t.started')}, {day('t.ended')}) END AS known_end",
}


def events(table: str) -> str:
    """Return the SELECT of the coded rows of a table beside the transactions."""
    time = "started" if table == "memberships" else "timestamp"
    # treatment 0 is the randomised group that got nothing
    only = " WHERE t.treatment = 1" if table == "contacts" else ""
    return (
        f"SELECT k.code, {day(f't.{time}')} AS day, {EVENT_COLUMNS[table]} "
        f"FROM raw_{table} t JOIN codes k USING (customer){only}"
    )
