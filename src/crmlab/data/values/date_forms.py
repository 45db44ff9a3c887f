"""The forms of written times, as regular expressions, and the SQL that makes a time of each."""

from __future__ import annotations

from typing import Final

from crmlab.data.bench import text

HOUR: Final = r"(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}(?:[.,]\d{1,9})?"
OFFSET: Final = r" ?(?:Z|z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
LATER: Final = rf"(?:(?:,? |T){HOUR}(?: ?[AaPp]\.?[Mm]\.?)?(?:{OFFSET})?)?"
"""A time of day that may follow a date, with or without a zone."""

MONTHS: Final = {
    1: "jan(?:uary|uar|vier|\\.)?|ene(?:ro)?|gen(?:naio)?|janv\\.?|januari|janeiro",
    2: "feb(?:ruary|ruar|rero|braio|ruari|\\.)?|f[ée]v(?:rier|r\\.|\\.|ereiro)?",
    3: "mar(?:ch|s|zo|\\.)?|m[äa]r(?:z|\\.)?|maart|mrt\\.?|março",
    4: "apr(?:il|ile|\\.)?|avr(?:il|\\.)?|abr(?:il)?",
    5: "may|mai|mayo|maggio|mag|mei|maio",
    6: "june?|jun(?:i|io|ho|\\.)|juin|giu(?:gno)?",
    7: "july?|jul(?:i|io|ho|\\.)|juil(?:let|\\.)?|lug(?:lio)?",
    8: "aug(?:ust|ustus|\\.)?|août|ago(?:sto)?",
    9: "sept?(?:ember|embre|iembre|\\.)?|set(?:tembre|embro)?",
    10: "o[ck]t(?:ober|obre|\\.)?|ott(?:obre)?|outubro|out",
    11: "nov(?:ember|embre|iembre|embro|\\.)?",
    12: "de[cz](?:ember|embre|iembre|embro|\\.)?|déc(?:embre|\\.)?|dic(?:iembre|embre)?",
}
"""How months are called in English, German, French, Spanish, Italian, Dutch and Portuguese."""
MONTH: Final = f"(?i:{'|'.join(MONTHS.values())})"
WEEKDAY: Final = r"(?:[[:alpha:]]{2,10}\.?,? )?"

YEAR_FIRST: Final = r"\d{4}(?:-\d{1,2}-|/\d{1,2}/|\.\d{1,2}\.|年\d{1,2}月)\d{1,2}日?"
YEAR_LAST: Final = r"\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)\d{4}"
SHORT_YEAR: Final = r"\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)\d{2}"
DAY_MONTH: Final = (
    rf"{WEEKDAY}\d{{1,2}}(?:st|nd|rd|th|\.)?[ -]?(?:de |of )?{MONTH}(?:,? |-|\. ?| de )(?:\d{{4}}|\d{{2}})"
)
MONTH_DAY: Final = rf"{WEEKDAY}{MONTH}[ -]\d{{1,2}}(?:st|nd|rd|th)?(?:,? |-)\d{{4}}"
YEAR_MONTH_DAY: Final = rf"\d{{4}}[ -]{MONTH}[ -]\d{{1,2}}"

DAY: Final = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
MONTH_ONLY: Final = "month"
ZERO: Final = "zero"

FORMS: Final = {
    ZERO: rf"(?:0000|0001|1900|9999)-(?:00|01|12)-(?:00|01|31){LATER}"
    rf"|(?:1899-12-3[01]|1970-01-01|1969-12-31){LATER}"
    r"|0+|0?1/0?1/(?:1900|0001|1970)(?: .*)?|01\.01\.(?:1900|0001|1970)(?: .*)?|00/00/0000.*",
    "iso": rf"(?:{YEAR_FIRST}|{DAY}){LATER}",
    "compact": rf"{DAY}T?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?:{OFFSET})?",
    "last": YEAR_LAST + LATER,
    "short": SHORT_YEAR + LATER,
    "day_month": DAY_MONTH + LATER,
    "month_day": MONTH_DAY + LATER,
    "year_month_day": YEAR_MONTH_DAY + LATER,
    # spreadsheets count 1990 to 2060 so; Unix days of these years are smaller
    "serial": r"(?:3[3-9]|4\d|5[0-7])\d{3}(?:[.,]\d+)?",
    # 1990 to 2033, which no written day of these lengths is
    "seconds": r"(?:[6-9]\d{8}|1\d{9})(?:\.\d+)?",
    "milliseconds": r"(?:[6-9]\d{11}|1\d{12})",
    "microseconds": r"(?:[6-9]\d{14}|1\d{15})",
    MONTH_ONLY: r"(?:19|20)\d\d(?:[-/.](?:0?[1-9]|1[0-2])|0[1-9]|1[0-2])?"
    rf"|(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d|{MONTH}[ .-]?(?:\d{{4}}|\d\d)",
}
"""The forms of written times, the first that fits."""

