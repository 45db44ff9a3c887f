"""An action: one list of people and what to do for them, as its file declares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Listing(Protocol):
    """What an action makes: one row per customer, with words for readers.

    table: the list, best first. Where they apply, its columns are `customer`, `score`, `probability`,
    `value` and `expected_profit` (currency), `contact` (a word of `crmlab.actions.CONTACTS`) and `reason_1`
    to `reason_3`. further: other tables that go with it, by file name. sentences: what the list says.
    """

    table: Any
    further: Mapping[str, Any]
    sentences: tuple[str, ...]

    def head(self, count: int = 15) -> Any:
        """Return the top of the list for readers."""


@dataclass(frozen=True)
class Action:
    """One list of people.

    label: for readers. tasks: whose comparisons it serves. prices:
    those of the task's economics without which it cannot be made.

    make(comparison, reasoned=...): the Listing of the last window. reasoned: how many from the top are given
    reasons. Raises NotApplicable where there is no list, with the reason.

    An action that also decides for new customers has both of these. facts(comparison, method): plain JSON
    that travels with the registered model of a method; with `segments`, the name of each segment, a served
    model answers with names. Raises NotApplicable where that model decides nothing.
    answered(answers, rows, facts, model): the answers of the fitted `model` for new `rows`, turned into
    decisions.
    """

    label: str
    tasks: tuple[str, ...]
    make: Callable[..., Listing]
    prices: tuple[str, ...] = ()
    facts: Callable[..., dict[str, Any]] | None = None
    answered: Callable[..., Any] | None = None
