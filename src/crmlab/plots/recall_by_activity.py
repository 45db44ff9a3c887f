"""Recall by activity: for whom recommendations are right, from a single basket to many."""

from __future__ import annotations

from typing import Any, Final

from crmlab.errors import NotApplicable
from crmlab.plots import _style

MOST: Final = 6
"""So many methods are drawn: the best ones."""


def draw(found: Any) -> _style.Picture:
    """Show the recall at ten of the best methods by how many baskets a customer had bought before.

    found: habits and news. Left what had been bought before, right what was new: the lines that lead on one
    side need not lead on the other. Raises NotApplicable where no band holds anybody.
    """
    table = found.table[found.table["band"] != "all"]
    if table.empty:
        raise NotApplicable("no band of activity holds anybody who bought")
    bands, labels = list(dict.fromkeys(table["band"])), list(dict.fromkeys(table["label"]))[:MOST]
    who = table.drop_duplicates("band").set_index("band")["customers"]
    with _style.look():
        figure, both = _style.canvas(
            "For whom recommendations are right",
            "recall at 10 within each sort of item, mean over windows; below each band the customers in it",
            columns=2,
            height=4.4,
            sharex=True,
        )
        sides = {"What was bought before": ("repeat",), "What was new": ("explore", "new_category")}
        for axes, (title, sorts) in zip(both, sides.items(), strict=True):
            part = table[table["sort"].isin(sorts)].groupby(["label", "band"], sort=False)[["found", "share"]]
            sums = part.sum()
            recall = (sums["found"] / sums["share"].where(sums["share"] > 0)).unstack("band")
            for place, label in enumerate(labels):
                values = recall.loc[label, bands].to_numpy(dtype=float)
                style = {"color": _style.PALETTE[place], "marker": _style.MARKERS[place]}
                axes.plot(range(len(bands)), values, label=label, **style)
            axes.set_xticks(range(len(bands)), [f"{band}\n({who[band]:,})" for band in bands])
            axes.set(title=title, xlabel="Baskets before", ylim=(0, None))
        both[0].set(ylabel="Recall at 10")
        _style.legend_below(figure, both[0], columns=3)
    return figure
