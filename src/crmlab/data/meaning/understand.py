"""From typed lines to lines that mean what their shop meant: the rules in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from crmlab.data.bench import Bench
from crmlab.data.meaning import (
    currencies,
    discounts,
    fees,
    ids,
    nobody,
    own_totals,
    refunds,
    repeated,
    signs,
    statuses,
    summaries,
    totals,
)
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import Lines, Told


class Understood(NamedTuple):
    """The lines, their currency, and whether any of them may take money off."""

    lines: Lines
    currency: str
    takes_off: bool


def understand(
    workplace: Bench,
    fields: Sequence[str],
    columns: Mapping[str, str],
    asked: Meaning,
    *,
    announced: str = "",
) -> Understood:
    """Return the lines of the step `typed` as they are meant.

    columns: {field: column of the file}. announced: a step with the totals of all orders, where another
    file has them. The lines are looked at once; a rule that then has nothing to do makes no step.

    Raises Refused (a DataError) where the file does not decide what it means, UsageError for an answer to
    what nobody asked.
    """
    lines = Lines(workplace, "typed", tuple(fields), columns)
    seen = _seen(lines)
    goods = summaries.put_aside(lines, seen)
    seen = seen if goods.step == lines.step else _seen(goods)
    lines = ids.one_spelling(goods, seen)
    lines = totals.settled(lines, seen, asked)
    lines, currency = currencies.in_one_currency(lines, asked)
    lines = signs.held_together(signs.by_kind(lines), seen)
    lines = discounts.discounted(lines, asked)
    lines = fees.apart(lines, asked)
    lines = own_totals.checked(lines, announced=announced)
    lines = discounts.refunded(lines, asked)
    lines = statuses.by_status(lines, asked)
    lines = ids.noticed(lines)
    lines = nobody.anonymous(lines, seen, asked)
    return Understood(lines, currency, takes_off=signs.take_off(seen) or lines.has("role"))


def _seen(lines: Lines) -> dict[str, Any]:
    """Return what one look at all lines shows: whether a rule has anything to do."""
    asked = ids.asked(lines) | nobody.asked() | summaries.asked(lines)
    return lines.row(asked | totals.asked(lines) | signs.asked(lines))


def after_marking(lines: Lines, *, takes_off: bool) -> tuple[str, list[Told]]:
    """Return the step of the marked lines whose money off found its orders, and what was told.

    takes_off: whether any line may take money off.
    """
    step, told = repeated.told_apart(lines, "marked")
    if not takes_off:
        return step, told
    role = "role" if lines.has("role") else lines.role
    step, more = refunds.settled(lines.workplace, step, role, repeated.left_out(lines))
    return step, told + more
