"""Trade: a shop's orders and revenue, month by month."""

from __future__ import annotations

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.plots import _style

SUBJECT = "dataset"


def draw(dataset: str) -> _style.Picture:
    """Show orders, with those of new customers, and revenue per month, less what was given back.

    The first and last month may be cut off by the ends of the data. Raises NotApplicable without orders.
    """
    months = trade.monthly(dataset)
    when = months["month"].dt.to_timestamp()
    with _style.look():
        figure, (left, right) = _style.canvas(
            f"{described(dataset).label}: orders and revenue",
            f"{months['orders'].sum():,.0f} orders of goods in {len(months)} calendar months; the first and "
            "the last may be cut off",
            columns=2,
            height=3.8,
        )
        for column, label, colour, marker in zip(
            ("orders", "customers", "new"),
            ("orders", "customers", "new customers"),
            _style.PALETTE,
            _style.MARKERS,
            strict=False,
        ):
            left.plot(when, months[column], color=colour, marker=marker, markersize=4, label=label)
        left.set(ylim=(0, None), ylabel="Number per month", title="Orders")
        right.bar(when, months["net"], width=22, color=_style.PALETTE[2])
        right.set(ylabel=f"Revenue per month ({trade.currency(dataset)})", title="Revenue")
        for axes in (left, right):
            axes.tick_params(axis="x", labelrotation=45)
        _style.legend_below(figure, left)
    return figure
