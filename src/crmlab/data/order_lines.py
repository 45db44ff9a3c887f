"""From the text of an order file to order lines: steps of SQL, and a report of all that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from crmlab.data import dates
from crmlab.data.bench import NUMBER, Bench, Step, text
from crmlab.data.faults import Fault, seen

POINT: Final = r"\."
DECIMALS: Final = (".", ",")
MONEY: Final = r"[+-]?\d{1,12}(?:\.\d+)?"
WHOLE: Final = r"[+-]?\d{1,12}(?:\.0+)?"
FIRST: Final = 10_000
"""How many lines of a file are asked first what it is like."""

FORMS: Final = {"amount": MONEY, "unit_price": MONEY, "quantity": WHOLE}


def is_text(field: str) -> bool:
    """Tell whether a field is an id or another text."""
    return field not in FORMS and field != "timestamp"


def cast(
    workplace: Bench, fields: Sequence[str], *, date_format: str | None, decimal: str
) -> dict[str, list[Fault]]:
    """Do the step `typed`: the fields of the step `read` as what they mean; return what cannot be read.

    fields: those that the file has. Numbers become DOUBLE, quantities BIGINT, times TIMESTAMP, and ids text
    without the '.0' that a detour through numbers leaves, where every id of the column has it.

    The file is looked at once where its first lines show that it is an usual one: an id without '.0' is
    enough for its column, and no date of the first lines has its year last, which all others bear out.
    """
    known = _answers(workplace, fields, f"(SELECT * FROM read LIMIT {FIRST})")
    if all(answer is False for answer in known.values()):
        found = _cast(workplace, fields, known, date_format, decimal)
        if not found["timestamp"]:
            return found
    known = _answers(workplace, fields, "read")
    return _cast(workplace, fields, known, date_format, decimal)


def _answers(workplace: Bench, fields: Sequence[str], source: str) -> dict[str, Any]:
    """Return what has to be known before casting, of the lines of a source.

    timestamp: whether any date has its year last; ids and texts: whether each ends with '.0'.
    """
    detour = (
        r"bool_and(CASE WHEN ends_with({0}, '.0') THEN regexp_full_match({0}, '\d+\.0') ELSE {0} IS NULL END)"
    )
    asked = {"timestamp": dates.ANY_SLASHED} | {f: detour.format(f) for f in fields if is_text(f)}
    return workplace.row(f"SELECT {', '.join(f'{sql} AS {f}' for f, sql in asked.items())} FROM {source}")


def _cast(
    workplace: Bench, fields: Sequence[str], known: Mapping[str, Any], date_format: str | None, decimal: str
) -> dict[str, list[Fault]]:
    """Do the step `typed` by what is known of the fields; return what cannot be read."""
    columns = {f: f"left({f}, -2)" if known[f] else f for f in fields if is_text(f)}
    columns |= {f: _number(f, decimal) for f in FORMS if f in fields}
    reading = dates.reading(workplace, date_format, slashed=known["timestamp"])
    columns["timestamp"] = reading.sql
    listed = ", ".join(f"{columns[f]} AS {f}" for f in fields)
    typed = f"SELECT {NUMBER}, {listed} FROM read {reading.join}"
    workplace.counts["read"] = workplace.do(Step("typed", typed, kept=True))
    return _faults(workplace, fields, reading, decimal)


def _number(field: str, decimal: str) -> str:
    """Return the SQL of a number, null where the text does not have its form."""
    form = FORMS[field].replace(POINT, re.escape(decimal))
    plain = field if decimal == "." else f"replace({field}, {text(decimal)}, '.')"
    whole = "::BIGINT" if field == "quantity" else ""
    return f"CASE WHEN regexp_full_match({field}, {text(form)}) THEN {plain}::DOUBLE{whole} END"


def complete(workplace: Bench, fields: Sequence[str]) -> list[str]:
    """Do the step `lines`: order lines with what the file leaves out filled in by the rules of `from_csv`.

    Return its columns beside the number.
    """
    # nine digits at least, for less than printf takes
    padded = f"right((1000000000 + {NUMBER})::VARCHAR, 9)"
    line_id = f"CASE WHEN {NUMBER} < 1000000000 THEN {padded} ELSE {NUMBER}::VARCHAR END"
    together = "customer || '@' || strftime(timestamp, '%Y-%m-%d %H:%M:%S.%f')"
    alone = "product" not in fields or not workplace.row("SELECT count(product) AS n FROM typed")["n"]
    order_id = line_id if alone else f"coalesce({together}, {line_id})"
    quantity = "quantity" if "quantity" in fields else "(CASE WHEN amount < 0 THEN -1 ELSE 1 END)::BIGINT"
    amount = "amount" if "amount" in fields else "quantity * unit_price"
    # at quantity 0 no price is known: the amount stands for it
    price = f"CASE WHEN {quantity} <> 0 THEN amount / {quantity} ELSE amount END"
    columns = {
        NUMBER: NUMBER,
        "line_id": line_id,
        "order_id": f"coalesce(order_id, {order_id})" if "order_id" in fields else order_id,
        "customer": "customer",
        "timestamp": "timestamp",
        "product": "product" if "product" in fields else "NULL::VARCHAR",
        "quantity": quantity,
        "unit_price": "unit_price" if "unit_price" in fields else price,
        "amount": amount,
    }
    columns |= {f: f for f in fields if f not in columns}
    listed = ", ".join(f"{sql} AS {c}" for c, sql in columns.items())
    workplace.do(Step("lines", f"SELECT {listed} FROM typed"))
    return [c for c in columns if c != NUMBER]


def _faults(
    workplace: Bench, fields: Sequence[str], reading: dates.Reading, decimal: str
) -> dict[str, list[Fault]]:
    """Return what cannot be read, by field; looks closer only where there is something."""
    found: dict[str, list[Fault]] = {f: [] for f in fields}
    checked = [f for f in (*FORMS, "timestamp") if f in fields]
    missing = ", ".join(f"count(*) - count({f}) AS {f}" for f in checked)
    sums = f"{missing}, count(customer) AS customers, count(*) FILTER ({dates.FAR}) AS far"
    counts = workplace.row(f"SELECT {sums} FROM typed")
    found["timestamp"] += reading.faults
    if counts["far"]:
        found["timestamp"].append(seen(workplace, dates.TOO_FAR, "timestamp", dates.FAR, step="typed"))
    for field in checked:
        if counts[field] and not (field == "timestamp" and reading.faults):
            what = reading.what if field == "timestamp" else _no_number(workplace, field, decimal)
            found[field].append(seen(workplace, what, field, f"{field} IS NULL", step="typed"))
    if not counts["customers"]:
        found["customer"].append(Fault("is empty in every line"))
    return found


def _no_number(workplace: Bench, field: str, decimal: str) -> str:
    """Return what is wrong with the numbers of a field, and the option that may help with all of them."""
    what = "a whole number" if field == "quantity" else f"a plain number like 1234{decimal}56"
    (other,) = set(DECIMALS) - {decimal}
    mistaken = (
        f"regexp_full_match(coalesce({field}, ''), {text(FORMS[field].replace(POINT, re.escape(other)))})"
    )
    wrong = f"(SELECT {NUMBER} FROM typed WHERE {field} IS NULL)"
    ((every,),) = workplace.run(f"SELECT bool_and({mistaken}) FROM read WHERE {NUMBER} IN {wrong}")
    return f"is not {what}" + (f" (if '{other}' is the decimal sign: --decimal {other})" if every else "")
