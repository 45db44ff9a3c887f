"""The shop's week: on which days and at which hours orders come."""

from __future__ import annotations

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.errors import NotApplicable
from crmlab.plots import _style

SUBJECT = "dataset"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def draw(dataset: str) -> _style.Picture:
    """Show the share of orders by weekday and, where the data have hours, by hour of each day.

    Raises NotApplicable without orders.
    """
    shares = trade.weekdays(dataset)
    try:
        hours = trade.hours(dataset)
    except NotApplicable:
        hours = None
    with _style.look():
        figure, both = _style.canvas(
            f"{described(dataset).label}: the week",
            "share of all orders" + ("" if hours is not None else "; the data have days and no hours"),
            columns=1 if hours is None else 2,
            height=3.4,
            **({} if hours is None else {"width_ratios": (1, 2)}),
        )
        left = both if hours is None else both[0]
        bars = left.bar(DAYS, shares.to_numpy(), color=_style.PALETTE[0])
        left.bar_label(bars, [f"{s:.0%}" for s in shares], padding=2, fontsize="small")
        left.set(ylabel="Share of orders", xlabel="Weekday")
        left.margins(y=0.15)
        _style.percent(left.yaxis)
        if hours is not None:
            both[1].imshow(hours, cmap="Blues", aspect="auto", vmin=0)
            both[1].set_yticks(range(7), DAYS)
            both[1].set_xticks(range(0, 24, 3))
            both[1].set(xlabel="Hour of the day", title="Darker: more orders")
            both[1].grid(visible=False)
    return figure
