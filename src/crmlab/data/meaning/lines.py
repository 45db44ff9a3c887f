"""Order lines on their way through the rules: the step that holds them, their fields, what was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Self

from crmlab.data.bench import NUMBER, Bench, Step, text
from crmlab.data.faults import SHOWN, Fault
from crmlab.errors import USAGE, DataError

CENT: Final = 0.005
"""Amounts closer than half a cent are equal."""

GOODS, FEE, DISCOUNT, REFUND, FEE_BACK = "goods", "fee", "discount", "refund", "fee refund"
"""What a line is: the field `role`; where there is none, every line is one of goods."""


class Told(NamedTuple):
    """What a rule did or noticed: on how many lines, how it moved the sum of amounts, what undoes it."""

    rule: str
    what: str
    lines: int
    change: float = 0.0
    option: str = ""
    of: str = "line"
    """What is counted."""


class Refused(DataError):
    """What lines mean cannot be told: the fields, what is wrong, and rows that show it."""

    def __init__(self, field: str, fault: Fault) -> None:
        super().__init__(fault.what, exit_code=USAGE)
        self.field, self.fault = field, fault


class Lines(NamedTuple):
    """The lines of a step of the bench and their fields beside the number."""

    workplace: Bench
    step: str
    fields: tuple[str, ...]
    columns: Mapping[str, str]
    """{field: column of the file}, for messages."""
    told: tuple[Told, ...] = ()

    @property
    def amount(self) -> str:
        """Return the SQL of a line's amount."""
        return "amount" if "amount" in self.fields else "quantity * unit_price"

    @property
    def role(self) -> str:
        """Return the SQL of what a line is."""
        return "role" if "role" in self.fields else text(GOODS)

    def has(self, *fields: str) -> bool:
        """Tell whether the lines have all of some fields."""
        return set(fields) <= set(self.fields)

    def named(self, field: str) -> str:
        """Return what the file calls a field."""
        return self.columns.get(field, field)

    def ask(self, where: str = "true") -> tuple[int, float]:
        """Return how many lines meet a condition, and the sum of their amounts."""
        ((count, money),) = self.workplace.run(
            f"SELECT count(*), coalesce(sum({self.amount}), 0) FROM {self.step} WHERE {where}"
        )
        return count, float(money)

    def row(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return aggregates of all lines, by name."""
        listed = ", ".join(f"{sql} AS {name}" for name, sql in asked.items())
        return self.workplace.row(f"SELECT {listed} FROM {self.step}")

    def then(
        self, step: str, new: Mapping[str, str] = {}, *, where: str = "", joined: str = "", kept: bool = False
    ) -> Self:
        """Do a step: the lines that meet a condition, with fields that are new or made anew."""
        fields = (*self.fields, *(f for f in new if f not in self.fields))
        listed = ", ".join(f"{new.get(f, 'l.' + f)} AS {f}" for f in (NUMBER, *fields))
        select = f"SELECT {listed} FROM {self.step} AS l {joined}" + (f" WHERE {where}" if where else "")
        # without a condition they are as many as before
        count = None if where or joined else self.workplace.counts.get(self.step)
        self.workplace.do(Step(step, select, kept=kept), lines=count)
        return self._replace(step=step, fields=fields)

    def more(self, step: str, select: str) -> Self:
        """Do a step: the lines, and further ones that a SELECT makes; what it leaves out is null."""
        both = f"SELECT * FROM {self.step} UNION ALL BY NAME {select}"
        self.workplace.do(Step(step, both, kept=True))
        return self._replace(step=step)

    def tell(self, *told: Told) -> Self:
        """Return the lines with more that was told; what concerns no line is not."""
        return self._replace(told=(*self.told, *(t for t in told if t.lines)))

    def refuse(self, field: str, what: str, where: str, *, step: str | None = None) -> Refused:
        """Return the refusal of lines for which a condition holds, with the first of them."""
        source = step or self.step
        listed = self.workplace.run(
            f"SELECT {NUMBER}, coalesce({field}::VARCHAR, '') FROM {source} WHERE {where} "
            f"ORDER BY {NUMBER} LIMIT {SHOWN}"
        )
        ((count,),) = self.workplace.run(f"SELECT count(*) FROM {source} WHERE {where}")
        rows = tuple(number - 1 for number, _ in listed)
        return Refused(field, Fault(what, listed[0][1] if listed else None, rows, count))


def among(field: str, words: Iterable[str]) -> str:
    """Return the condition that a text, whatever its case, is one of some words."""
    listed = ", ".join(text(word.lower()) for word in words)
    return f"lower({field}) IN ({listed})" if listed else "false"
