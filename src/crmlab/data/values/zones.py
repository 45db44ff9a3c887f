"""Times with offsets and without: kept as the local time of the shop, and never mixed in silence."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from crmlab.data.bench import Bench, quoted, text
from crmlab.data.faults import Fault, seen
from crmlab.data.reading import Reading

WAY: Final = "say the shop's time zone, such as --timezone Europe/Berlin"


class Decided(NamedTuple):
    """The SQL of local time ({t}: the table of texts), why there is none, and what a user should know."""

    sql: str = "{t}.wall"
    faults: tuple[Fault, ...] = ()
    said: tuple[str, ...] = ()


def decided(workplace: Bench, name: str, table: str, reading: Reading) -> Decided:
    """Return how the zones of a column are read.

    Times without a zone are the shop's local time. With `--timezone` all others become local time of that
    zone. Without it times keep the local time they state where all are in UTC, or where their offsets are of
    one place (one, or two an hour apart that change with the season); everything else is refused.
    """
    found = workplace.row(f"""
        SELECT count(*) FILTER (zone IS NULL) AS naive, count(zone) AS aware, min(zone) AS low,
            max(zone) AS high, count(DISTINCT zone) AS zones FROM {quoted(table)} WHERE wall IS NOT NULL""")
    if reading.timezone:
        return _in_zone(workplace, name, table, reading.timezone, found)
    if not found["aware"]:
        return Decided()
    if found["naive"]:
        what = f"has no time zone, and others have ({_shown(found['low'])}): {WAY}"
        return Decided(faults=(_fault(workplace, what, name, table, "zone IS NULL"),))
    if not _is_one_place(workplace, table, found):
        what = (
            f"is in another time zone than others ({_shown(found['low'])} to {_shown(found['high'])}): {WAY}"
        )
        return Decided(faults=(_fault(workplace, what, name, table, f"zone <> {found['low']}"),))
    return Decided(said=(_kept(name, found),))


def _kept(name: str, found: dict[str, Any]) -> str:
    """Return in words that the times are kept as they are stated."""
    if found["low"] == found["high"] == 0:
        return f"{name}: in UTC, and kept so: days begin at midnight UTC (otherwise {WAY})"
    zones = _shown(found["low"]) + (f" and {_shown(found['high'])}" if found["zones"] > 1 else "")
    return f"{name}: with offsets ({zones}); the local time that is stated is kept ({WAY} for another)"


def _is_one_place(workplace: Bench, table: str, found: dict[str, Any]) -> bool:
    """Tell whether the offsets are those of one place: they change by an hour, and twice a year at most."""
    if found["zones"] == 1:
        return True
    if found["zones"] > 2 or found["high"] - found["low"] != 60:
        return False
    row = workplace.row(f"""
        WITH ordered AS (SELECT wall, zone, lag(zone) OVER (ORDER BY wall - to_minutes(zone)) AS before
                         FROM {quoted(table)} WHERE wall IS NOT NULL)
        SELECT count(*) FILTER (zone <> before) AS changes, max(year(wall)) - min(year(wall)) + 1 AS years
        FROM ordered""")
    return bool(row["changes"] <= 2 * row["years"])


def _in_zone(workplace: Bench, name: str, table: str, zone: str, found: dict[str, Any]) -> Decided:
    """Return how times become the local time of a zone."""
    there = "timezone({zone}, timezone('UTC', {wall} - to_minutes({ahead})))"
    # a time that a clock never showed comes back as another
    never = f"zone IS NULL AND timezone({text(zone)}, timezone({text(zone)}, wall)) <> wall"
    if found["naive"] and workplace.row(f"SELECT count(*) AS n FROM {quoted(table)} WHERE {never}")["n"]:
        what = f"is in the hour that the clock skips in {zone}: is that their zone? Give another --timezone"
        return Decided(faults=(_fault(workplace, what, name, table, never),))
    local = there.format(zone=text(zone), wall="{t}.wall", ahead="{t}.zone")
    said = (f"{name}: offsets became the local time of {zone}",) if found["aware"] else ()
    return Decided(f"CASE WHEN {{t}}.zone IS NULL THEN {{t}}.wall ELSE {local} END", said=said)


def _fault(workplace: Bench, what: str, name: str, table: str, condition: str) -> Fault:
    """Return the fault of the lines whose text has a property."""
    texts = f"SELECT text FROM {quoted(table)} WHERE wall IS NOT NULL AND {condition}"
    return seen(workplace, what, name, f"{name} IN ({texts})")


def _shown(minutes: int) -> str:
    """Return an offset as text: '+01:00'."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
