"""Typed lines become marked order lines by what they mean, and the table says what was put aside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crmlab import store
from crmlab.data.bench import Bench
from crmlab.data.cleaning import NO_RULES, mark
from crmlab.data.faults import Fault
from crmlab.data.meaning import put_aside
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import Lines, Refused
from crmlab.data.meaning.own_totals import FILE
from crmlab.data.meaning.own_totals import STEP as DIFFERING
from crmlab.data.meaning.understand import after_marking, understand
from crmlab.data.order_lines import complete
from crmlab.data.written import write_lines
from crmlab.errors import USAGE, DataError


class ReadAs(NamedTuple):
    """How the step `typed` was read: {field: column} of all its fields, and what the user says of them.

    names: all columns of the file. shown: {field: column} as a user is told. announced: a step with the
    totals of all orders, where another file has them. refuse: raises the DataError of faults by field.
    """

    columns: Mapping[str, str]
    meaning: Meaning
    names: Sequence[str]
    shown: Mapping[str, str]
    announced: str = ""
    refuse: Callable[[Mapping[str, list[Fault]]], None] | None = None

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Say of what cannot be told where it stands in the file."""
        try:
            yield
        except Refused as refused:
            if self.refuse is not None:
                self.refuse({refused.field: [refused.fault]})
            raise


class Meant(NamedTuple):
    """The written lines: their facts, flags, what was put aside, and their currency."""

    made: dict[str, Any]
    flags: dict[str, Any]
    meaning: dict[str, Any]
    currency: str


def write_meant(workplace: Bench, read_as: ReadAs, folder: Path, *, made_by: str) -> Meant:
    """Write the step `typed` as transactions into a folder, and return what came of them.

    Orders that do not add up to their own total are listed in a file beside the table. Raises as
    `understand`.
    """
    asked = read_as.meaning
    lines, currency, takes_off = understand(
        workplace, list(read_as.columns), read_as.columns, asked, announced=read_as.announced
    )
    _refuse_nothing(lines)
    mark(workplace, complete(lines, keep_duplicates=asked.duplicates == "keep"), NO_RULES)
    step, told = after_marking(lines, takes_off=takes_off)
    path = folder / "transactions.parquet"
    made = write_lines(workplace, path, made_by=made_by, step=step)
    kinds = put_aside.kinds_of_lines(path)
    meaning = put_aside.table([*lines.told, *told], kinds, workplace.counts["typed"])
    if workplace.counts.get(DIFFERING):
        _list_differing(workplace, folder / FILE)
    return Meant(made, put_aside.flags(kinds), meaning, currency)


def _refuse_nothing(lines: Lines) -> None:
    """Raise DataError where the rules leave no line, or no customer, and say what each of them took."""
    left = lines.row({"lines": "count(*)", "customers": "count(customer)"})
    if left["customers"]:
        return
    what = "no line is left" if not left["lines"] else "no line has a customer"
    took = "".join(
        f"\n  - {t.what}: {t.lines:,}" + (f" ({t.option})" if t.option else "") for t in lines.told
    )
    raise DataError(f"of {lines.workplace.counts['typed']:,} lines {what}:{took}", exit_code=USAGE)


def _list_differing(workplace: Bench, path: Path) -> None:
    """Write the orders that do not add up to their own total."""
    frame = workplace.connection.sql(f"SELECT * FROM {DIFFERING} ORDER BY order_id").df()
    with store.replacing(path) as part:
        frame.to_csv(part, index=False)
