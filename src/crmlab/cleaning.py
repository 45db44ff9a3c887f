"""Cleaning rules for `transactions`: they only flag, no line is removed or changed.

A flag of a line depends on that line and on earlier ones, so nothing that happens after a cutoff
changes what was flagged before it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from crmlab.vocabulary import FLAGS, LATE_COLUMNS

CANCELS = "cancels_line"
# what arrives after a line (its rating) does not make it another line
LATE = [c for time, brings in LATE_COLUMNS["transactions"].items() for c in (time, *brings)]
NOT_COMPARED = ("line_id", CANCELS, *FLAGS, *LATE)


@dataclass(frozen=True)
class Rules:
    """Which codes of a data set have a meaning; None where none has.

    cancellation_prefix, bad_debt_prefix: how such an `order_id` begins. merchandise: a regular
    expression that the beginning of a product code of goods matches; all others are fees.
    """

    cancellation_prefix: str | None = None
    bad_debt_prefix: str | None = None
    merchandise: str | None = None


NO_RULES = Rules()


def flag(lines: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return transactions in order of time with the six flags and `cancels_line`.

    Flags that the data set brings itself are kept. The rules for the others:

    - is_bad_debt: the order id begins with the prefix of bad debts;
    - is_write_off: a negative quantity at price 0 without a customer (stock, not trade);
    - is_cancellation: the order id begins with the prefix of cancellations, or quantity or amount
      is negative, and it is neither of the above;
    - is_fee: the product code is not one of goods (postage, charges, adjustments, vouchers);
    - is_anonymous: no customer;
    - is_duplicate: equal to an earlier line in every column but `line_id`;
    - cancels_line: see `cancelled_lines`.
    """
    lines = lines.sort_values(["timestamp", "line_id"], kind="stable", ignore_index=True)
    taken_back = (lines["quantity"] < 0) | (lines["amount"] < 0)
    worthless = (lines["quantity"] < 0) & (lines["unit_price"] == 0)
    found = {"is_anonymous": lines["customer"].isna()}
    found["is_bad_debt"] = _begins(lines["order_id"], rules.bad_debt_prefix)
    found["is_write_off"] = worthless & found["is_anonymous"]
    found["is_cancellation"] = (_begins(lines["order_id"], rules.cancellation_prefix) | taken_back) & ~(
        found["is_bad_debt"] | found["is_write_off"]
    )
    found["is_fee"] = _fee(lines["product"], rules.merchandise)
    found["is_duplicate"] = lines.duplicated([c for c in lines if c not in NOT_COMPARED])
    lines = lines.assign(**{f: found[f].astype(bool) for f in FLAGS if f not in lines})
    if CANCELS not in lines:
        lines[CANCELS] = cancelled_lines(lines)
    return lines


def cancelled_lines(lines: pd.DataFrame) -> pd.Series:
    """Return for each cancellation the `line_id` that it takes back, null where none is found.

    The rule, in order of time: a cancellation takes back the latest earlier line of the same
    customer, product and unit price of which at least the cancelled quantity is left; that
    quantity is then no longer left (a line can be taken back in parts). Lines without a customer,
    bad debts, write-offs and duplicates take no part. A cancellation of what several lines hold
    together, or of a line from before the data begin, stays without a partner.

    lines: transactions with flags, in order of time.
    """
    out = lines["customer"].isna() | lines["is_bad_debt"] | lines["is_write_off"] | lines["is_duplicate"]
    trade = lines[~out]
    group = trade.groupby(["customer", "product", "unit_price"], dropna=False, sort=False).ngroup()
    back = trade["is_cancellation"] & (trade["quantity"] < 0)
    bought = ~trade["is_cancellation"] & (trade["quantity"] > 0)
    concerned = group.isin(group[back]) & (back | bought)

    left: dict[int, list[list]] = defaultdict(list)
    partner: dict[int, str] = {}
    columns = (group, trade["line_id"], trade["quantity"], back)
    for row, (key, line, quantity, is_back) in zip(
        trade.index[concerned], zip(*(c[concerned] for c in columns), strict=True), strict=True
    ):
        if not is_back:
            left[key].append([line, quantity])
            continue
        for candidate in reversed(left[key]):
            if candidate[1] >= -quantity:
                candidate[1] += quantity
                partner[row] = candidate[0]
                break
    return pd.Series(partner, index=lines.index, dtype="str")


def summary(lines: pd.DataFrame) -> dict[str, dict]:
    """Return per flag its number of lines, their amount and its share of gross revenue.

    Gross revenue is the sum of all positive amounts. A line can have several flags.
    """
    gross = sum(lines.loc[lines["amount"] > 0, "amount"])
    counts = {}
    for name in FLAGS:
        chosen = lines[lines[name]]
        amount = sum(chosen["amount"])
        counts[name] = {
            "lines": len(chosen),
            "share_of_lines": len(chosen) / max(len(lines), 1),
            "amount": float(amount),
            "share_of_gross_revenue": float(amount / gross) if gross else None,
        }
    counts["is_cancellation"]["of_a_known_line"] = int(lines[CANCELS].notna().sum())
    return counts


def _begins(ids: pd.Series, prefix: str | None) -> pd.Series:
    """Tell which ids begin with a prefix; none where there is no prefix."""
    return ids.str.startswith(prefix) if prefix else pd.Series(False, index=ids.index)


def _fee(products: pd.Series, merchandise: str | None) -> pd.Series:
    """Tell which lines have a product code that is not one of goods."""
    if merchandise is None:
        return pd.Series(False, index=products.index)
    return products.notna() & ~products.str.match(merchandise, na=False)
