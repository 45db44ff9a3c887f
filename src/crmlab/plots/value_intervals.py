"""Value intervals: whether 80 % of the spend lies in the 80 % intervals, for small and large customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window
from crmlab.maths.value import DECILES, NOMINAL, covered
from crmlab.plots import _style
from crmlab.plots.whale import predicted
from crmlab.vocabulary import CHANCE

CUSTOMERS = 60
"""How many intervals are drawn, evenly by predicted spend."""


def draw(comparison: Any) -> _style.Picture:
    """Show the champion's intervals beside what was spent, and every method's coverage by decile.

    Left: customers from the lowest prediction to the highest; a bar is the 80 % interval, a dot what was
    spent, filled where the bar holds it. Right: coverage within deciles by predicted spend, by the
    randomised PIT in expectation, which is fair to the zeros; the line at 80 % is what is promised.
    Raises NotApplicable where no method predicted spend.
    """
    methods = predicted(comparison)
    champion = comparison.verdict.champion
    shown = champion if champion in methods else methods[0]
    *_, last = by_window(comparison, shown)
    with _style.look():
        figure, (left, right) = _style.canvas(
            _style.named(comparison, "intervals of value"),
            f"left: {comparison.run_of(shown).label}, {CUSTOMERS} of {len(last):,} customers, last window; "
            "right: coverage, all windows",
            columns=2,
            height=4.8,
        )
        _customers(left, last, _style.line(comparison, shown)["color"])
        for method in methods:
            frame = pd.concat(by_window(comparison, method), ignore_index=True)
            right.plot(range(1, DECILES + 1), by_decile(frame), **_style.line(comparison, method))
        right.axhline(NOMINAL, color=_style.CONTROL[CHANCE], linewidth=1.2, zorder=1)
        right.set(ylim=(0, 1), xticks=range(1, DECILES + 1), ylabel="Coverage")
        right.set_xlabel("Decile by predicted spend (10 = highest)")
        _style.percent(right.yaxis)
        _style.legend_below(figure, right)
    return figure


def by_decile(frame: pd.DataFrame) -> np.ndarray:
    """Return the coverage of the 80 % interval in deciles by prediction, (DECILES,).

    frame: score, lower, upper, p_zero and value. Customers of one prediction stand in row order: each
    decile has a value.
    """
    names = ("value", "lower", "upper", "p_zero")
    inside = covered(*(frame[c].to_numpy(dtype=np.float64) for c in names))
    order = np.argsort(frame["score"].to_numpy(), kind="stable")
    return np.array([inside[part].mean() if len(part) else np.nan for part in np.array_split(order, DECILES)])


def _customers(axes: Any, frame: pd.DataFrame, colour: str) -> None:
    """Draw the intervals of customers spread evenly by prediction."""
    order = np.argsort(frame["score"].to_numpy(), kind="stable")
    chosen = frame.iloc[order[np.linspace(0, len(order) - 1, min(CUSTOMERS, len(order))).round().astype(int)]]
    places, spent = np.arange(len(chosen)), chosen["value"].to_numpy()
    lower, upper = chosen["lower"].to_numpy(), chosen["upper"].to_numpy()
    axes.set_yscale("symlog", linthresh=10 ** np.ceil(np.log10(max(frame["value"].mean(), 0.01))))
    axes.vlines(places, lower, upper, color=colour, alpha=0.35, linewidth=3)
    axes.plot(places, chosen["score"], color=colour, linewidth=1)
    inside = (lower <= spent) & (spent <= upper)
    axes.plot(places[inside], spent[inside], "o", color=colour, markersize=3.5)
    axes.plot(places[~inside], spent[~inside], "o", color="#303030", markerfacecolor="white", markersize=3.5)
    axes.set(xlabel="Customers by predicted spend", ylabel="Spend (revenue; line: expected)", xticks=[])
