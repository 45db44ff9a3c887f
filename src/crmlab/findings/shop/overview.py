"""Overview: a shop in a dozen numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.data import trade
from crmlab.errors import NotApplicable
from crmlab.store import fingerprint_file

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TENTH: Final = 0.1


@dataclass(frozen=True)
class Overview:
    """A shop's orders in numbers. table: a row per number: `number` and `value` (float)."""

    currency: str
    first: str
    last: str
    weekday: str
    peak: str
    table: pd.DataFrame

    def _value(self, number: str) -> float:
        """Return one number."""
        return float(self.table.set_index("number").loc[number, "value"])

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how much the shop sold, how many come back, and who makes the revenue."""
        of = self._value
        said = [
            f"{of('orders'):,.0f} orders from {self.first} to {self.last} came to {of('net'):,.0f} "
            f"{self.currency}; half of them were worth {of('median_order'):,.2f} or more.",
            f"Most orders come on {self.weekday}; the strongest day was {self.peak} with {of('peak'):,.0f} "
            f"{self.currency}, {of('peak_of_mean'):.1f} times an average day.",
        ]
        if of("customers"):
            said.insert(
                1,
                f"Of {of('customers'):,.0f} known customers {of('repeat_share'):.1%} ordered more than once; "
                f"the tenth who spent most made {of('tenth_share'):.1%} of what known customers spent.",
            )
        if np.isfinite(of("late_share")):
            said.append(f"{of('late_share'):.1%} of the promised deliveries came late.")
        return tuple(said)

    def head(self) -> pd.DataFrame:
        """Return the numbers for readers."""
        of = {row.number: row.value for row in self.table.itertuples() if np.isfinite(row.value)}
        texts = [HOW[number].format(value) for number, value in of.items()]
        index = pd.Index([LABELS[n].format(currency=self.currency) for n in of], name="The shop")
        return pd.DataFrame({"Value": texts}, index=index)


LABELS: Final = {
    "orders": "Orders",
    "net": "Revenue, {currency}, less what was given back",
    "mean_order": "Mean order, {currency}",
    "median_order": "Median order, {currency}",
    "items_per_order": "Pieces per order",
    "customers": "Known customers",
    "repeat_share": "Customers with more than one order",
    "orders_per_customer": "Orders per customer",
    "days_between": "Days between orders, median",
    "tenth_share": "Revenue of the tenth who spent most",
    "unknown_share": "Orders of nobody known",
    "peak": "Revenue of the strongest day, {currency}",
    "peak_of_mean": "Strongest day over an average day",
    "late_share": "Promised deliveries that came late",
    "delivery_days": "Days to the delivery, median",
}

HOW: Final = dict.fromkeys(LABELS, "{:,.2f}") | {
    **dict.fromkeys(("orders", "customers", "net", "peak"), "{:,.0f}"),
    **dict.fromkeys(("repeat_share", "tenth_share", "unknown_share", "late_share"), "{:.1%}"),
    **dict.fromkeys(("days_between", "delivery_days", "peak_of_mean"), "{:,.1f}"),
}


def find(dataset: str) -> Overview:
    """Return a shop in numbers. Raises NotApplicable where there are no orders."""
    if not fingerprint_file(dataset).is_file():
        raise NotApplicable(f"'{dataset}' has no tables yet")
    made = trade.orders(dataset)
    if made.empty:
        raise NotApplicable("there is no order of goods")
    by_day = trade.daily(dataset)
    numbers = _of_orders(made) | _of_people(made) | _of_deliveries(dataset)
    numbers |= {
        "peak": by_day.max(),
        "peak_of_mean": by_day.max() / by_day.mean() if by_day.mean() else np.nan,
    }
    table = pd.DataFrame({"number": list(LABELS), "value": [float(numbers[n]) for n in LABELS]})
    ends = (f"{made['at'].iloc[i]:%Y-%m-%d}" for i in (0, -1))
    weekday = WEEKDAYS[int(trade.weekdays(dataset).idxmax())]
    return Overview(trade.currency(dataset), *ends, weekday, f"{by_day.idxmax():%Y-%m-%d}", table)


def _of_orders(made: pd.DataFrame) -> dict[str, float]:
    """Return the numbers about orders."""
    return {
        "orders": len(made),
        "net": made["net"].sum(),
        "mean_order": made["net"].mean(),
        "median_order": made["net"].median(),
        "items_per_order": made["items"].mean(),
        "unknown_share": made["customer"].isna().mean(),
    }


def _of_people(made: pd.DataFrame) -> dict[str, float]:
    """Return the numbers about known customers, nan where nobody is known."""
    known = made.dropna(subset="customer")
    names = ("repeat_share", "orders_per_customer", "days_between", "tenth_share")
    if known.empty:
        return {"customers": 0.0, **dict.fromkeys(names, np.nan)}
    count, spent = known.groupby("customer").size(), known.groupby("customer")["net"].sum()
    best = spent.sort_values(ascending=False).iloc[: max(1, round(TENTH * len(spent)))]
    apart = known.sort_values(["customer", "at"]).groupby("customer")["at"].diff() / pd.Timedelta(days=1)
    return {
        "customers": len(count),
        "repeat_share": (count > 1).mean(),
        "orders_per_customer": count.mean(),
        "days_between": apart.median(),
        "tenth_share": best.sum() / spent.sum() if spent.sum() else np.nan,
    }


def _of_deliveries(dataset: str) -> dict[str, float]:
    """Return the numbers about deliveries, nan where there are none."""
    try:
        came = trade.deliveries(dataset)
    except NotApplicable:
        return {"late_share": np.nan, "delivery_days": np.nan}
    return {"late_share": came["late"].mean(), "delivery_days": came["days"].median()}
