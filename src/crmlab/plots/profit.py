"""Profit: what contacting the best-scored customers earns, by how many are contacted."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.errors import NotApplicable
from crmlab.maths.ranking import Ranking, along
from crmlab.plots import _style
from crmlab.plots._answers import by_window

RETENTION = ("customer_value", "incentive_cost", "accept_alpha", "accept_beta")
DEPTHS = np.linspace(0, 1, 201)


def draw(comparison: Any) -> _style.Picture:
    """Show the expected profit per scored customer against contact depth, the mean over windows.

    Read the peak: its height is what the campaign earns, its place how many to contact; past it
    every further contact costs more than it brings. The right panel shows the same less what as
    many contacts at random earn. Unknown margins and acceptances stand at their means, so a peak
    lies at or below the expected *maximum* profit, which may adapt to them. Raises NotApplicable
    where the task has no prices that a contact's profit follows from.
    """
    worth = _worth(comparison.economics)
    with _style.look():
        figure, (left, right) = _style.canvas(
            _style.named(comparison, "profit by contact depth"),
            _prices(comparison.economics),
            columns=2,
            height=4.6,
        )
        for method in _style.scored(comparison):
            curve = np.mean([_curve(frame, worth) for frame in by_window(comparison, method)], axis=0)
            drawn = _style.line(comparison, method)
            # a straight line to the same end: contacting everyone earns the same in any order
            for axes, heights in ((left, curve), (right, curve - DEPTHS * curve[-1])):
                axes.plot(DEPTHS, heights, **drawn)
                axes.plot(
                    DEPTHS[curve.argmax()],
                    heights[curve.argmax()],
                    "o",
                    color=drawn["color"],
                    markersize=6,
                    zorder=4,
                )
        left.set(ylabel="Profit per scored customer (currency)")
        right.set(ylabel="More than as many at random earn")
        for axes in (left, right):
            axes.axhline(0, color="black", linewidth=1, zorder=1)
            axes.set(xlim=(0, 1), xlabel="Share contacted, best scores first")
            _style.percent(axes.xaxis)
        _style.legend_below(figure, left)
    return figure


def _worth(prices: Any) -> tuple[float, float]:
    """Return what contacting one positive and one negative brings, in currency (costs are negative).

    Retention after Verbraken, Verbeke and Baesens 2013: a churner accepts with the mean probability
    and keeps the value less the incentive, who stays takes the incentive anyway. Response: the mean
    margin of those who accept. Raises NotApplicable for other prices.
    """
    cost = prices.get("contact_cost")
    if cost is not None and set(RETENTION) <= set(prices):
        accepts = prices["accept_alpha"] / (prices["accept_alpha"] + prices["accept_beta"])
        kept = accepts * (prices["customer_value"] - prices["incentive_cost"])
        return kept - cost, -(prices["incentive_cost"] + cost)
    if cost is not None and "margin_mean" in prices:
        return prices.get("accept_rate", 1.0) * prices["margin_mean"] - cost, -cost
    raise NotApplicable("the task names no prices that a contact's profit follows from")


def _curve(frame: Any, worth: tuple[float, float]) -> np.ndarray:
    """Return one window's profit per scored customer at DEPTHS; ties count as a random order."""
    ranked = Ranking(frame["outcome"].to_numpy(), frame["score"].to_numpy())
    _, positive, negative = next(ranked.masses(np.ones((1, len(frame)))))
    earned = np.cumsum(worth[0] * positive + worth[1] * negative, axis=1)
    contacted = np.cumsum(positive + negative, axis=1)
    return along(contacted, earned, DEPTHS[None, :] * len(frame))[0] / len(frame)


def _prices(prices: Any) -> str:
    """Return the prices as a line."""
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in prices.items())
