"""Day or month first: what the dates of a column prove, and the question where they prove nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from crmlab.data.bench import Bench
from crmlab.data.faults import Fault, seen
from crmlab.data.values.date_forms import clocked

ORDERS: Final = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
"""In which order a date may be written; `--date-format` takes these words, too."""

PLACES: Final = {"dmy": (3, 2, 1), "mdy": (3, 1, 2), "ymd": (1, 2, 3)}
PARTS: Final = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4}).*$"
RARE: Final = 10
"""An order is proved where at least one in so many different dates does it, or several dates do."""
MONTHLY: Final = 3
"""From so many dates on that fall on one day of the month in the other order, they look like a series."""
HINT: Final = "say which: --date-format '%d/%m/{y}' (day first) or '%m/%d/{y}' (month first)"


def meant_by(date_format: str | None) -> str | None:
    """Return the order that a word or a format of a date alone means, whatever its separators; else None."""
    if date_format in ORDERS:
        return date_format
    parts = re.fullmatch(r"%([dm])[-/.]%([dm])[-/.]%[Yy]", date_format or "")
    order = "".join(parts.groups()) + "y" if parts else None
    return order if order in ORDERS else None


def kind_of(date_format: str | None) -> str | None:
    """Return the form that a format of a date alone asks for; None where a word leaves it open."""
    if date_format is None or date_format in ORDERS:
        return None
    return "last" if date_format.endswith("Y") else "short"


def walls(order: str) -> dict[str, str]:
    """Return the SQL of the time of dates with their year last, or with short years, in an order."""
    year, month, day = (f"regexp_extract(text, '{PARTS}', {place})" for place in PLACES[order])
    last = "dmy" if order == "ymd" else order
    long_year, long_month, long_day = (f"regexp_extract(text, '{PARTS}', {place})" for place in PLACES[last])
    century = f"CASE WHEN {year} < '70' THEN '20' ELSE '19' END"
    return {
        "last": clocked(f"{long_year} || '-' || {long_month} || '-' || {long_day}"),
        "short": clocked(f"({century}) || lpad({year}, 2, '0') || '-' || {month} || '-' || {day}"),
        "zero": "TIMESTAMP '0001-01-01'",
    }


def proved(workplace: Bench, name: str) -> tuple[str, tuple[Fault, ...]]:
    """Return the order of the dates in `some_texts`, and why it is not known, if it is not.

    Refused are an order that nothing proves, one that values contradict, and one that a single date proves
    while the others look like a monthly series the other way round.
    """
    kind = workplace.row("SELECT any_value(kind) FILTER (kind IN ('last', 'short')) AS kind FROM some_texts")[
        "kind"
    ]
    if kind is None:
        return "dmy", ()
    found = workplace.row(_counts(kind))
    if kind == "short" and not found["year_last"]:
        return _short(workplace, name, found)
    return _last(workplace, name, kind, found)


def _different(kind: str) -> str:
    """Return the query of the different dates of a form, in three parts, and how many lines have each."""
    a, b, c = (f"regexp_extract(text, '{PARTS}', {place})::INT" for place in (1, 2, 3))
    return f"""
        SELECT {a} AS a, {b} AS b, {c} AS c, sum(n) AS n FROM some_texts WHERE kind = '{kind}'
        GROUP BY 1, 2, 3"""


def _counts(kind: str) -> str:
    """Return the query that counts what different dates prove."""
    open_ = "a <= 12 AND b <= 12"
    return f"""
        SELECT count(*) AS dates, count(*) FILTER (a > 12) AS days, count(*) FILTER (b > 12) AS months,
        count(*) FILTER ({open_}) AS open, sum(n) FILTER (a > 12) AS day_lines,
        sum(n) FILTER (b > 12) AS month_lines,
        max(n_of_b) AS same_b, count(DISTINCT a) FILTER ({open_}) AS some_a,
        max(n_of_a) AS same_a, count(DISTINCT b) FILTER ({open_}) AS some_b,
        count(DISTINCT c) <= 2 AND count(DISTINCT a) >= 5 AND max(a) - min(a) >= 10
            OR bool_or(c > 31) AS year_last,
        count(DISTINCT a) <= 2 AND count(DISTINCT c) >= 5 AND max(c) - min(c) >= 10 AS year_first,
        bool_and(b <= 12 AND c BETWEEN 1 AND 31) AS ymd, bool_and(b <= 12 AND a <= 31) AS dmy,
        bool_and(a <= 12 AND b <= 31) AS mdy
        FROM (SELECT *, count(*) FILTER ({open_}) OVER (PARTITION BY b) AS n_of_b,
              count(*) FILTER ({open_}) OVER (PARTITION BY a) AS n_of_a
              FROM ({_different(kind)}))"""


def _last(workplace: Bench, name: str, kind: str, found: Mapping[str, Any]) -> tuple[str, tuple[Fault, ...]]:
    """Return the order of dates with their year last."""
    y = "%Y" if kind == "last" else "%y"
    hint = HINT.format(y=y)
    days, months = found["days"], found["months"]
    if days and months:
        fewer = "a > 12" if found["day_lines"] < found["month_lines"] else "b > 12"
        what = f"contradicts the order of day and month in other lines: {hint}"
        return "", (seen(workplace, what, name, _where(name, kind, fewer)),)
    if not days and not months:
        what = f"can be read as day/month or as month/day: {_both(workplace, kind)}{hint}"
        return "", (seen(workplace, what, name, _where(name, kind, "true")),)
    if _is_slip(found):
        order, other = ("dmy", "mdy") if days else ("mdy", "dmy")
        what = (
            f"alone proves that dates are {ORDERS[order]}, and the other {found['open']:,} would lie evenly "
            f"in {ORDERS[other]} order: a slip? {_both(workplace, kind)}{hint}"
        )
        return "", (seen(workplace, what, name, _where(name, kind, "a > 12" if days else "b > 12")),)
    return ("dmy" if days else "mdy"), ()


def _is_slip(found: Mapping[str, Any]) -> bool:
    """Tell whether so few dates prove the order that they may be slips in a series the other way round."""
    proofs, undecided = found["days"] or found["months"], found["open"]
    same, different = ("same_b", "some_a") if found["days"] else ("same_a", "some_b")
    # the day of the month in the other order: is it always the same, while the month goes on?
    series = (found[same] or 0) >= MONTHLY and 2 * found[same] >= undecided and found[different] >= MONTHLY
    few = proofs == 1 or proofs * RARE <= found["dates"]
    # by chance six in ten dates have a day above 12
    return few and undecided >= MONTHLY and (series or 0.4**undecided * (1 + undecided) < 0.001)


def _short(workplace: Bench, name: str, found: Mapping[str, Any]) -> tuple[str, tuple[Fault, ...]]:
    """Return the order of dates whose year has two digits and may stand first."""
    possible = [order for order in ORDERS if found[order]]
    if found["year_first"] and "ymd" in possible:
        return "ymd", ()
    if len(possible) == 1:
        return possible[0], ()
    if not possible:
        what = "contradicts the order in other lines: say which, --date-format dmy, mdy or ymd"
    else:
        words = f"{' or '.join(possible)} ({_words(possible)})"
        what = f"can be read in several orders: say which, --date-format {words}"
    return "", (seen(workplace, what, name, _where(name, "short", "true")),)


def _words(orders: list[str]) -> str:
    """Return orders in words."""
    return ", ".join(ORDERS[order] for order in orders)


def _both(workplace: Bench, kind: str) -> str:
    """Return both readings of a date that has two, as the beginning of a sentence."""
    found = workplace.run(
        f"SELECT a, b, c FROM ({_different(kind)}) WHERE a <= 12 AND b <= 12 AND a <> b "
        "ORDER BY n DESC, c, b, a LIMIT 1"
    )
    if not found:
        return ""
    a, b, c = found[0]
    year = c if c > 99 else c + (2000 if c < 70 else 1900)
    return f"{a}/{b} is {year}-{b:02}-{a:02} (day first) or {year}-{a:02}-{b:02} (month first); "


def _where(name: str, kind: str, condition: str) -> str:
    """Return the condition on lines whose date has a property of its parts."""
    texts = f"""
        SELECT text FROM (SELECT text, regexp_extract(text, '{PARTS}', 1)::INT AS a,
            regexp_extract(text, '{PARTS}', 2)::INT AS b FROM some_texts WHERE kind = '{kind}')
        WHERE {condition}"""
    return f"{name} IN ({texts})"
