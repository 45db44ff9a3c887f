"""A user's own table of rows with an outcome: numbers are numbers, each customer's rows stay together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from crmlab import store
from crmlab.data import own_prices, schemas
from crmlab.data.bench import Bench, bench
from crmlab.data.own_data import DESCRIBES, keep_out_of_git
from crmlab.data.own_names import LICENCE, check_name
from crmlab.data.own_prices import NO_PRICES, OwnPrices
from crmlab.data.own_tables.casting import NUMBER, Read, read
from crmlab.data.own_tables.words import FLAGS, plain
from crmlab.data.reading import NOTHING_SAID, Reading, said_of
from crmlab.data.tables import canonical, facts, identity, publishing
from crmlab.declare.dataset import Dataset
from crmlab.declare.table import TEXT, TIME
from crmlab.errors import USAGE, DataError, UsageError, did_you_mean

NOTHING: Final = ("na", "n/a", "nan", "null", "none", "-", "?", ".", "#n/a", "missing", "unknown")
"""Words that stand for no value in a column of numbers."""

MOSTLY: Final = 0.9
"""With so large a share of numbers a column is meant to hold numbers, and the others are slips."""

OUTCOMES: Final = 2
FEW: Final = 20
COMPACT_DATES: Final = (19_000_101, 21_001_231)
"""Whole numbers that are dates, written without dashes."""

MOST_COLUMNS: Final = 5000
CLUSTER: Final = "cluster"
"""The column that keeps the rows of a customer together."""


@dataclass(frozen=True)
class Asked:
    """Which column is what: the outcome (1 = it happened), whose row it is, and the order in time."""

    outcome: str
    customer: str | None = None
    period: str | None = None
    positive: str | None = None
    text: tuple[str, ...] = ()


def from_labelled(
    name: str, given: Any, asked: Asked, *, reading: Reading = NOTHING_SAID, prices: OwnPrices = NO_PRICES
) -> list[str]:
    """Make the table `labelled` of a user's own file or frame; return what a user should know, a line each.

    given: as of orders (crmlab.data.formats.opened). A column whose values are all numbers is one of numbers,
    words such as NA in it are missing and counted; any other column is text. Raises UsageError for a column
    that is not there, DataError for an outcome that is missing or has other than two values, and for a column
    of numbers with a few that are none, with lines.
    """
    check_name(name)
    with publishing(name) as published:
        said: list[str] = []
        with bench(published.folder) as workplace:
            source, frame = _texts(workplace, given, asked, reading)
            period = _period(published.folder, given, frame, asked.period, reading)
            rows = _rows(source, frame, asked, period, said)
            source.refuse()
        ready = canonical("labelled", schemas.check("labelled", rows, dataset=name))
        store.write_frame(published.folder / "labelled.parquet", ready)
        twice = int(frame.duplicated().sum())
        now, told = own_prices.renewed(name, prices)
        own_prices.write(published.folder, now)
        published.fingerprint.update(_fingerprint(name, ready, twice, now.currency))
        hidden = keep_out_of_git(*(place.format(name) for place in DESCRIBES))
    return _told(name, rows, asked, [*said, *told], twice, hidden)


def _texts(workplace: Bench, given: Any, asked: Asked, reading: Reading) -> tuple[Read, pd.DataFrame]:
    """Return a file, and all its columns as text under their own names."""
    fields: dict[str, str] = {}

    def choose(names: Sequence[str], called: str) -> Mapping[str, str]:
        """Take every column, under a name that SQL takes."""
        _check_columns(list(names), asked, called)
        fields.update({f"f{place}": name for place, name in enumerate(names)})
        return fields

    kinds = {f"f{place}": TEXT for place in range(MOST_COLUMNS)}
    source = read(workplace, given, choose, kinds, reading=reading)
    frame = source.frame.rename(columns=fields).astype("str")
    return source, frame.mask(frame.isin(["", "None", "nan"]) & source.frame.isna().to_numpy())


def _rows(
    source: Read, frame: pd.DataFrame, asked: Asked, period: pd.Series, said: list[str]
) -> pd.DataFrame:
    """Return the canonical rows of a file; what cannot be read is noted."""
    columns = {
        "row_id": pd.Series([f"{number:09d}" for number in range(1, len(frame) + 1)]),
        "outcome": _outcome(frame[asked.outcome], asked, source),
        "period": period,
    }
    if asked.customer:
        columns[CLUSTER] = _owner(frame[asked.customer], source)
    used = {asked.outcome, asked.customer, asked.period}
    further = {
        _own_name(column): _column(column, frame[column], asked, source, said)
        for column in frame
        if column not in used
    }
    return pd.DataFrame(columns | further)


def _fingerprint(name: str, ready: pa.Table, twice: int, currency: str) -> dict[str, Any]:
    """Return what is known of the rows without opening them."""
    missing = {c: ready[c].null_count for c in ready.column_names}
    made = facts(ready.schema, ready.num_rows, None, missing, store.digest(ready))
    declared = Dataset(
        label=f"{name} (your own data)",
        cite="Rows of your own",
        licence=LICENCE,
        homepage="Not published",
        currency=currency,
    )
    notes = {"rows_that_repeat_another": twice}
    return store.rounded({**identity(name, declared), "tables": {"labelled": made}, "notes": notes})


def _told(
    name: str, rows: pd.DataFrame, asked: Asked, said: list[str], twice: int, hidden: list[str]
) -> list[str]:
    """Return lines for the terminal."""
    ones = int(rows["outcome"].sum())
    columns = rows.drop(columns=["row_id", "outcome", "period", CLUSTER], errors="ignore")
    plain_numbers = [c for c in columns if pd.api.types.is_numeric_dtype(columns[c])]
    lines = [
        f"{name}: {len(rows):,} rows, outcome {asked.outcome}: {ones:,} of them 1 ({ones / len(rows):.1%})"
    ]
    lines += [f"  numbers: {', '.join(plain_numbers) or 'none'}"]
    lines += [f"  text: {', '.join(c for c in columns if c not in plain_numbers) or 'none'}", *said]
    if asked.customer:
        people = rows[CLUSTER].nunique()
        lines.append(f"  {people:,} customers: the rows of one are never divided between train and test")
    if twice:
        lines.append(f"  {twice:,} rows repeat another one in every column: counted, not removed")
    return lines + ([f"Kept out of git: {', '.join(hidden)}"] if hidden else [])


def _check_columns(names: list[str], asked: Asked, called: str) -> None:
    """Raise UsageError for a column that the file does not have."""
    options = {"--outcome": asked.outcome, "--customer": asked.customer, "--period": asked.period}
    for option, column in (*options.items(), *(("--text", column) for column in asked.text)):
        if column is not None and column not in names:
            near = did_you_mean(column, names)
            raise UsageError(f"{option}: {called} has no column '{column}'.{near}")


def _outcome(values: pd.Series, asked: Asked, source: Read) -> pd.Series:
    """Return the outcome as 0 and 1. Raises DataError where it has other than two values."""
    source.note(asked.outcome, "is empty", values.isna())
    words = values.dropna().unique().tolist()
    known: Mapping[str, Any] = {w: FLAGS.get(plain(w)) for w in words}
    if asked.positive is not None and asked.positive in words:
        known = {w: w == asked.positive for w in words}
    if (
        len(words) != OUTCOMES
        or any(v is None for v in known.values())
        or len(set(known.values())) != OUTCOMES
    ):
        shown = ", ".join(f"'{w}'" for w in words[:5])
        raise DataError(
            f"{source.name}: {asked.outcome} has {len(words)} values ({shown}): an outcome has two. "
            "Where they are words of your own, say which means 1: --positive WORD",
            exit_code=USAGE,
        )
    return values.map(known).astype("float64").astype("Int64")


def _period(folder: Path, given: Any, frame: pd.DataFrame, column: str | None, reading: Reading) -> pd.Series:
    """Return the order in time: whole numbers as they are, dates as days since 1970-01-01; null without."""
    if column is None:
        return pd.Series(pd.NA, index=frame.index, dtype="Int64")
    whole = numbers(frame[column], form=r"[+-]?\d{1,15}")
    if whole.notna().all() and not whole.between(*COMPACT_DATES).all():
        return whole.astype("Int64")
    with bench(folder) as workplace:
        made = read(
            workplace,
            given,
            lambda *_: {"period": column},
            {"period": TIME},
            reading=reading,
            required=["period"],
        )
        made.refuse()
    return ((made.frame["period"] - pd.Timestamp(0)) // pd.Timedelta(days=1)).astype("Int64")


def numbers(values: pd.Series, *, decimal: str = ".", form: str = NUMBER) -> pd.Series:
    """Return texts of a form as float64, null for anything else."""
    pattern = form.replace(r"\.", re.escape(decimal))
    fits = values.str.fullmatch(pattern).fillna(False).astype(bool)
    return pd.to_numeric(values.where(fits).str.replace(decimal, ".", regex=False)).astype("float64")


def _owner(values: pd.Series, source: Read) -> pd.Series:
    """Return whose each row is; a row of nobody is noted."""
    source.note(str(values.name), "is empty: each row needs its customer", values.isna())
    return values


def _own_name(column: str) -> str:
    """Return a column's name, another one where the table has it for something else."""
    taken = ("row_id", "outcome", "period", "treatment", CLUSTER, "customer", "origin")
    return f"{column}_" if column in taken else column


