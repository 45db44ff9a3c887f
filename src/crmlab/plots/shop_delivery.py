"""Delivery: how long orders are on their way, and how many come later than promised."""

from __future__ import annotations

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.plots import _style

SUBJECT = "dataset"


def draw(dataset: str) -> _style.Picture:
    """Show the days from the order to the delivery, and the share of late ones by month of the order.

    Orders on their way at the end of the data are not in it, so that its last month looks better than it is.
    Raises NotApplicable where the data do not say what was delivered.
    """
    came = trade.deliveries(dataset)
    months = came["at"].dt.to_period("M")
    late = came.groupby(months)["late"].mean().dropna()
    with _style.look():
        figure, (left, right) = _style.canvas(
            f"{described(dataset).label}: delivery",
            f"{len(came):,} delivered orders, half of them within {came['days'].median():.1f} days; "
            f"{came['late'].mean():.1%} later than promised",
            columns=2,
            height=3.8,
        )
        left.hist(came["days"], bins=range(0, int(came["days"].max()) + 2), color=_style.PALETTE[4])
        left.axvline(came["days"].median(), color="black", linestyle="--", linewidth=1, label="median")
        left.set(xlabel=f"Days to the delivery (at most {trade.LATE_SHOWN})", ylabel="Orders")
        left.legend(frameon=False)
        when = late.index.to_timestamp()
        right.plot(when, late, color=_style.PALETTE[5], marker="o", markersize=4)
        right.set(ylim=(0, None), xlabel="Month of the order", ylabel="Share that came late")
        _style.percent(right.yaxis)
        right.tick_params(axis="x", labelrotation=45)
    return figure
