"""Value calibration: whether customers of whom a sum is expected spend that sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window
from crmlab.plots import _style
from crmlab.plots.whale import predicted
from crmlab.seeds import generator

BINS = 10
COLUMNS = 4
REPLICATES = 400


def draw(comparison: Any) -> _style.Picture:
    """Show the mean spend against the mean prediction, in deciles by prediction, per method.

    Read it along the diagonal: a point below it is promised too much. Both axes are even near zero and
    logarithmic beyond the mean. Bars are bootstrap 95 % intervals of a decile's mean. Test rows of all
    windows together, first fits. Raises NotApplicable where no method predicted spend.
    """
    methods = predicted(comparison)
    n_rows = -(-len(methods) // COLUMNS)
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, "calibration of value"),
            "mean spend of a customer: predicted against realised, deciles by prediction",
            rows=n_rows,
            columns=COLUMNS,
            height=1.3 + 2.4 * n_rows,
            sharex=True,
            sharey=True,
            squeeze=False,
        )
        for axes in grid.flat[len(methods) :]:
            axes.set_visible(False)
        for axes, method in zip(grid.flat, methods, strict=False):
            _panel(axes, comparison, method)
        figure.supxlabel("Predicted spend (revenue)", fontsize="medium")
        figure.supylabel("Realised spend (revenue)", fontsize="medium")
    return figure


def _panel(axes: Any, comparison: Any, method: str) -> None:
    """Draw one method's deciles."""
    drawn = _style.line(comparison, method)
    bins = deciles(pd.concat(by_window(comparison, method), ignore_index=True))
    linear = max(float(bins["realised"].mean()), 1e-6)
    most = float(bins[["predicted", "upper"]].to_numpy().max())
    axes.set_xscale("symlog", linthresh=linear)
    axes.set_yscale("symlog", linthresh=linear)
    axes.plot([0, most], [0, most], color=_style.QUIET, linewidth=1, linestyle=":")
    ends = [bins["realised"] - bins["lower"], bins["upper"] - bins["realised"]]
    axes.errorbar(
        bins["predicted"],
        bins["realised"],
        yerr=ends,
        fmt="o-",
        color=drawn["color"],
        markersize=4,
        linewidth=1.2,
    )
    axes.set_title(_style.shorten(comparison.run_of(method).label, 26), fontsize="small")
    axes.tick_params(labelbottom=True, labelsize="x-small")


def deciles(frame: pd.DataFrame) -> pd.DataFrame:
    """Return deciles by prediction: n, predicted and realised means, bootstrap lower and upper.

    frame: `score` and `value`. Equal predictions stay in one decile.
    """
    place = frame["score"].rank(method="average").to_numpy()
    number = np.minimum((place - 0.5) * BINS // len(frame), BINS - 1)
    rows = []
    for decile, part in frame.groupby(number):
        spent = part["value"].to_numpy()
        drawn = generator(0, "deciles", decile).integers(0, len(spent), (REPLICATES, len(spent)))
        lower, upper = np.quantile(spent[drawn].mean(axis=1), [0.025, 0.975])
        middle = spent.mean()
        ends = {"lower": min(lower, middle), "upper": max(upper, middle)}
        rows.append({"n": len(part), "predicted": part["score"].mean(), "realised": middle} | ends)
    return pd.DataFrame(rows)
