"""Calibration: whether a score of 30 % means that 30 of 100 do it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window
from crmlab.plots import _style, _survivors
from crmlab.problems import censoring
from crmlab.problems.coming_back import outcome_word

BINS = 10
COLUMNS = 4
Z = 1.959964


def draw(comparison: Any) -> _style.Picture:
    """Show the observed rate against the predicted one, in ten bins of equal counts per method.

    Read it along the diagonal: a point below it predicts too much, one above it too little. Bars
    are Wilson 95 % intervals of a bin's rate, the grey columns at the foot say how the scores are
    spread (tallest = most frequent). Test rows of all windows together, first fits. Where some rows were
    censored before the horizon, a bin's rate and bars come from its Kaplan-Meier curve, and customers
    vary in the bars. Raises NotApplicable where no method answered with scores.
    """
    methods = _style.scored(comparison)
    n_rows = -(-len(methods) // COLUMNS)
    positive = outcome_word(comparison.problem)
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, "calibration"),
            f"share who {positive}: predicted against observed, {BINS} bins of equal counts",
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
            axes.tick_params(labelbottom=True)
        figure.supxlabel("Predicted share", fontsize="medium")
        figure.supylabel("Observed share", fontsize="medium")
    return figure


def _panel(axes: Any, comparison: Any, method: str) -> None:
    """Draw one method's reliability curve and the spread of its scores."""
    drawn = _style.line(comparison, method)
    axes.plot([0, 1], [0, 1], color=_style.QUIET, linewidth=1, linestyle=":")
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    axes.set_title(_style.shorten(comparison.run_of(method).label, 26), fontsize="small")
    frame = pd.concat(by_window(comparison, method), ignore_index=True)
    if not frame["score"].between(0, 1).all():
        axes.text(0.5, 0.5, "the score is\nno probability", ha="center", va="center", color=_style.QUIET)
        return
    height, edges = np.histogram(frame["score"], bins=40, range=(0, 1))
    axes.bar(edges[:-1], 0.22 * height / height.max(), 1 / 40, align="edge", color="#DADADA", zorder=1)
    censored = censoring.is_censored(frame).any()
    bins = _censored_reliability(_survivors.owned(comparison, frame)) if censored else _reliability(frame)
    axes.errorbar(
        bins["predicted"],
        bins["observed"],
        yerr=[bins["observed"] - bins["lower"], bins["upper"] - bins["observed"]],
        fmt="o-",
        color=drawn["color"],
        markersize=4,
        linewidth=1.3,
        elinewidth=1,
        zorder=3,
    )
    smallest, largest = bins["n"].min(), bins["n"].max()
    counts = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
    axes.text(0.04, 0.95, f"{counts} a bin", fontsize="x-small", color=_style.QUIET, va="top")


def _reliability(frame: pd.DataFrame) -> pd.DataFrame:
    """Return bins of equal counts: n, predicted (mean score), observed (rate), lower, upper.

    frame: `score` and `outcome`, one row per test row. Equal scores stay in one bin. The interval
    is Wilson's (1927) at 95 %.
    """
    bins = frame.groupby(_bin(frame)).agg(
        n=("outcome", "size"), predicted=("score", "mean"), observed=("outcome", "mean")
    )
    n, rate = bins["n"], bins["observed"]
    middle = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    return bins.assign(
        lower=(middle - half).clip(upper=rate), upper=(middle + half).clip(lower=rate)
    ).reset_index(drop=True)


def _censored_reliability(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same bins where not every outcome is known: rates are one less the curve at the horizon.

    frame: `score`, `customer`, `duration_days`, `event`, `followed_days`, one row per test row.
    """
    at, found = np.array([float(frame["followed_days"].max())]), []
    for number, rows in frame.groupby(_bin(frame)):
        stays, lower, upper = (float(v[0]) for v in _survivors.with_band(rows, at, int(number)))
        observed = {"observed": 1 - stays, "lower": 1 - max(upper, stays), "upper": 1 - min(lower, stays)}
        found.append({"n": len(rows), "predicted": rows["score"].mean(), **observed})
    return pd.DataFrame(found)


def _bin(frame: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's bin by its score, (n,), 0 to BINS - 1; equal scores share one."""
    place = frame["score"].rank(method="average").to_numpy()
    return np.minimum((place - 0.5) * BINS // len(frame), BINS - 1)
