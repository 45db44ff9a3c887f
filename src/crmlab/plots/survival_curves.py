"""Survival curves: how many were promised to stay, and how many did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.comparison.answers import by_window
from crmlab.errors import NotApplicable
from crmlab.kinds.survival import CURVE, times
from crmlab.plots import _style, _survivors

GROUPS = ("lowest third of risk", "middle third", "highest third of risk")
RISK = ("#BCBDDC", "#807DBA", "#3F007D")
"""Their colours, darker with the risk: none of a method's."""
BAND = 0.18
"""Opacity of a band."""


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show the mean curve of every method, and of one method by thirds of risk, on the observed curves.

    The black steps are the Kaplan-Meier curves of the test rows of the last window, with pointwise 95 %
    bands (Greenwood, on the scale of log(−log S); a bootstrap of the customers where one has several
    rows): only the test rows vary in them. Left, a method above the
    band promises that too many stay. Right, the further the thirds lie apart, the more the method
    knows; a dashed line outside its band promises wrongly. method: default the champion, else the best.
    Raises NotApplicable where no method answered with survival curves.
    """
    methods = _style.answered(comparison, CURVE[0])
    if not methods:
        raise NotApplicable("no method answered with survival curves")
    shown = method or next((m for m in (comparison.verdict.champion, *methods) if m in methods), methods[0])
    if shown not in methods:
        raise NotApplicable(f"{comparison.run_of(shown).label} gave no survival curves")
    frames = {m: _survivors.owned(comparison, list(by_window(comparison, m))[-1]) for m in methods}
    days = np.concatenate([[0.0], times(float(frames[shown]["followed_days"].max()))])
    with _style.look():
        figure, (everyone, thirds) = _style.canvas(
            _style.named(comparison, "survival curves"),
            f"{len(frames[shown]):,} test rows of the last window; "
            f"bands: {_survivors.varies(frames[shown])} (pointwise 95 %)",
            columns=2,
            height=5.6,
            sharey=True,
        )
        _observed(everyone, frames[shown], days[-1], color="black", label="observed")
        for m, frame in frames.items():
            everyone.plot(days, _mean_curve(frame), **_style.line(comparison, m))
        everyone.set_title("Everyone: mean curve of each method", fontsize="small")
        _by_risk(thirds, frames[shown], days)
        thirds.set_title(f"By risk: {comparison.run_of(shown).label} (dashed)", fontsize="small")
        for axes in (everyone, thirds):
            axes.set(xlim=(0, days[-1]), ylim=(0, 1.02), xlabel="Days since the label window began")
        everyone.set_ylabel(f"Share that has not {registry.find('tasks', comparison.task).positive}")
        _style.percent(everyone.yaxis)
        thirds.legend(loc="lower left", fontsize="small", frameon=False)
        _style.legend_below(figure, everyone)
    return figure


def _by_risk(axes: Any, frame: pd.DataFrame, days: np.ndarray) -> None:
    """Draw observed and promised curves of thirds by score; ties are split by the order of ids."""
    rank = frame.sort_values("row_id")["score"].rank(method="first").reindex(frame.index)
    third = np.minimum(((rank - 1) * len(GROUPS) // len(frame)).astype(int), len(GROUPS) - 1)
    for number, name in enumerate(GROUPS):
        mine, color = frame[third == number], RISK[number]
        if len(mine):
            _observed(axes, mine, days[-1], color=color, label=f"{name}: {len(mine)}")
            axes.plot(days, _mean_curve(mine), color=color, linestyle="--", zorder=3)


def _observed(axes: Any, frame: pd.DataFrame, horizon: float, *, color: str, label: str) -> None:
    """Draw the Kaplan-Meier curve of some rows with its band."""
    ends = np.unique(frame.loc[frame["event"] > 0, "duration_days"])
    when = np.concatenate([[0.0], ends, [horizon]])
    share, lower, upper = _survivors.with_band(frame, when, label)
    axes.fill_between(when, lower, upper, step="post", color=color, alpha=BAND, linewidth=0)
    axes.step(when, share, where="post", color=color, linewidth=1.3, label=label, zorder=4)


def _mean_curve(frame: pd.DataFrame) -> np.ndarray:
    """Return the mean of the curves that were answered, from 1 at day 0 on."""
    return np.concatenate([[1.0], frame[list(CURVE)].to_numpy().mean(axis=0)])
