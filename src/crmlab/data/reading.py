"""What a user says about how a file is to be read; what is not said the file itself must decide."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from crmlab.errors import UsageError, did_you_mean

DECIMALS: Final = (".", ",")
THOUSANDS: Final = (",", ".", "'", " ", "none")
EVERY: Final = ""
"""Stands for all fields where an option may name one."""


@dataclass(frozen=True)
class Reading:
    """The answers to what a file may leave open; None and empty where nothing was said.

    encoding: of delimited text ('cp1252'). separator: between its columns. header: whether column names stand
    above the values; names: the column names where they do not (else '1', '2', ...); header_line: the line
    (from 1) that names the columns. sheet: of a workbook. query: of a database file. decimal, thousands,
    date_format: {field, or '' for all: answer}. timezone: of the shop ('Europe/Berlin'), whose local time is
    kept. time: the column that holds the time of day, where the date has one of its own. since, until: the
    first and the last day (inclusive); what lies outside is put aside and counted. currency: of all
    amounts, also those without a sign.
    """

    encoding: str | None = None
    separator: str | None = None
    header: bool = True
    names: tuple[str, ...] = ()
    header_line: int | None = None
    sheet: str | None = None
    query: str | None = None
    decimal: Mapping[str, str] = field(default_factory=dict)
    thousands: Mapping[str, str] = field(default_factory=dict)
    date_format: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    time: str | None = None
    since: str | None = None
    until: str | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        """Refuse what no file could be read by."""
        _among("--decimal", self.decimal, DECIMALS, "neither . nor ,")
        _among("--thousands", self.thousands, THOUSANDS, "none of , . ' none and a blank")
        for where, sign in self.decimal.items():
            if sign == self.thousands.get(where, self.thousands.get(EVERY)):
                raise UsageError(f"--decimal and --thousands are both '{sign}'")
        if self.timezone is not None and self.timezone not in zoneinfo.available_timezones():
            known = zoneinfo.available_timezones()
            raise UsageError(
                f"--timezone '{self.timezone}' is not known." + did_you_mean(self.timezone, known)
            )
        for option, day in (("--since", self.since), ("--until", self.until)):
            _check_day(option, day)
        if self.separator is not None and len(self.separator) != 1:
            raise UsageError(f"--separator '{self.separator}' is not one character (a tab is $'\\t')")
        if self.header_line is not None and self.header_line < 1:
            raise UsageError(f"--header-line {self.header_line}: lines are counted from 1")


def said_of(answers: Mapping[str, str], name: str) -> str | None:
    """Return what was answered for a field, or for all."""
    return answers.get(name, answers.get(EVERY))


def _among(option: str, answers: Mapping[str, str], allowed: tuple[str, ...], words: str) -> None:
    """Refuse an answer that is not allowed."""
    for sign in answers.values():
        if sign not in allowed:
            raise UsageError(f"{option} '{sign}' is {words}")


def _check_day(option: str, day: str | None) -> None:
    """Refuse what is not a day."""
    try:
        dt.date.fromisoformat(day or "2000-01-01")
    except ValueError:
        raise UsageError(f"{option} '{day}' is not a day like 2024-12-31") from None


NOTHING_SAID: Final = Reading()
