"""Alive map: how probable it is that a customer is still one, over frequency and recency."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import windows
from crmlab.comparison.run import load_model
from crmlab.errors import DataError, NotApplicable
from crmlab.plots import _style
from crmlab.vocabulary import OK

MOST = 3
"""Models that fit side by side."""

GRID = 60
DEEPEST = 40
"""Repeat purchases beyond which nothing is drawn: few customers have so many."""


def draw(comparison: Any) -> _style.Picture:
    """Show P(alive) of each lifetime model for a customer seen as long as the median one of the last window.

    Along a row: of customers with the same number of repeat purchases, the one who bought last longest ago
    (left) is the likeliest to be gone; up a column: the more often someone used to buy, the more a
    silence says. Dots are customers of the last window. BG/NBD gives everyone with one purchase 1, so
    frequency begins at 1. Raises NotApplicable where no model says P(alive).
    """
    models = _models(comparison)
    if not models:
        raise NotApplicable("no method says how probable it is that a customer is still one")
    last = max(windows(comparison), key=lambda f: f["window"])
    rows = comparison.problem.fold(last["fold"]).test_rows
    observed = float(rows["T_days"].median())
    repeaters = rows[(rows["frequency"] > 0) & (rows["frequency"] <= _deepest(rows))]
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, "probability of being alive"),
            f"for a customer first seen {observed:.0f} days ago (the median); dots: the {len(repeaters):,} "
            "repeat customers of the last window, whatever their age",
            columns=len(models),
            height=4.4,
            sharey=True,
            squeeze=False,
        )
        for axes, (label, model) in zip(grid[0], models, strict=True):
            drawn = _panel(axes, model, observed, _deepest(rows))
            shown = repeaters["recency_days"] <= observed
            axes.plot(
                repeaters.loc[shown, "recency_days"],
                repeaters.loc[shown, "frequency"],
                ".",
                color="white",
                markeredgecolor="black",
                markeredgewidth=0.3,
                markersize=3,
                alpha=0.6,
            )
            axes.set_title(label, fontsize="small")
        figure.supxlabel("Days from first to last purchase", fontsize="medium")
        grid[0, 0].set_ylabel("Repeat purchase days")
        figure.colorbar(drawn, ax=list(grid[0]), label="P(alive)", shrink=0.9)
    return figure


def _models(comparison: Any) -> list[tuple[str, Any]]:
    """Return label and kept model of the runs whose model says P(alive), best first."""
    rank = {method: place for place, method in enumerate(comparison.order())}
    runs = [r for r in comparison.runs if r.status == OK and r.kind == "lifetime"]
    runs.sort(key=lambda r: rank.get(r.method, len(rank)))
    kept = [(r.label, load_model(r.key)) for r in runs]
    return [(label, model) for label, model in kept if _is_for_any_day(model)][:MOST]


def _is_for_any_day(model: Any) -> bool:
    """Tell whether a model says P(alive) at any point of the map; BG/BB knows whole opportunities alone."""
    if not hasattr(model, "p_alive"):
        return False
    try:
        model.p_alive(pd.DataFrame({"frequency": [1.0], "recency_days": [1.5], "T_days": [2.5]}))
    except DataError:
        return False
    return True


def _deepest(rows: pd.DataFrame) -> int:
    """Return the highest frequency that is drawn: what 99 % of repeat customers stay below."""
    repeat = rows.loc[rows["frequency"] > 0, "frequency"]
    return int(min(DEEPEST, max(5, repeat.quantile(0.99)))) if len(repeat) else 5


def _panel(axes: Any, model: Any, observed: float, deepest: int) -> Any:
    """Draw one model's map; return what the colour bar explains."""
    frequency = np.arange(1, deepest + 1, dtype=float)
    # so many purchases take so many days at least
    recency = np.linspace(max(1.0, observed / GRID), observed, GRID)
    across, up = np.meshgrid(recency, frequency)
    summary = {"frequency": up.ravel(), "recency_days": across.ravel(), "T_days": np.full(up.size, observed)}
    alive = np.asarray(model.p_alive(pd.DataFrame(summary))).reshape(up.shape)
    drawn = axes.pcolormesh(recency, frequency, alive, cmap="cividis", vmin=0, vmax=1, shading="nearest")
    lines = axes.contour(recency, frequency, alive, levels=(0.25, 0.5, 0.75), colors="white", linewidths=1)
    axes.clabel(lines, fontsize="x-small", fmt=lambda level: f"{level:.0%}")
    axes.grid(visible=False)
    return drawn
