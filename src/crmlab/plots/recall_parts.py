"""Recall in its parts: how much of a basket each method finds of habits, and of what is new."""

from __future__ import annotations

from typing import Any, Final

from crmlab.errors import NotApplicable
from crmlab.plots import _style

SHADES: Final = {"repeat": "#0072B2", "explore": "#E69F00", "new_category": "#009E73"}
WORDS: Final = {
    "repeat": "bought before",
    "explore": "new",
    "new_category": "new and of a new category",
}


def draw(found: Any) -> _style.Picture:
    """Show, for every method, the share of a basket that its first ten places hold, best on top.

    found: habits and news. The length of a bar is the recall, its colours say of which sort of item; the
    legend says how much of it there is to be found. Raises NotApplicable where there is nothing to show.
    """
    table = found.of_band("all")
    if table.empty:
        raise NotApplicable("no method found anything to show")
    labels = list(dict.fromkeys(table["label"]))
    shares = table[table["label"] == labels[0]].set_index("sort")["share"]
    with _style.look():
        figure, axes = _style.canvas(
            "What the first ten places hold",
            "share of a basket, mean over customers who bought, and over windows",
            height=1.9 + 0.36 * len(labels),
        )
        left = [0.0] * len(labels)
        for sort, colour in SHADES.items():
            if not shares.get(sort, 0.0):
                continue
            values = table[table["sort"] == sort].set_index("label")["found"].loc[labels]
            words = f"{WORDS[sort]} ({shares[sort]:.0%} of a basket)"
            axes.barh(range(len(labels)), values, left=left, color=colour, label=words, height=0.7)
            left = [start + value for start, value in zip(left, values, strict=True)]
        for place, total in enumerate(left):
            axes.text(total, place, f" {total:.3f}", va="center", fontsize="small")
        axes.set_yticks(range(len(labels)), labels)
        axes.set(ylim=(len(labels) - 0.4, -0.6), xlabel="Recall at 10")
        axes.margins(x=0.12)
        axes.grid(axis="y", visible=False)
        handles, names = axes.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return figure
