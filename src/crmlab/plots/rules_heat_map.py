"""Rules as a heat map: how many times as often as by chance two products are bought together."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.plots import _style
from crmlab.plots._pairs import LONGEST, surviving_pairs

MOST = 24
SUBTITLE = (
    "how many times as often as by chance; empty where the pair does not survive out of time and chance"
)


def draw(found: Any) -> _style.Picture:
    """Show the lift over the null of the surviving pairs, products in order of their strongest pair.

    found: product rules. Raises NotApplicable where no pair survives.
    """
    pairs = surviving_pairs(found, MOST)
    items = list(dict.fromkeys(name for row in pairs.itertuples() for name in (row.one, row.two)))
    place = {item: i for i, item in enumerate(items)}
    lifts = np.full((len(items), len(items)), np.nan)
    for row in pairs.itertuples():
        lifts[place[row.one], place[row.two]] = lifts[place[row.two], place[row.one]] = row.lift
    with _style.look():
        figure, axes = _style.canvas(
            f"Lift over chance, in {found.second}", SUBTITLE, height=2.2 + 0.21 * len(items)
        )
        shown = axes.imshow(np.log10(lifts), cmap="YlGnBu", vmin=0.0, aspect="auto")
        names = [_style.shorten(item, LONGEST) for item in items]
        axes.set_xticks(range(len(items)), names, rotation=90, fontsize="xx-small")
        axes.set_yticks(range(len(items)), names, fontsize="xx-small")
        axes.grid(visible=False)
        if len(items) <= 20:
            for row, column in np.argwhere(np.isfinite(lifts)):
                dark = np.log10(lifts[row, column]) > 0.6 * np.nanmax(np.log10(lifts))
                axes.text(
                    column,
                    row,
                    f"{lifts[row, column]:.1f}",
                    ha="center",
                    va="center",
                    fontsize="xx-small",
                    color="white" if dark else "black",
                )
        bar = figure.colorbar(shown, ax=axes, shrink=0.7)
        ticks = [t for t in (1, 2, 5, 10, 20, 50, 100) if np.log10(t) <= np.nanmax(np.log10(lifts))]
        bar.set_ticks([np.log10(t) for t in ticks], labels=[f"{t}" for t in ticks])
        bar.set_label("times", fontsize="small")
    return figure
