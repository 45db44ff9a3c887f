"""Order values, and how much of the revenue how many customers make."""

from __future__ import annotations

import numpy as np

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.errors import NotApplicable
from crmlab.plots import _style

SUBJECT = "dataset"
BINS = 40
TOP = 0.99
"""Values above this share of the orders are drawn in the last bar."""


def draw(dataset: str) -> _style.Picture:
    """Show what orders come to, and the share of revenue against the share of customers (Lorenz 1905).

    Raises NotApplicable without orders, and where nobody who spent anything is known.
    """
    made = trade.orders(dataset)
    spent = made.dropna(subset="customer").groupby("customer")["net"].sum().clip(lower=0)
    if not spent.sum():
        raise NotApplicable("no known customer spent anything")
    values, currency = made["net"].to_numpy(), trade.currency(dataset)
    end = max(float(np.quantile(values, TOP)), 1e-9)
    with _style.look():
        figure, (left, right) = _style.canvas(
            f"{described(dataset).label}: order values and concentration",
            f"{len(made):,} orders, half of them worth {np.median(values):,.2f} {currency} or more; "
            f"{len(spent):,} known customers",
            columns=2,
            height=4.0,
        )
        left.hist(np.clip(values, 0, end), bins=BINS, color=_style.PALETTE[0])
        left.axvline(np.median(values), color="black", linestyle="--", linewidth=1, label="median")
        left.set(xlabel=f"Value of an order ({currency}); the last bar: and more", ylabel="Orders")
        left.legend(frameon=False)
        ordered = np.sort(spent.to_numpy())[::-1]
        share = np.arange(len(ordered) + 1) / len(ordered)
        revenue = np.concatenate([[0.0], np.cumsum(ordered)]) / ordered.sum()
        right.plot(share, revenue, color=_style.PALETTE[5], label="those who spent most first")
        right.plot([0, 1], [0, 1], color=_style.QUIET, linestyle=":", label="all spend the same")
        right.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="Share of customers", ylabel="Share of revenue")
        _style.percent(right.xaxis)
        _style.percent(right.yaxis)
        right.legend(frameon=False, loc="lower right")
    return figure
