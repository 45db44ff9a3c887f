"""What lists of people for a day take for granted: the hold-out, the cool-down, and how many come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crmlab.params.faults import Faults
from crmlab.params.ranges import LATEST, RATE, Range, check_ranges

KEYS: Final = {"hold_out_share": (int, float), "cool_down_days": int, "responses": dict}
RESPONSE_KEYS: Final = {"share": (int, float), "because": str}
ANSWERED: Final = ("win_back",)
"""The lists whose response may be declared."""

RANGES: Final = {
    "hold_out_share": LATEST,
    "cool_down_days": Range(lambda x: 0 <= x <= 3_650, "must be from 0 to 3,650 days"),
}


@dataclass(frozen=True)
class Response:
    """Which share of those asked does what they are asked for, and where that number comes from."""

    share: float = 0.0
    because: str = "nobody has measured or declared it"


@dataclass(frozen=True)
class Lists:
    """The section `lists` of params.yaml.

    hold_out_share: of those whom a list would contact, how many are left alone, at random. cool_down_days:
    how long nobody is contacted again. responses: by the name of the list.
    """

    hold_out_share: float = 0.1
    cool_down_days: int = 28
    responses: Mapping[str, Response] = field(default_factory=dict)

    def response(self, name: str) -> Response:
        """Return the response of a list: 0 where nobody has measured or declared it."""
        return self.responses.get(name, Response())


def check_lists(faults: Faults, part: Any) -> None:
    """Note everything wrong with the section."""
    if not faults.check("lists", part, KEYS, needed=set(KEYS)):
        return
    check_ranges(faults, "lists", part, RANGES)
    faults.names("lists.responses", list(part["responses"]), list(ANSWERED))
    for name, given in part["responses"].items():
        where = f"lists.responses.{name}"
        if faults.check(where, given, RESPONSE_KEYS, needed=set(RESPONSE_KEYS)):
            check_ranges(faults, where, given, {"share": RATE})


def lists_of(part: Mapping[str, Any]) -> Lists:
    """Return the checked section as a value."""
    responses = {name: Response(**given) for name, given in part["responses"].items()}
    return Lists(float(part["hold_out_share"]), part["cool_down_days"], responses)
