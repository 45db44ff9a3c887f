"""Top products: what makes the revenue."""

from __future__ import annotations

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.plots import _style

SUBJECT = "dataset"
LONGEST = 44


def draw(dataset: str) -> _style.Picture:
    """Show the products with the highest revenue, less what was given back, with their share of all.

    Raises NotApplicable where the orders name no products.
    """
    best = trade.products(dataset)
    names = [
        _style.shorten(name if name == product else f"{name} ({product})", LONGEST)
        for name, product in zip(best["name"].astype("str"), best["product"].astype("str"), strict=True)
    ]
    with _style.look():
        figure, axes = _style.canvas(
            f"{described(dataset).label}: top products",
            f"the {len(best)} with the highest revenue make {best['share'].sum():.1%} of it",
            height=1.6 + 0.3 * len(best),
        )
        bars = axes.barh(range(len(best)), best["net"], 0.65, color=_style.PALETTE[2])
        labels = [f"{row.share:.1%} · {row.items:,} pieces" for row in best.itertuples()]
        axes.bar_label(bars, labels, padding=4, fontsize="small")
        axes.set_yticks(range(len(best)), names, fontsize="small")
        axes.invert_yaxis()
        axes.margins(x=0.25)
        axes.set_xlabel(f"Revenue ({trade.currency(dataset)})")
        axes.grid(axis="y", visible=False)
    return figure
