"""Data quality: what the cleaning flags mark, and how much money is on those lines."""

from __future__ import annotations

from typing import Any

from crmlab.data.fingerprints import fingerprint, missing_shares
from crmlab.errors import NotApplicable
from crmlab.plots import _style

SUBJECT = "dataset"


def draw(dataset: str) -> _style.Picture:
    """Show each flag's share of lines and of gross revenue; without orders, the missing values.

    Flags only mark, nothing was deleted: features decide what to leave out. A negative share of
    revenue is money taken back. Raises NotApplicable where nothing is flagged or missing.
    """
    known = fingerprint(dataset)
    return _flags(known) if "flags" in known else _missing(known)


def _flags(known: dict[str, Any]) -> _style.Picture:
    """Draw the shares of lines and of revenue of each flag."""
    flags = known["flags"]
    names = [f"{n.removeprefix('is_').replace('_', ' ')}\n{f['lines']:,} lines" for n, f in flags.items()]
    with _style.look():
        figure, both = _style.canvas(
            f"{known['label']}: what the cleaning flags mark",
            f"of {known['tables']['transactions']['rows']:,} order lines",
            columns=2,
            height=1.6 + 0.5 * len(names),
            sharey=True,
        )
        shares = (("share_of_lines", "Share of lines"), ("share_of_gross_revenue", "Share of gross revenue"))
        for axes, (key, label), colour in zip(both, shares, _style.PALETTE, strict=False):
            values = [f[key] or 0.0 for f in flags.values()]
            bars = axes.barh(range(len(names)), values, 0.6, color=colour)
            axes.bar_label(bars, [f"{v:.2%}" for v in values], padding=4, fontsize="small")
            axes.axvline(0, color="black", linewidth=1)
            axes.margins(x=0.25)
            axes.set_xlabel(label)
            _style.percent(axes.xaxis)
            axes.grid(axis="y", visible=False)
        both[0].set_yticks(range(len(names)), names)
        both[0].invert_yaxis()
    return figure


def _missing(known: dict[str, Any]) -> _style.Picture:
    """Draw the share of missing values per column of the labelled table."""
    table = known["tables"]["labelled"]
    nulls = missing_shares(table)
    if not nulls:
        raise NotApplicable(f"none of the {table['rows']:,} rows lacks a value")
    with _style.look():
        figure, axes = _style.canvas(
            f"{known['label']}: missing values",
            f"columns that lack values, of {table['rows']:,} rows",
            height=1.5 + 0.36 * len(nulls),
        )
        bars = axes.barh(list(nulls), list(nulls.values()), 0.6, color=_style.PALETTE[0])
        axes.bar_label(bars, [f"{v:.2%}" for v in nulls.values()], padding=4, fontsize="small")
        axes.set(xlim=(0, 1.12), xlabel="Share of rows without a value")
        axes.invert_yaxis()
        _style.percent(axes.xaxis)
        axes.grid(axis="y", visible=False)
    return figure
