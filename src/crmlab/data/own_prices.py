"""The prices of a shop of one's own: margin, cost of a contact, budget; one small file beside its tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from crmlab import store
from crmlab.errors import DataError, UsageError

FILE: Final = "prices.json"
OPTIONS: Final[Mapping[str, str]] = {
    "margin_share": "--margin",
    "contact_cost": "--contact-cost",
    "budget": "--budget",
}
"""{name in the file, as in the economics of params.yaml: the option that says it}"""

MONEY: Final = ("contact_cost", "budget")


def fault(name: str, value: Any) -> str:
    """Return what is wrong with a price, '' where nothing is."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{value!r} is not a finite number"
    if name == "margin_share" and not 0 < value <= 1:
        return f"{value:g} is not a share of the revenue, above 0 and at most 1, such as .35 for 35 %"
    return f"{value:g} is below 0" if value < 0 else ""


@dataclass(frozen=True)
class OwnPrices:
    """What a shop says of its money; None where it says nothing.

    margin_share: of the revenue, above 0 and at most 1. contact_cost: of one contact. budget: of a whole
    list. Both in the currency of the shop ('' where nobody says which).
    """

    margin_share: float | None = None
    contact_cost: float | None = None
    budget: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        """Raise UsageError for a number that no price is."""
        for name, option in OPTIONS.items():
            wrong = fault(name, getattr(self, name))
            if wrong:
                raise UsageError(f"{option}: {wrong}")

    def numbers(self) -> dict[str, float]:
        """Return the prices that are there, by name."""
        return {name: float(getattr(self, name)) for name in OPTIONS if getattr(self, name) is not None}

    def in_words(self) -> str:
        """Return the prices that are there: 'margin 35% of revenue, a contact 0.80 EUR, ...'."""
        unit = f" {self.currency}" if self.currency else ""
        words = {
            "margin_share": "margin {:.4g}% of revenue",
            "contact_cost": f"a contact {{:,.2f}}{unit}",
            "budget": f"budget of a list {{:,.2f}}{unit}",
        }
        scale = {"margin_share": 100.0}
        return ", ".join(words[n].format(v * scale.get(n, 1.0)) for n, v in self.numbers().items())


NO_PRICES: Final = OwnPrices()


def read(dataset: str) -> OwnPrices:
    """Return the prices of a data set, none where it has no file of them.

    Raises DataError where the file is damaged or holds what is no price.
    """
    path = store.tables_folder(dataset) / FILE
    if not path.is_file():
        return NO_PRICES
    command = f"crmlab tables {dataset} --orders FILE --margin SHARE --contact-cost COST --budget MONEY"
    known = store.read_json(path, made_by=command)
    unknown = sorted(known.keys() - {*OPTIONS, "currency"})
    wrong = [f"{name}: {words}" for name in OPTIONS if (words := fault(name, known.get(name)))]
    wrong += [f"'{name}' is no price of a shop" for name in unknown]
    wrong += [] if isinstance(known.get("currency", ""), str) else ["currency: it is no text"]
    if wrong:
        raise DataError(f"{store.show(path)} cannot be used ({'; '.join(wrong)}): run `{command}` again")
    return OwnPrices(**known)


def renewed(dataset: str, said: OwnPrices) -> tuple[OwnPrices, list[str]]:
    """Return what is said now with what was said before of the rest, and a line for the terminal.

    said: with the currency of the orders now. Raises UsageError where money is kept from before that is in
    another currency, DataError where the file is damaged and nothing is said in its place.
    """
    try:
        before = read(dataset)
    except DataError:
        if not said.numbers():
            raise
        before = NO_PRICES
    kept = {name: value for name, value in before.numbers().items() if name not in said.numbers()}
    money = " and ".join(OPTIONS[name] for name in MONEY if name in kept)
    if money and said.currency and before.currency and said.currency.upper() != before.currency.upper():
        raise UsageError(
            f"{money} of {dataset}: said before in {before.currency}, and the orders are in {said.currency} "
            "now. Say it anew"
        )
    now = replace(said, **kept, currency=said.currency or before.currency)
    if not now.numbers():
        return now, []
    told = f" ({', '.join(OPTIONS[n] for n in kept)} as said before)" if kept else ""
    return now, [f"Prices: {now.in_words()}{told}"]


def write(folder: Path, prices: OwnPrices) -> None:
    """Write the prices into the folder of the tables they belong to; nothing where there are none."""
    if prices.numbers():
        known = {k: v for k, v in asdict(prices).items() if v not in (None, "")}
        store.write_json(folder / FILE, known)