def _column(column: str, values: pd.Series, asked: Asked, source: Read, said: list[str]) -> pd.Series:
    """Return a column as numbers where it holds numbers, else as text."""
    known = values.dropna()
    stands_for_none = known.str.lower().isin(NOTHING)
    rest = known[~stands_for_none]
    if column in asked.text or not len(rest) or _is_code(rest):
        return values
    found = numbers(values, decimal=said_of(source.reading.decimal, column) or ".")
    slips = values.notna() & found.isna() & ~values.str.lower().isin(NOTHING).fillna(False).astype(bool)
    share = 1 - slips.sum() / len(rest)
    if share < MOSTLY:
        return values
    source.note(column, f"is no number among numbers: mend it, or say --text '{column}'", slips, values)
    if len(values) > FEW and _names_rows(values):
        said.append(f"  {column}: another whole number in every row: taken as an id, not as a number")
        return values
    if stands_for_none.any():
        word, count = known[stands_for_none].iloc[0], int(stands_for_none.sum())
        said.append(f"  {column}: {count:,} words such as '{word}' are missing values")
    return found


def _names_rows(values: pd.Series) -> bool:
    """Tell whether a column numbers its rows: whole, there in every row, and none of them twice."""
    return bool(values.notna().all() and values.is_unique and values.str.fullmatch(r"\d+").all())


def _is_code(values: pd.Series) -> bool:
    """Tell whether digits are a code: a zero leads some of them ('007')."""
    return bool(values.str.fullmatch(r"0\d+").any())
