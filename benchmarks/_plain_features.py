"""The other side of `ledger`: 25 features of a parquet file by plain DuckDB, by polars, and a bare scan.

Run in an environment with duckdb and polars: `_plain_features.py duckdb|polars|scan FILE CUTOFF`.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time

BOUGHT = (
    "customer IS NOT NULL AND quantity > 0 AND NOT is_cancellation AND NOT is_bad_debt AND NOT is_write_off "
    "AND NOT is_fee AND NOT is_duplicate"
)
FLAGS = ("is_cancellation", "is_bad_debt", "is_write_off", "is_fee", "is_duplicate")
READ = ("customer", "order_id", "timestamp", "product", "quantity", "amount", "country", *FLAGS)


def by_duckdb(path: str, cutoff: dt.datetime):
    """Return 25 columns per customer as arrow, without netting of returns: less than the ledger's 31."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    connection.execute("SET enable_progress_bar = false").fetchall()
    day = f"DATE '{cutoff:%Y-%m-%d}'"
    return connection.sql(f"""
        WITH l AS (
            SELECT customer, order_id, timestamp, timestamp::DATE AS day, product, quantity, amount,
                country
            FROM read_parquet('{path}') WHERE timestamp < '{cutoff}' AND {BOUGHT}
        ), lines AS (
            SELECT customer, count(*) AS lines, count(DISTINCT order_id) AS orders, sum(amount) AS spend,
                sum(quantity) AS units, count(DISTINCT product) AS products,
                min(day) AS first, max(day) AS last,
                sum(amount) FILTER (day >= {day} - 90) AS spend_90,
                sum(amount) FILTER (day >= {day} - 180) AS spend_180,
                avg(amount) AS line_mean, max(amount) AS line_max, mode(country) AS country,
                count(DISTINCT country) AS countries, sum((isodow(timestamp) >= 6)::INT) AS weekend,
                sum((hour(timestamp) >= 18)::INT) AS evening
            FROM l GROUP BY customer
        ), d AS (
            SELECT customer, day, sum(amount) AS spend,
                day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS gap
            FROM l GROUP BY customer, day
        ), days AS (
            SELECT customer, count(*) - 1 AS frequency, avg(gap) AS gap_mean, stddev_samp(gap) AS gap_sd,
                count(*) FILTER (day >= {day} - 90) AS days_90,
                count(*) FILTER (day >= {day} - 180) AS days_180,
                max(spend) AS best_day
            FROM d GROUP BY customer
        )
        SELECT *, last - first AS recency, {day} - 1 - first AS T, {day} - 1 - last AS since,
            spend / orders AS basket_value FROM lines JOIN days USING (customer)""").to_arrow_table()


def by_polars(path: str, cutoff: dt.datetime):
    """Return the same columns by polars' streaming engine."""
    import polars as pl

    c = pl.col
    bought = (c("timestamp") < cutoff) & c("customer").is_not_null() & (c("quantity") > 0)
    for flag in FLAGS:
        bought &= ~c(flag)
    today = cutoff.date()
    lines = pl.scan_parquet(path).select(READ).filter(bought).with_columns(day=c("timestamp").dt.date())
    recent = c("day") >= today - dt.timedelta(days=90)
    longer = c("day") >= today - dt.timedelta(days=180)
    sums = lines.group_by("customer").agg(
        lines=pl.len(),
        orders=c("order_id").n_unique(),
        spend=c("amount").sum(),
        units=c("quantity").sum(),
        products=c("product").n_unique(),
        first=c("day").min(),
        last=c("day").max(),
        spend_90=c("amount").filter(recent).sum(),
        spend_180=c("amount").filter(longer).sum(),
        line_mean=c("amount").mean(),
        line_max=c("amount").max(),
        country=c("country").mode().first(),
        countries=c("country").n_unique(),
        weekend=(c("timestamp").dt.weekday() >= 6).sum(),
        evening=(c("timestamp").dt.hour() >= 18).sum(),
    )
    days = lines.group_by("customer", "day").agg(spend=c("amount").sum())
    gaps = days.sort("customer", "day").with_columns(gap=c("day").diff().over("customer").dt.total_days())
    rhythm = gaps.group_by("customer").agg(
        frequency=pl.len() - 1,
        gap_mean=c("gap").mean(),
        gap_sd=c("gap").std(),
        days_90=recent.sum(),
        days_180=longer.sum(),
        best_day=c("spend").max(),
    )
    joined = sums.join(rhythm, on="customer").with_columns(
        recency=c("last") - c("first"),
        T=pl.lit(today) - c("first"),
        since=pl.lit(today) - c("last"),
        basket_value=c("spend") / c("orders"),
    )
    return joined.collect(engine="streaming")


def scan(path: str, cutoff: dt.datetime):
    """Return the sums of the columns that features read: what reading alone costs."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    connection.execute("SET enable_progress_bar = false").fetchall()
    return connection.sql(
        f"SELECT max(customer), max(order_id), max(timestamp), max(product), sum(quantity), sum(amount), "
        f"count(country), {', '.join(f'count({f})' for f in FLAGS)} "
        f"FROM read_parquet('{path}') WHERE timestamp < '{cutoff}'"
    ).to_arrow_table()


if __name__ == "__main__":
    way, file, day = sys.argv[1:]
    __import__("polars" if way == "polars" else "duckdb")
    began = time.process_time()
    found = {"duckdb": by_duckdb, "polars": by_polars, "scan": scan}[way](
        file, dt.datetime.fromisoformat(day)
    )
    print(json.dumps({"seconds": time.process_time() - began, "rows": len(found)}))
