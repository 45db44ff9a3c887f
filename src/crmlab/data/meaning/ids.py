"""Ids: what a spreadsheet made of them, and one customer under several spellings."""

from __future__ import annotations

from typing import Any, Final

from crmlab.data.bench import NUMBER
from crmlab.data.formats.bytes_of_it import WIDE
from crmlab.data.meaning.lines import Lines, Told

IDS: Final = ("customer", "order_id", "product")
ROUNDED: Final = r"[+-]?\d(?:[.,]\d+)?[Ee]\+\d{1,3}"
FIRST: Final = 10_000
"""So many lines are asked first whether customers come back."""
ENOUGH: Final = 20
"""Of fewer customers nothing is said."""


def asked(lines: Lines) -> dict[str, str]:
    """Return the aggregates that show whether one of these rules has something to do."""

    def holding(field: str, mark: str) -> str:
        return f"count(*) FILTER (contains({field}, '{mark}'))" if lines.workplace.may_have(mark) else "0"

    return {f"rounded_{f}": holding(f, "+") for f in IDS if lines.has(f)} | {
        "with_decimal": "count(*) FILTER (ends_with(customer, '.0'))",
        "mails": holding("customer", "@"),
        "wide": "count(*) FILTER (strlen(customer) <> length(customer))"
        if lines.workplace.may_have(WIDE)
        else "0",
    }


def one_spelling(lines: Lines, seen: dict[str, Any]) -> Lines:
    """Return the lines with one spelling for each customer; raise Refused for ids that were rounded.

    `12346.0` is `12346`, the case of an e-mail address says nothing, and neither does whether a letter and
    its accent are one sign or two.
    """
    for field in IDS:
        wrong = f"regexp_full_match({field}, '{ROUNDED}')"
        if seen.get(f"rounded_{field}") and lines.ask(wrong)[0]:
            raise lines.refuse(
                field,
                "was rounded by a spreadsheet: different ids may have become one. Export the column as text, "
                "or leave it out of the spreadsheet",
                wrong,
            )
    if seen["with_decimal"]:
        lines = _replaced(lines, "whole_ids", r"regexp_full_match(customer, '\d+\.0')", "left(customer, -2)")
    if seen["wide"]:
        composed = "nfc_normalize(customer)"
        lines = _replaced(lines, "composed", f"customer <> {composed}", composed)
    if seen["mails"]:
        written = "contains(customer, '@') AND customer <> lower(customer)"
        lines = _replaced(lines, "mails", written, "lower(customer)")
    return lines


def _replaced(lines: Lines, rule: str, where: str, by: str) -> Lines:
    """Return the lines with the customers that meet a condition spelt otherwise."""
    count, _ = lines.ask(where)
    what = {
        "whole_ids": "customers such as 12346.0 are 12346",
        "mails": "e-mail addresses in lower case",
        "composed": "customers whose accents were signs of their own, in the usual spelling",
    }[rule]
    if not count:
        return lines
    return lines.then(rule, {"customer": f"CASE WHEN {where} THEN {by} ELSE customer END"}).tell(
        Told(rule, what, count)
    )


def noticed(lines: Lines) -> Lines:
    """Return the lines, and tell where every customer has exactly one order: that is an id per order."""
    if not lines.has("order_id"):
        return lines
    counted = (
        "SELECT count(DISTINCT customer), count(DISTINCT (customer, order_id)), count(DISTINCT order_id) "
        "FROM {} WHERE customer IS NOT NULL AND order_id IS NOT NULL"
    )
    for source in (f"(SELECT * FROM {lines.step} ORDER BY {NUMBER} LIMIT {FIRST})", lines.step):
        ((customers, pairs, orders),) = lines.workplace.run(counted.format(source))
        if pairs > customers or customers < ENOUGH or orders < customers:
            return lines
    what = (
        f"every customer has exactly one order: is '{lines.named('customer')}' an id per order? "
        "Nobody can come back then"
    )
    return lines.tell(
        Told("id_per_order", what, customers, option="--column customer=ANOTHER", of="customer")
    )
