"""What the verb `tables` asks of a user's own files: which go together, which column is of which, prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from crmlab.errors import UsageError, did_you_mean

FURTHER: Final = (
    *("customers", "products", "assortment", "sessions", "events", "contacts", "tickets"),
    *("memberships", "fulfilment", "reviews", "consents"),
)
"""Tables that a shop can bring beside its orders."""

NO_OPTIONS: Final[Mapping[str, Any]] = {}

Margin = Annotated[
    float | None, typer.Option(help="Of your own shop: the margin, a share of the revenue: .35.")
]
ContactCost = Annotated[
    float | None, typer.Option(help="Of your own shop: what one contact costs, in its currency: .8.")
]
Budget = Annotated[
    float | None, typer.Option(help="Of your own shop: what the contacts of a list may cost in all: 2000.")
]


def check(
    *,
    orders: str | None,
    labelled: str | None,
    outcome: str | None,
    further: Mapping[str, str],
    prices: Mapping[str, float | None] = NO_OPTIONS,
) -> None:
    """Raise UsageError for files that do not go together. prices: {option: value} of those of the shop."""
    said = [option for option, value in prices.items() if value is not None]
    if said and orders is None and labelled is None:
        raise UsageError(f"{said[0]} goes with --orders FILE (or --labelled FILE): it is of your own shop")
    if labelled is not None and (orders is not None or further):
        raise UsageError(
            "--labelled stands alone: rows with an outcome are a data set of their own, by another name"
        )
    if (labelled is None) != (outcome is None):
        raise UsageError("--labelled FILE and --outcome COLUMN go together")
    if further and orders is None:
        first = next(iter(further))
        raise UsageError(
            f"--{first} needs --orders FILE: all tables of a shop are read and replaced together"
        )


def divided(pairs: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return which columns are meant of the orders, and of each further table ('events.customer=uid').

    Raises UsageError for a table that there is none of.
    """
    orders = {ours: theirs for ours, theirs in pairs.items() if "." not in ours}
    others: dict[str, dict[str, str]] = {}
    for ours, theirs in pairs.items():
        table, dot, field = ours.partition(".")
        if dot and table not in FURTHER:
            raise UsageError(f"--column: there is no table '{table}'.{did_you_mean(table, FURTHER)}")
        if dot:
            others.setdefault(table, {})[field] = theirs
    return orders, others
