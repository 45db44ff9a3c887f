"""Differences: the champion against every other method, with the interval of each pair and over all."""

from __future__ import annotations

from typing import Any

from crmlab import registry
from crmlab.comparison.leads import leads
from crmlab.plots import _style


def draw(comparison: Any) -> _style.Picture:
    """Show how far the champion is ahead of each other method by the primary metric.

    Read it from zero: a thick interval that lies wholly to the right of the line is a lead (filled), one
    that touches it is none (hollow). It is that of the pair alone, by which the verdict is given; the thin
    one holds for all pairs at once. The grey band is what does not matter. Raises NotApplicable without a
    rival.
    """
    shown = leads(comparison)
    best = comparison.run_of(comparison.verdict.champion).label
    metric = registry.metric(comparison.primary)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, f"lead of {best}"),
            f"{comparison.level:.0%} intervals: thick, of the pair; thin, over all; filled: without zero",
            height=1.6 + 0.38 * len(shown),
        )
        axes.axvline(0, color="black", linewidth=1, zorder=1)
        if comparison.margin:
            axes.axvspan(-comparison.margin, comparison.margin, color="0.9", linewidth=0, zorder=0)
        for place, lead in enumerate(shown.itertuples()):
            _row(axes, place, lead, _style.colours(comparison)[lead.method])
        axes.set_yticks(range(len(shown)), [f"over {comparison.run_of(m).label}" for m in shown["method"]])
        unit = f" ({metric.unit})" if metric.unit else ""
        axes.set_xlabel(f"Lead in {metric.label}{unit}; to the right: {best} is better")
        axes.set(ylim=(len(shown) - 0.4, -0.6))
        axes.grid(axis="y", visible=False)
    return figure


def _row(axes: Any, place: int, lead: Any, color: str) -> None:
    """Draw one difference with its interval and number."""
    axes.plot([lead.lower, lead.upper], [place, place], color=color, linewidth=0.9, zorder=2)
    axes.plot([lead.pair_lower, lead.pair_upper], [place, place], color=color, linewidth=2.6, zorder=3)
    filling = color if lead.is_real else "white"
    axes.plot(lead.lead, place, "o", color=color, markerfacecolor=filling, markersize=8, zorder=4)
    text = f"{lead.lead:+.3f}  [{lead.pair_lower:+.3f}, {lead.pair_upper:+.3f}]"
    axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize="small")
