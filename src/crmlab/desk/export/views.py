"""The views that business-intelligence tools read: orders, customers, the days' ledger."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

SHOP: Final = "shop"
"""The schema that holds the canonical tables; views lie in the main one."""

SALE: Final = (
    "NOT is_cancellation AND NOT is_bad_debt AND NOT is_write_off AND NOT is_duplicate AND quantity > 0"
)
"""What a purchase is, as in crmlab.history.purchase_lines, fees and lines of nobody known among them."""

BACK: Final = f"{SHOP}.transactions WHERE cancels_line IS NOT NULL AND NOT is_duplicate"
"""What takes money off a line that it names: returns, refunds, discounts; others take nothing off."""

ORDERS: Final = f"""
WITH back AS (SELECT cancels_line AS line, sum(amount) AS back FROM {BACK} GROUP BY 1)
SELECT order_id, min(customer) AS customer, min(timestamp) AS ordered_at,
    count(*) FILTER (NOT is_fee) AS lines,
    coalesce(sum(quantity) FILTER (NOT is_fee), 0)::BIGINT AS items,
    coalesce(sum(amount) FILTER (NOT is_fee), 0)::DECIMAL(18, 4) AS goods,
    coalesce(sum(amount) FILTER (is_fee), 0)::DECIMAL(18, 4) AS fees,
    coalesce(sum(back) FILTER (NOT is_fee), 0)::DECIMAL(18, 4) AS taken_back,
    (coalesce(sum(amount) FILTER (NOT is_fee), 0)
        + coalesce(sum(back) FILTER (NOT is_fee), 0))::DECIMAL(18, 4) AS net
FROM {SHOP}.transactions LEFT JOIN back ON line = line_id
WHERE {SALE} GROUP BY order_id
"""

CUSTOMERS: Final = """
SELECT customer, min(ordered_at)::DATE AS first_order, max(ordered_at)::DATE AS last_order,
    count(*) AS orders, sum(net)::DECIMAL(18, 4) AS net, (sum(net) / count(*))::DOUBLE AS mean_order,
    date_diff('day', max(ordered_at)::DATE, (SELECT max(ordered_at)::DATE FROM orders)) AS days_since_last
    {profile}
FROM orders {join} WHERE customer IS NOT NULL AND lines > 0 GROUP BY customer {grouped}
"""

LEDGER: Final = f"""
WITH first AS (SELECT customer, min(ordered_at)::DATE AS day FROM orders WHERE lines > 0 GROUP BY 1),
placed AS (
    SELECT ordered_at::DATE AS day, count(*) AS orders, count(DISTINCT customer) AS customers,
        sum(goods) AS goods, sum(fees) AS fees
    FROM orders GROUP BY 1
),
fresh AS (SELECT day, count(*) AS new_customers FROM first WHERE customer IS NOT NULL GROUP BY 1),
back AS (
    SELECT timestamp::DATE AS day, sum(amount) AS given_back FROM {BACK}
        AND cancels_line IN (SELECT line_id FROM {SHOP}.transactions WHERE {SALE} AND NOT is_fee) GROUP BY 1
)
SELECT day, coalesce(orders, 0) AS orders, coalesce(customers, 0) AS customers,
    coalesce(new_customers, 0) AS new_customers, coalesce(goods, 0)::DECIMAL(18, 4) AS goods,
    coalesce(fees, 0)::DECIMAL(18, 4) AS fees, coalesce(given_back, 0)::DECIMAL(18, 4) AS given_back,
    (coalesce(goods, 0) + coalesce(given_back, 0))::DECIMAL(18, 4) AS net
FROM placed FULL JOIN fresh USING (day) FULL JOIN back USING (day) ORDER BY day
"""


def views(tables: Collection[str], profile: Collection[str]) -> dict[str, str]:
    """Return {view: its SELECT}, in the order in which they build on one another.

    tables: canonical ones that are there. profile: columns of `customers` beside the customer.
    """
    if "transactions" not in tables:
        return {}
    known = [f'c."{column}"' for column in profile] if "customers" in tables else []
    listed = "".join(f", {column}" for column in known)
    join = f"LEFT JOIN {SHOP}.customers AS c USING (customer)" if known else ""
    summary = CUSTOMERS.format(profile=listed, join=join, grouped=listed)
    return {"orders": ORDERS, "customer_summary": summary, "daily_ledger": LEDGER}
