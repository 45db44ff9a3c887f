"""Cohorts: how many of the new customers of a month order again in the months after."""

from __future__ import annotations

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.plots import _style

SUBJECT = "dataset"
SHOWN = 24


def draw(dataset: str) -> _style.Picture:
    """Show per month of the first order the share who ordered again k months later, as a table of colours.

    Empty cells lie beyond the end of the data. Raises NotApplicable where nobody is known, or all orders lie
    in one month.
    """
    table = trade.cohorts(dataset).tail(SHOWN)
    shares = table.drop(columns="size")
    names = [f"{month} ({size:,})" for month, size in zip(table.index, table["size"], strict=True)]
    with _style.look():
        figure, axes = _style.canvas(
            f"{described(dataset).label}: who comes back",
            "share of the customers with their first order in a month who ordered again k months later; in "
            f"brackets how many they are{'; the last two years' if len(table) == SHOWN else ''}",
            height=1.8 + 0.27 * len(table),
        )
        top = max(float(shares.max().max()), 0.01)
        axes.imshow(shares, cmap="Blues", aspect="auto", vmin=0, vmax=top)
        for row, values in enumerate(shares.to_numpy()):
            for column, share in enumerate(values):
                if share == share:
                    colour = "white" if share > 0.6 * top else "black"
                    axes.text(
                        column,
                        row,
                        f"{share:.0%}",
                        ha="center",
                        va="center",
                        color=colour,
                        fontsize="x-small",
                    )
        axes.set_xticks(range(shares.shape[1]), [str(c) for c in shares.columns])
        axes.set_yticks(range(len(names)), names, fontsize="small")
        axes.set(xlabel="Months after the first order", ylabel="First order (customers)")
        axes.grid(visible=False)
    return figure
