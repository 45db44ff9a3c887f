"""Profit: what contacting the best-scored customers earns, by how many are contacted."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from crmlab.comparison.answers import by_window, windows
from crmlab.errors import NotApplicable
from crmlab.maths import profit
from crmlab.plots import _band, _style

RETENTION = ("customer_value", "incentive_cost", "accept_alpha", "accept_beta")
DEPTHS = np.linspace(0, 1, 201)


def draw(comparison: Any) -> _style.Picture:
    """Show the expected profit per scored customer against contact depth, the mean over windows.

    Read the peak (a dot): its height is what the campaign earns, its place how many to contact; past
    it every further contact costs more than it brings. The peak is found with hindsight; the
    diamond is not: it stands at the depth that the champion's inner hold-out of the train rows chose,
    and what that earned. The right panel shows the same less what as many contacts at random earn.
    Unknown margins and acceptances stand at their means, so a peak lies at or below the expected
    *maximum* profit, which may adapt to them. The band is the champion's. Raises NotApplicable
    where the task has no prices that a contact's profit follows from.
    """
    worth = _worth(comparison.economics)
    methods, best = _style.scored(comparison), comparison.verdict.champion
    earned = partial(_earned, worth=worth)
    beyond = partial(_beyond_random, worth=worth)
    with _style.look():
        figure, (left, right) = _style.canvas(
            _style.named(comparison, "profit by contact depth"),
            f"{_prices(comparison.economics)}; {comparison.level:.0%} {_band.VARIES}",
            columns=2,
            height=4.6,
        )
        for method in methods:
            drawn = _style.line(comparison, method)
            curve = _band.curve(comparison, method, DEPTHS, earned)
            peak = curve.argmax()
            # a straight line to the same end: contacting everyone earns the same in any order
            for axes, heights in ((left, curve), (right, curve - DEPTHS * curve[-1])):
                axes.plot(DEPTHS, heights, **drawn)
                axes.plot(DEPTHS[peak], heights[peak], "o", color=drawn["color"], markersize=6, zorder=4)
        if best in methods:
            colour = _style.colours(comparison)[best]
            for axes, of in ((left, earned), (right, beyond)):
                ends = _band.band(comparison, best, DEPTHS, of)
                axes.fill_between(DEPTHS, *ends, color=colour, alpha=0.15, linewidth=0, zorder=1)
            _frozen(left, comparison, best, worth)
        left.set(ylabel="Profit per scored customer (currency)")
        right.set(ylabel="More than as many at random earn")
        for axes in (left, right):
            axes.axhline(0, color="black", linewidth=1, zorder=1)
            axes.set(xlim=(0, 1), xlabel="Share contacted, best scores first")
            _style.percent(axes.xaxis)
        _style.legend_below(figure, left)
    return figure


def _earned(ones: np.ndarray, rows: np.ndarray, *, worth: tuple[float, float]) -> np.ndarray:
    """Return the profit per scored customer of depths that reach these shares of 1s and rows, (b, d)."""
    return worth[0] * ones + worth[1] * (rows - ones)


def _beyond_random(ones: np.ndarray, rows: np.ndarray, *, worth: tuple[float, float]) -> np.ndarray:
    """Return the profit less that of as many contacts at random, (b, d); the last depth is everyone."""
    curve = _earned(ones, rows, worth=worth)
    return curve - rows * curve[:, -1:]


def _frozen(axes: Any, comparison: Any, method: str, worth: tuple[float, float]) -> None:
    """Mark the depth chosen before the test, and what it earned: the means over windows."""
    inner = comparison.run_of(method).inner
    if inner is None:
        return
    known = comparison.problem.solution.set_index("row_id")["outcome"]
    money = {"margin": worth[0] - worth[1], "contact_cost": -worth[1]}
    places = []
    for fit, frame in zip(windows(comparison), by_window(comparison, method), strict=True):
        held = inner[inner["fold"] == fit["fold"]]
        if held.empty:
            return
        depth = profit.best_depth(known.loc[held["row_id"]].to_numpy(), held["score"].to_numpy(), **money)
        outcome, score = frame["outcome"].to_numpy(), frame["score"].to_numpy()
        one = np.ones((1, len(frame)))
        places.append((depth, profit.profit_at_depth(outcome, score, one, depth=depth, **money)[0]))
    label = "Depth chosen in training"
    look = {"marker": "D", "markersize": 9, "markeredgecolor": "black", "linestyle": "none", "zorder": 5}
    axes.plot(*np.mean(places, axis=0), color=_style.colours(comparison)[method], label=label, **look)


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


def _prices(prices: Any) -> str:
    """Return the prices that the profit follows from as a line, in words."""
    cost = f"a contact costs {prices['contact_cost']:g}"
    if set(RETENTION) <= set(prices):
        accepts = prices["accept_alpha"] / (prices["accept_alpha"] + prices["accept_beta"])
        return (
            f"{cost}, an offer {prices['incentive_cost']:g}; {accepts:.0%} of who would leave stay for it, "
            f"worth {prices['customer_value']:g} each"
        )
    return f"{cost}; {prices.get('accept_rate', 1.0):.0%} accept, with a margin of {prices['margin_mean']:g}"
