"""Prices: what a task's contacts, offers and margins cost and bring, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from crmlab.errors import NotApplicable

MARGIN_SHARE = "margin_share"


@dataclass(frozen=True)
class Prices(Mapping[str, float]):
    """The economics of a task, a mapping of names to numbers.

    declared: as params.yaml has them. measured_margin: the share of revenue that the shop's own costs leave;
    where it is known it is `margin_share`, in place of the declared one.
    """

    declared: Mapping[str, float]
    measured_margin: float | None = None

    def __getitem__(self, name: str) -> float:
        """Return a price; the measured margin goes before the declared one."""
        if name == MARGIN_SHARE and self.measured_margin is not None:
            return self.measured_margin
        return self.declared[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the declared prices."""
        return iter(self.declared)

    def __len__(self) -> int:
        """Return how many prices are declared."""
        return len(self.declared)

    @property
    def accept_rate(self) -> float:
        """The share of those asked who accept: as declared, else the mean of its beta, else all of them."""
        if {"accept_alpha", "accept_beta"} <= set(self.declared):
            return self["accept_alpha"] / (self["accept_alpha"] + self["accept_beta"])
        return self.get("accept_rate", 1.0)

    def budget(self, people: int) -> float:
        """Return what contacts among so many may cost: the shop's own budget, else that by 1,000 people."""
        return self["budget"] if "budget" in self else self["budget_per_1000"] * people / 1000

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of the names that have no price, in order."""
        return [name for name in names if name not in self.declared]

    def need(self, names: Iterable[str], *, why: str) -> None:
        """Raise NotApplicable for the first name without a price. why: what is not known without it."""
        for name in self.missing(names):
            raise NotApplicable(f"the task names no {name}: {why}")

    def at_margin(self, share: float | None) -> Prices:
        """Return the prices at a measured margin (a share of revenue); unchanged where it is None."""
        return self if share is None else replace(self, measured_margin=share)
