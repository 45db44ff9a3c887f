"""Reading numbers that people and shop systems wrote: the column decides which sign is the decimal one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from crmlab.data.bench import Bench, quoted, text
from crmlab.data.faults import Fault, seen
from crmlab.data.reading import Reading, said_of

PLAIN: Final = r"[+-]?\d{1,12}(?:\.\d+)?"
"""A number that everybody reads alike, but for exactly three digits after its only sign."""
PLAIN_WHOLE: Final = r"[+-]?\d{1,12}"
LARGEST: Final = 10**12

MARKS: Final = (
    r"(?:US|CA|AU|NZ|HK|[ACRS])?\$|[€£¥￥₹₽₺₩₫₴₪฿₦₱₡₸₮]|"
    r"(?:USD|EUR|GBP|JPY|CNY|RMB|INR|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|ILS|ZAR|BRL|MXN|ARS|CLP|COP|"
    r"PEN|CAD|AUD|NZD|SGD|HKD|TWD|KRW|THB|IDR|MYR|PHP|VND|AED|SAR|QAR|KWD|EGP|NGN|KES|PKR|BDT|LKR)|"
    r"kr\.?|zł|Kč|Ft|lei|лв\.?|руб\.?|Rs\.?|Fr\.?|TL|円|元"
)
"""Signs and codes of currencies, which may stand before or after a number."""

NUMBER: Final = r"(?:\d[\d., ']*\d|\d|[.,]\d+)(?:[eE][+-]?\d{1,3})?"
PARTS: Final = (
    rf"^(\()? ?([+-])? ?({MARKS})? ?([+-])? ?(\()?({NUMBER})(\))? ?([+-])? ?({MARKS})? ?([+-])?(\))?$"
)
GROUPS: Final = {
    ".": r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}",
    ",": r"[1-9]\d{0,2}(?:\.\d{3})+",
}
"""Digits in groups, by the decimal sign (in India hundreds above the thousands have groups of two)."""
ALSO_GROUPS: Final = {"'": r"[1-9]\d{0,2}(?:'\d{3})+", " ": r"[1-9]\d{0,2}(?: \d{3})+"}
WIDE: Final = ("\u00a0\u202f\u2009\u2007\u2212\ufe63\uff0d\u2013\u2019\u02bc", "    ----''")
"""Blanks, minus signs and apostrophes of typesetters, and what they are read as."""

READ_AS: Final = {".": "point", ",": "comma"}


@dataclass(frozen=True)
class Numbers:
    """How the text of a field becomes numbers.

    sql: the number, null where the text is none; join: what has to be joined for it; what: what is wrong with
    a text that is none; faults: why the column cannot be read at all; said: what a user should know. proved:
    the decimal sign that its values prove; open: the sign that may part thousands or decimals.
    """

    sql: str
    join: str = ""
    what: str = "is not a plain number like 1234.56"
    faults: tuple[Fault, ...] = field(default=())
    said: str = ""
    proved: str = ""
    open: str = ""


def asked(name: str) -> str:
    """Return the SQL that asks lines what the numbers of a field are like: 'whole', 'plain' or 'closer'.

    A column of plain numbers is read at once; `closer` where a sign may be one of thousands.
    """
    whole, plain = (
        f"coalesce(bool_and(regexp_full_match({name}, '{form}')), true)" for form in (PLAIN_WHOLE, PLAIN)
    )
    proof = rf"bool_or(regexp_matches({name}, '(?:\.(?:\d|\d\d|\d{{4,}})|^[+-]?(?:0\d*|\d{{4,}})\.\d+)$'))"
    return f"CASE WHEN {whole} THEN 'whole' WHEN {plain} AND {proof} THEN 'plain' ELSE 'closer' END"


def at_once(name: str, known: str, *, whole: bool) -> Numbers:
    """Return how a field is read of which the first lines are `whole` or `plain` numbers."""
    form = PLAIN_WHOLE if known == "whole" else r"[+-]?\d{1,12}(?:\.0+)?" if whole else PLAIN
    typed = "::DOUBLE::BIGINT" if whole else "::DOUBLE"
    what = "is not a whole number" if whole else Numbers.what
    return Numbers(f"CASE WHEN regexp_full_match({name}, '{form}') THEN {name}{typed} END", what=what)


def closer(workplace: Bench, name: str, reading: Reading, *, whole: bool) -> Numbers:
    """Return how a field is read after a look at all its different texts in the step `read`.

    The decimal sign is the one that some value proves and none contradicts. Where exactly three digits stand
    after the only sign of every value that has one, both readings are shown and the option that answers.
    """
    table = f"numbers_of_{name}"
    _write_down(workplace, name, table, reading)
    counts = workplace.row(f"SELECT {COUNTS} FROM {quoted(table)}")
    decimal = said_of(reading.decimal, name)
    faults = [*_several_currencies(workplace, name, table)]
    if not faults and counts["marked"] and counts["bare"] and not reading.currency:
        faults.append(_some_without(workplace, name, table, counts))
    if counts["in_per_cent"] and counts["not_in_per_cent"]:
        what = "is no percentage, and others are: write all of them in one way"
        faults.append(seen(workplace, what, name, _with(name, table, "value <> 0 AND NOT in_per_cent")))
    sign = _decided(counts, decimal)
    if sign == "contradiction":
        faults.append(_contradiction(workplace, name, table, counts))
    elif sign == "open":
        faults.append(_question(workplace, name, table))
    if faults:
        between = ("." if counts["open_points"] else ",") if sign == "open" and len(faults) == 1 else ""
        return Numbers(f"NULL::{'BIGINT' if whole else 'DOUBLE'}", faults=tuple(faults), open=between)
    value = f"n.as_{READ_AS[sign]}"
    whole_only = f"CASE WHEN {value} = floor({value}) THEN {value}::BIGINT END"
    alias = f"n_{name}"
    return Numbers(
        (whole_only if whole else value).replace("n.", f"{alias}."),
        f"LEFT JOIN {quoted(table)} AS {alias} ON read.{name} = {alias}.text",
        _what(workplace, table, decimal, whole=whole),
        said=_said(name, sign, counts),
        proved=sign if counts["only_point"] or counts["only_comma"] else "",
    )


COUNTS: Final = """
    coalesce(sum(n) FILTER (as_point IS NOT NULL AND as_comma IS NULL), 0) AS only_point,
    coalesce(sum(n) FILTER (as_comma IS NOT NULL AND as_point IS NULL), 0) AS only_comma,
    coalesce(sum(n) FILTER (as_comma <> as_point AND contains(num, '.')), 0) AS open_points,
    coalesce(sum(n) FILTER (as_comma <> as_point AND contains(num, ',')), 0) AS open_commas,
    coalesce(sum(n) FILTER (contains(num, ',')), 0) AS commas,
    coalesce(sum(n) FILTER (contains(num, '.')), 0) AS points,
    coalesce(sum(n) FILTER (regexp_matches(num, '[ '']')), 0) AS blanks,
    coalesce(sum(n) FILTER (mark <> ''), 0) AS marked,
    coalesce(sum(n) FILTER (mark = '' AND value <> 0), 0) AS bare,
    coalesce(sum(n) FILTER (in_per_cent), 0) AS in_per_cent,
    coalesce(sum(n) FILTER (value <> 0 AND NOT in_per_cent), 0) AS not_in_per_cent,
    any_value(mark) FILTER (mark <> '') AS mark"""

PER_CENT: Final = ("discount",)
"""Fields that may be percentages: their sign is taken off, and all of them have it or none."""

RARE: Final = 20
"""A decimal sign is proved by at least one in so many of the values that could be in thousands."""


class _Forms(NamedTuple):
    """What a number may look like, by its decimal sign; None where that sign is one of thousands."""

    point: str | None
    comma: str | None


def _forms(reading: Reading, name: str) -> _Forms:
    """Return the forms that the options leave open."""
    thousands = said_of(reading.thousands, name)

    def form(sign: str) -> str | None:
        other = "," if sign == "." else "."
        if thousands == sign:
            return None
        kinds = [g for s, g in {other: GROUPS[sign], **ALSO_GROUPS}.items() if thousands in (None, s)]
        point = rf"(?:\{sign}\d+)"
        digits = "|".join([*kinds, r"\d+"])
        return rf"(?:(?:{digits}){point}?|{point})|\d+{point}?[eE][+-]?\d{{1,3}}"

    return _Forms(form("."), form(","))


def _write_down(workplace: Bench, name: str, table: str, reading: Reading) -> None:
    """Write each different text of a field down with its number under each decimal sign."""
    parts = "['open', 's1', 'm1', 's2', 'open2', 'num', 'close2', 's3', 'm2', 's4', 'close']"
    flat = f"trim(translate({name}, {text(WIDE[0])}, {text(WIDE[1])}))"
    in_per_cent = "ends_with(flat, '%')" if name in PER_CENT else "false"
    bare = f"CASE WHEN {in_per_cent} THEN rtrim(flat, '% ') ELSE flat END"
    forms = _forms(reading, name)
    values = ", ".join(
        f"{_value(form, sign)} AS as_{READ_AS[sign]}" for form, sign in zip(forms, (".", ","), strict=True)
    )
    workplace.run(f"""
        CREATE OR REPLACE TABLE {quoted(table)} AS
        WITH texts AS (SELECT {name} AS text, {flat} AS flat, count(*) AS n FROM read
                       WHERE {name} IS NOT NULL GROUP BY ALL),
        parts AS (SELECT text, n, {in_per_cent} AS in_per_cent,
                         regexp_extract({bare}, {text(PARTS)}, {parts}) AS p FROM texts),
        whole AS (SELECT text, n, in_per_cent, p.num AS num, p.m1 || p.m2 AS mark,
                         length(p.s1 || p.s2 || p.s3 || p.s4) AS signs, p.open || p.open2 AS opened,
                         p.close || p.close2 AS closed,
                         contains(p.s1 || p.s2 || p.s3 || p.s4, '-') AS minus,
                         p.m1 = '' OR p.m2 = '' AS one_mark FROM parts),
        fit AS (SELECT *, CASE WHEN minus OR opened <> '' THEN -1 ELSE 1 END AS side,
                       num <> '' AND one_mark AND length(opened) <= 1 AND length(opened) = length(closed)
                       AND signs <= 1 - length(opened) AS fits FROM whole)
        SELECT text, n, num, in_per_cent, CASE WHEN fits THEN mark ELSE '' END AS mark, {values},
            coalesce(as_point, as_comma) AS value FROM fit""")


def _value(form: str | None, sign: str) -> str:
    """Return the SQL of a number under a decimal sign, null where it has another form or is too large."""
    if form is None:
        return "NULL::DOUBLE"
    other = "," if sign == "." else "."
    digits = f"replace(translate(num, {text(other + ' ' + chr(39))}, ''), {text(sign)}, '.')"
    number = f"try_cast({digits} AS DOUBLE)"
    fits = f"fits AND regexp_full_match(num, {text(form)}) AND {number} < {LARGEST}"
    return f"CASE WHEN {fits} THEN side * {number} END"


def _decided(counts: dict[str, Any], decimal: str | None) -> str:
    """Return the decimal sign that was said or that the values prove, 'open' or 'contradiction'.

    What was said is not enough where all values have three digits after that sign: it may be mistaken.
    """
    point, comma = counts["only_point"], counts["only_comma"]
    if decimal is not None:
        proof, doubtful = (point, "open_points") if decimal == "." else (comma, "open_commas")
        return "open" if counts[doubtful] and not proof else decimal
    if point and comma:
        return "contradiction"
    if point and counts["open_points"] < RARE * point:
        return "."
    if comma and counts["open_commas"] < RARE * comma:
        return ","
    return "open" if counts["open_points"] or counts["open_commas"] else "."


def _question(workplace: Bench, name: str, table: str) -> Fault:
    """Return the fault of a column that can be read in two ways, with both readings of a value."""
    row = workplace.row(
        f"SELECT num, as_point, as_comma FROM read JOIN {quoted(table)} AS t ON read.{name} = t.text "
        "WHERE as_point <> as_comma ORDER BY number LIMIT 1"
    )
    sign = "." if "." in row["num"] else ","
    few, many = sorted((abs(row["as_point"]), abs(row["as_comma"])))
    what = (
        f"can be read in two ways ('{row['num']}' is {many:.12g} or {few:.12g}): say which, "
        f"--thousands {name}={sign} (thousands: {many:.12g}) or "
        f"--thousands {name}=none (decimals: {few:.12g})"
    )
    return seen(workplace, what, name, _with(name, table, "as_point <> as_comma"))


def _contradiction(workplace: Bench, name: str, table: str, counts: dict[str, Any]) -> Fault:
    """Return the fault of the fewer values, whose decimal sign is not the one of the others."""
    fewer, others = ("point", "comma") if counts["only_point"] < counts["only_comma"] else ("comma", "point")
    example = workplace.row(
        f"SELECT text FROM {quoted(table)} WHERE as_{others} IS NOT NULL AND as_{fewer} IS NULL "
        "ORDER BY n DESC, text LIMIT 1"
    )["text"]
    what = (
        f"contradicts the decimal sign of other lines, such as '{example}' (one sign is read in all lines: "
        f"mend the fewer, or say --decimal {name}=.)"
    )
    where = f"as_{fewer} IS NOT NULL AND as_{others} IS NULL"
    return seen(workplace, what, name, _with(name, table, where))


def _several_currencies(workplace: Bench, name: str, table: str) -> list[Fault]:
    """Return the fault of a column with signs of several currencies."""
    found = workplace.run(
        f"SELECT mark, sum(n) FROM {quoted(table)} WHERE mark <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    if len(found) < 2:
        return []
    marks = ", ".join(f"'{mark}' in {int(n):,} lines" for mark, n in found)
    what = f"is of another currency than others ({marks}): bring amounts in one currency"
    return [seen(workplace, what, name, _with(name, table, f"mark NOT IN ('', {text(found[0][0])})"))]


def _some_without(workplace: Bench, name: str, table: str, counts: dict[str, Any]) -> Fault:
    """Return the fault of a column of which some values say their currency and others do not."""
    lines = f"{int(counts['bare']):,} line{'s' * (counts['bare'] != 1)}"
    what = (
        f"says its currency, '{counts['mark']}', and other amounts do not ({lines}): if all are in one "
        "currency, say which, such as --currency EUR"
    )
    return seen(workplace, what, name, _with(name, table, "mark <> ''"))


def _with(name: str, table: str, condition: str) -> str:
    """Return the condition on lines whose text has a property."""
    return f"{name} IN (SELECT text FROM {quoted(table)} WHERE {condition})"


def _what(workplace: Bench, table: str, decimal: str | None, *, whole: bool) -> str:
    """Return what is wrong with the texts that are no numbers, and the option that may help with all."""
    what = "a whole number" if whole else f"a plain number like 1234{decimal or '.'}56"
    if decimal is None:
        return f"is not {what}"
    other = "," if decimal == "." else "."
    ((every,),) = workplace.run(
        rf"SELECT bool_and(regexp_full_match(num, '\d+\{other}\d+')) FROM {quoted(table)} "
        f"WHERE as_{READ_AS[decimal]} IS NULL"
    )
    return f"is not {what}" + (f" (if '{other}' is the decimal sign: --decimal {other})" if every else "")


def _said(name: str, sign: str, counts: dict[str, Any]) -> str:
    """Return in words how a column was read that is not plain, or nothing."""
    other = "," if sign == "." else "."
    there = counts["commas" if sign == "," else "points"], counts["points" if sign == "," else "commas"]
    words = [f"'{sign}' as decimal sign"] * bool(there[0] and (there[1] or sign == ","))
    words += [f"'{other}' as sign of thousands"] * bool(there[1])
    words += ["blanks or apostrophes as signs of thousands"] * bool(counts["blanks"])
    words += [f"'{counts['mark']}' taken off"] * bool(counts["mark"])
    return f"{name}: {', '.join(words)}" if words else ""
