"""What a user says of the meaning of a file, where the file does not say it itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crmlab.errors import UsageError, did_you_mean

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "total": ("line", "order", "product"),
    "price": ("unit", "line"),
    "discount": ("money", "share", "percent", "included"),
    "refund": ("order", "line"),
    "duplicates": ("out", "keep"),
}
"""What the options with a few answers take."""

DECISIONS: Final = ("in", "out", "refunded")
"""What may become of the orders of a status."""


@dataclass(frozen=True)
class Meaning:
    """The answers to what a file leaves open; None and empty where the file decides or nothing is known.

    preset: the shop system that wrote the file. fees: columns of fees, or products that are fees. status:
    {status: in, out or refunded}. total: what the column of amounts holds: the amount of its line, the total
    of its order on every line, or nothing to go by (quantity times price counts). price: of one unit, or of
    the whole line. discount: money, a share (.2), per cent, or included in the amounts already. duplicates:
    whether lines equal to an earlier one stay out of spend. rates: a file `currency,rate[,date]`. currency:
    of the amounts. nobody, somebody: ids that stand for no customer, and ids that are one all the same.
    """

    preset: str | None = None
    fees: tuple[str, ...] = ()
    status: Mapping[str, str] = field(default_factory=dict)
    total: str | None = None
    price: str | None = None
    discount: str | None = None
    refund: str | None = None
    duplicates: str | None = None
    rates: Path | None = None
    currency: str = ""
    nobody: tuple[str, ...] = ()
    somebody: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for an answer that there is not."""
        for option, among in CHOICES.items():
            _check(f"--{option}", getattr(self, option) or among[0], among)
        for status, decision in self.status.items():
            _check(f"--status {status}", decision, DECISIONS)


def _check(option: str, given: str, among: tuple[str, ...]) -> None:
    """Raise UsageError for an answer that is not among those of an option."""
    if given not in among:
        raise UsageError(
            f"{option}: '{given}' is not one of {', '.join(among)}." + did_you_mean(given, among)
        )


NOTHING: Final = Meaning()
"""Nothing was said."""
