"""Differences: the champion against every other method, with simultaneous intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import _style


def draw(comparison: Any) -> _style.Picture:
    """Show how far the champion is ahead of each other method by the primary metric.

    Read it from zero: an interval that lies wholly to the right of the line is a real lead
    (filled), one that touches it is none (hollow). The intervals hold together for all pairs,
    because the champion was picked from the same data. Raises NotApplicable without a rival.
    """
    shown = leads(comparison)
    best = comparison.run_of(comparison.verdict.champion).label
    metric = registry.find("metrics", comparison.primary)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, f"lead of {best}"),
            f"simultaneous {comparison.level:.0%} intervals over all pairs; filled: the difference is real",
            height=1.6 + 0.38 * len(shown),
        )
        axes.axvline(0, color="black", linewidth=1, zorder=1)
        for place, lead in enumerate(shown.itertuples()):
            _row(axes, place, lead, _style.colours(comparison)[lead.method])
        axes.set_yticks(range(len(shown)), [f"over {comparison.run_of(m).label}" for m in shown["method"]])
        unit = f" ({metric.unit})" if metric.unit else ""
        axes.set_xlabel(f"Lead in {metric.label}{unit}; to the right: {best} is better")
        axes.set(ylim=(len(shown) - 0.4, -0.6))
        axes.grid(axis="y", visible=False)
    return figure


def leads(comparison: Any) -> pd.DataFrame:
    """Return the champion's lead over each other method by the primary metric, best rival first.

    Columns: method, lead, lower, upper (simultaneous over all pairs; positive where the champion
    is better, also for a metric of which less is better), p_adjusted, is_real. Raises
    NotApplicable without a rival.
    """
    best, pairs = comparison.verdict.champion, comparison.scores.pairs[comparison.primary]
    upward = registry.find("metrics", comparison.primary).higher_is_better
    rows = []
    for other in comparison.order():
        pair = pairs[pairs["a"].isin((best, other)) & pairs["b"].isin((best, other))]
        if other == best or pair.empty:
            continue
        found = pair.iloc[0]
        sign = 1 if (found["a"] == best) == upward else -1
        lower, upper = sorted((sign * found["lower"], sign * found["upper"]))
        rows.append(
            (other, sign * found["difference"], lower, upper, found["p_adjusted"], not lower <= 0 <= upper)
        )
    if not rows:
        raise NotApplicable("there is no pair of methods to compare")
    return pd.DataFrame(rows, columns=["method", "lead", "lower", "upper", "p_adjusted", "is_real"])


def _row(axes: Any, place: int, lead: Any, color: str) -> None:
    """Draw one difference with its interval and number."""
    axes.plot([lead.lower, lead.upper], [place, place], color=color, linewidth=2.2, zorder=3)
    filling = color if lead.is_real else "white"
    axes.plot(lead.lead, place, "o", color=color, markerfacecolor=filling, markersize=8, zorder=4)
    text = f"{lead.lead:+.3f}  [{lead.lower:+.3f}, {lead.upper:+.3f}]"
    axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize="small")
