"""Lines that sum up others: 'Total' at the end of a file, or of each order, is not something bought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from crmlab.data.bench import NUMBER, Bench, Step
from crmlab.data.meaning.lines import CENT, Lines, Told, among

WORDS: Final = (
    *(
        "total",
        "totals",
        "total:",
        "grand total",
        "sub total",
        "subtotal",
        "sub-total",
        "sum",
        "sum:",
        "sums",
    ),
    *(
        "summe",
        "summe:",
        "gesamt",
        "gesamt:",
        "gesamtsumme",
        "zwischensumme",
        "gesamtbetrag",
        "zwischentotal",
    ),
    *("total général", "total general", "sous-total", "somme", "suma", "suma total", "totale", "totaal"),
)
"""Words of a line that sums up others, in lower case."""

FIELDS: Final = ("order_id", "customer", "product", "description")
"""Where they stand."""

MAYBE: Final = "({0} >= 'S' AND {0} < 'U' OR {0} >= 's' AND {0} < 'u' OR {0} >= 'G' AND {0} < 'H' "
MAYBE_TOO: Final = "OR {0} >= 'g' AND {0} < 'h' OR {0} >= 'Z' AND {0} < '[' OR {0} >= 'z' AND {0} < '{{')"
"""Whether a text begins with a letter that one of the words begins with: quick, and seldom so."""


def asked(lines: Lines) -> dict[str, str]:
    """Return the aggregate that shows whether there are lines that say that they sum up others."""
    return {"summaries": f"count_if({_says_so(lines.fields)})"}


def _says_so(fields: Sequence[str]) -> str:
    """Return the condition that one of a line's texts is such a word."""
    maybe = MAYBE + MAYBE_TOO
    return " OR ".join(
        f"coalesce(CASE WHEN {maybe.format(f)} THEN {among(f'trim({f})', WORDS)} END, false)"
        for f in FIELDS
        if f in fields
    )


def put_aside(lines: Lines, seen: dict[str, Any]) -> Lines:
    """Return the lines without those that say that they sum up others, and do: those of their order, or all.

    What says so and does not is told and counts, as it may be the name of a product.
    """
    if not seen["summaries"]:
        return lines
    of_order = (
        "sum(money) FILTER (NOT says) OVER (PARTITION BY order_id)" if lines.has("order_id") else "NULL"
    )
    price = "unit_price" if lines.has("unit_price") else "NULL"
    reaches = " OR ".join(
        f"coalesce(abs({value} - {whole}) < {CENT}, false)"
        for value in ("money", "price")
        for whole in ("of_order", "of_file")
    )
    lines.workplace.do(
        Step(
            "summing_up",
            f"""SELECT {NUMBER}, money, {reaches} AS does FROM (
                SELECT {NUMBER}, says, money, price, {of_order} AS of_order,
                    sum(money) FILTER (NOT says) OVER () AS of_file
                FROM (SELECT *, {_says_so(lines.fields)} AS says, {lines.amount} AS money, {price} AS price
                    FROM {lines.step}))
            WHERE says""",
            kept=True,
        )
    )
    found = {
        does: (n, money)
        for does, n, money in lines.workplace.run(
            "SELECT does, count(*), sum(money) FROM summing_up GROUP BY 1"
        )
    }
    if False in found:
        n, money = found[False]
        what = f"called a total, though no sum of other lines ({money:,.2f}): counted"
        lines = lines.tell(Told("no_summaries", what, n))
    if True not in found:
        return lines
    n, money = found[True]
    does = f"SELECT {NUMBER} FROM summing_up WHERE does"
    what = "lines that sum up others ('Total', 'Summe', …): put aside"
    told = Told("summaries", what, n, -float(money or 0))
    return lines.then("without_summaries", where=f"l.{NUMBER} NOT IN ({does})", kept=True).tell(told)


def hints(workplace: Bench, fields: Sequence[str], rows: Iterable[int]) -> list[str]:
    """Return what is to be known of rows (from 0) of the step `read` that are wrong and sum up others."""
    numbers, says = ", ".join(str(row + 1) for row in rows), _says_so(fields)
    if not numbers or not says:
        return []
    ((n,),) = workplace.run(f"SELECT count(*) FROM read WHERE {NUMBER} IN ({numbers}) AND ({says})")
    hint = "a line that sums up others ('Total', 'Summe', …) is no order: take it out of the file"
    return [hint] if n else []
