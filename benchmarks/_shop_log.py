"""A large file of order lines for `ledger`, drawn by hashes: the same for the same number of lines."""

from __future__ import annotations

from pathlib import Path

import duckdb

LINES = """
    WITH orders AS (
        SELECT o, hash(o * 7 + 1) % 1000003 / 1000003.0 AS u, hash(o * 3 + 5) AS h FROM range({n} // 4) r(o)
    ), placed AS (
        SELECT o, h, CASE WHEN h % 20 <> 0 THEN floor({n} // 10 * pow(u, 1.6))::BIGINT END AS customer,
            TIMESTAMP '2022-01-01' + to_seconds((h % (86400 * 720))::BIGINT) AS placed_at FROM orders
    ), lines AS (
        SELECT *, hash(o * 17 + i) AS g, hash(o * 17 + i) % 33 = 0 AS back FROM placed, range(4) r(i)
    ), sorts AS (
        SELECT *, CASE WHEN back AND i > 0 THEN hash(o * 17 + i - 1) ELSE g END % 9973 AS s FROM lines
    )
    SELECT CASE WHEN back THEN 'C' ELSE '' END || (500000 + o) AS "Invoice",
        coalesce(customer::VARCHAR, '') AS "Customer ID",
        strftime(placed_at + to_days(CASE WHEN back THEN (g % 40)::INT ELSE 0 END), '%Y-%m-%d %H:%M:%S')
            AS "InvoiceDate",
        'P' || lpad((s * s // 9973)::VARCHAR, 5, '0') AS "StockCode",
        CASE WHEN back THEN -1 ELSE 1 + (g % 6)::INT END AS "Quantity",
        printf('%.2f', (s * 13 % 5000 + 50) / 100.0) AS "Price",
        CASE WHEN h % 37 < 25 THEN 'GB' ELSE 'C' || (h % 5) END AS "Country"
    FROM sorts"""
"""Orders of four lines, a twentieth without a customer; 1 line of 33 takes one back, up to 40 days later."""


def draw(path: Path, lines: int) -> None:
    """Write a comma-separated file of about so many order lines."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("SET enable_progress_bar = false").fetchall()
        connection.execute(
            f"COPY ({LINES.format(n=lines)}) TO '{path}' (FORMAT csv, HEADER, DELIMITER ',')"
        ).fetchall()
