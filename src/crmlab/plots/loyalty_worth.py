"""Loyalty worth: what more retention and more loyal customers add, as curves and not as a slogan."""

from __future__ import annotations

from typing import Any

from crmlab.findings.money.loyalty_worth import DISCOUNT_RATES, MORE
from crmlab.plots import _style

SUBJECT = "loyalty worth"
DASHES = ("-", "--", "-.", ":")


def draw(found: Any) -> _style.Picture:
    """Show money per customer over the margin, and the relative gain over the cost of winning a customer.

    Left: what 5 points more retention add to a customer's value; middle: what 5 % more loyal customers
    add, both over the margin share of revenue, one line per yearly discount rate; the dotted line is the
    shop's own margin. Right: the first as a share of the profit net of winning a customer, over what
    winning costs against keeping for one period; a line ends where no customer pays back. found: a
    `loyalty_worth.LoyaltyWorth`.
    """
    with _style.look():
        figure, grid = _style.canvas(
            f"{found.problem}: what loyalty is worth",
            f"{found.everyone.n:,} active customers, {found.everyone.retention:.0%} kept per "
            f"{found.period_days} days; constant retention, margin and discount rate without end",
            columns=3,
            height=4.0,
        )
        money, mix, ratio = grid
        for rate, dash, colour in zip(DISCOUNT_RATES, DASHES, _style.PALETTE, strict=False):
            look = {"linestyle": dash, "color": colour, "label": f"discount {rate:.0%} a year"}
            own = found.by_margin[found.by_margin["discount_rate"] == rate]
            money.plot(own["margin_share"], own["more_retention"], **look)
            mix.plot(own["margin_share"], own["more_loyal"], **look)
            costs = found.by_cost[found.by_cost["discount_rate"] == rate]
            ratio.plot(costs["cost_ratio"], costs["gain"], **look)
        for axes in (money, mix):
            axes.axvline(found.margin_share, color="black", linewidth=1, linestyle=":")
            axes.set(ylim=(min(0, axes.get_ylim()[0]), None), xlabel="Margin share of revenue")
            _style.percent(axes.xaxis)
        money.set(title=f"{100 * MORE:.0f} points more retention", ylabel="Currency per customer")
        mix.set(title=f"{MORE:.0%} more loyal customers")
        # towards the ratio at which nobody pays back, the share grows without bound
        ratio.set(title="Of the profit net of winning", ylim=(0, min(1.0, 1.1 * ratio.dataLim.y1)))
        ratio.set_xlabel("Cost of winning / of keeping")
        _style.percent(ratio.yaxis)
        _style.legend_below(figure, money)
    return figure