FAMILIES: Final = """CASE WHEN kind IN ('iso', 'compact') THEN 'iso'
    WHEN kind IN ('day_month', 'month_day', 'year_month_day') THEN 'named' ELSE kind END"""
"""Which forms may stand side by side in one column."""

_CLOCK_AT: Final = rf"(?:,? |T)({HOUR})(?: ?([AaPp])\.?[Mm]\.?)?(?:{OFFSET})?$"
CLOCKED: Final = rf"""
    SELECT *, coalesce(nullif(regexp_replace(replace(clock.hour, ',', '.'), '(\.\d{{6}})\d+$', '\1'), ''),
            '00:00') AS hour,
        lower(clock.half) AS half, regexp_extract(clock.hour, '^\d+') AS on_twelve
    FROM (SELECT *, regexp_extract(text, {text(_CLOCK_AT)}, ['hour', 'half']) AS clock FROM some_texts)"""
"""The texts with their time of day in parts."""


def clocked(date: str) -> str:
    """Return the SQL of a time from that of its date as ISO text, beside the parts of its time of day."""
    return f"""CASE WHEN half = '' OR on_twelve::INT BETWEEN 1 AND 12 THEN
        try_cast(({date}) || ' ' || hour AS TIMESTAMP) + CASE
            WHEN half = 'a' AND on_twelve = '12' THEN INTERVAL '-12 hours'
            WHEN half = 'p' AND on_twelve <> '12' THEN INTERVAL '12 hours' ELSE INTERVAL '0 hours' END END"""


def _month_number() -> str:
    """Return the SQL of a named month's number."""
    found = f"regexp_extract(text, '(?:^|[^[:alpha:]])({MONTH})(?:[^[:alpha:]]|$)', 1)"
    cases = " ".join(
        f"WHEN regexp_full_match({found}, '(?i:{words})') THEN '{n}'" for n, words in MONTHS.items()
    )
    return f"CASE {cases} END"


def _named(day: str, year: str) -> str:
    """Return the SQL of the date of a named month."""
    y = f"regexp_extract(text, '{year}', 1)"
    century = f"CASE WHEN length({y}) = 4 THEN '' WHEN {y} < '70' THEN '20' ELSE '19' END"
    return f"({century}) || {y} || '-' || ({_month_number()}) || '-' || regexp_extract(text, '{day}', 1)"


_ISO_DATE: Final = (
    r"regexp_replace(regexp_extract(text, '^(\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2})', 1), "
    r"'^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})$', '\1-\2-\3')"
)
_COMPACT: Final = (
    r"regexp_replace(text, '^(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)?.*$', '\1-\2-\3 \4:\5:0\6')"
)
_SINCE_1970: Final = "make_timestamp({microseconds})"

WALLS: Final = {
    "iso": clocked(_ISO_DATE),
    "compact": rf"try_cast(regexp_replace({_COMPACT}, ':0(\d\d)$', ':\1') AS TIMESTAMP)",
    "day_month": clocked(_named(r"^[^\d]*(\d{1,2})", r"^[^\d]*\d{1,2}[^\d]+(\d{4}|\d{2})")),
    "month_day": clocked(_named(r"^[^\d]*(\d{1,2})", r"^[^\d]*\d{1,2}[^\d]+(\d{4})")),
    "year_month_day": clocked(_named(r"^\d{4}[^\d]+(\d{1,2})", r"^(\d{4})")),
    "serial": "TIMESTAMP '1899-12-30' + to_seconds(round(replace(text, ',', '.')::DOUBLE * 86400)::BIGINT)",
    "seconds": _SINCE_1970.format(microseconds="(text::DECIMAL(38, 6) * 1000000)::BIGINT"),
    "milliseconds": _SINCE_1970.format(microseconds="text::BIGINT * 1000"),
    "microseconds": _SINCE_1970.format(microseconds="text::BIGINT"),
}
"""The time on the wall of a text, by its form; null where there is no such day or hour."""

ZONE: Final = r"""CASE WHEN kind IN ('seconds', 'milliseconds', 'microseconds') THEN 0
    WHEN kind = 'serial' OR wall IS NULL THEN NULL
    WHEN regexp_matches(text, '\d ?(?:[AaPp]\.?[Mm]\.?)? ?(?:Z|z|UTC|GMT)$') THEN 0
    WHEN regexp_matches(text, '(?::\d\d(?:[.,]\d+)?|[Mm]\.?) ?[+-]\d\d(?::?\d\d)?$|^\d{12,14} ?[+-]\d\d') THEN
        CASE WHEN regexp_extract(text, '([+-])\d\d(?::?\d\d)?$', 1) = '-' THEN -1 ELSE 1 END
        * (regexp_extract(text, '[+-](\d\d)(?::?\d\d)?$', 1)::INT * 60
           + coalesce(nullif(regexp_extract(text, '[+-]\d\d:?(\d\d)$', 1), ''), '0')::INT) END"""
"""The minutes that a text says it is ahead of UTC; null where it says nothing."""
