"""Segment count: what each number of segments would give, per method, and which one was taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from crmlab.errors import NotApplicable
from crmlab.plots import _style

MOST = 6
"""Methods that fit side by side."""


def draw(comparison: Any) -> _style.Picture:
    """Show, per method that chooses its number of segments k, stability, gap and BIC over k.

    Top: agreement of bootstrap refits at each k (1 = the same segments again). Middle: the gap
    statistic with its standard error. Bottom: BIC and ICL where the method is a density (lower is
    better). The dashed line is the k that was taken; the title says what the test of structure said
    before any k was looked at: without structure, k is 1 and the curves are only to look at. Last
    window. Raises NotApplicable where no method chooses.
    """
    made = {m: _choice(comparison, m) for m in comparison.order()}
    made = {m: choice for m, choice in made.items() if choice}
    if not made:
        raise NotApplicable("no method chose its number of segments")
    shown = list(made)[:MOST]
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, "how many segments"),
            "per method: what each number of segments k gives on the train rows; dashed: the k taken",
            rows=3,
            columns=len(shown),
            height=6.6,
            sharex="col",
            sharey="row",
            squeeze=False,
            gridspec_kw={"height_ratios": [1.4, 1, 1]},
        )
        for column, method in zip(grid.T, shown, strict=True):
            _column(column, comparison, method, made[method])
        for axes in grid[2]:
            axes.set_xlabel("k")
        for axes, label in zip(grid[:, 0], ("Stability (ARI)", "Gap", "BIC, ICL\n(0 is best)"), strict=True):
            axes.set_ylabel(label)
    return figure


def _choice(comparison: Any, method: str) -> Mapping[str, Any] | None:
    """Return how the last window's model chose k, or None."""
    details = comparison.run_of(method).details
    return details[max(details)].get("choice") if details else None


def _column(axes: Any, comparison: Any, method: str, choice: Mapping[str, Any]) -> None:
    """Draw one method's three curves."""
    stability, gap, density = axes
    curve = choice["curve"]
    if not curve:
        stability.text(1.05, 0.5, "none tried", color=_style.QUIET, fontsize="small")
    color = _style.colours(comparison)[method]
    settled = [step for step in curve if step.get("stability_values")]
    if settled:
        boxes = stability.boxplot(
            [step["stability_values"] for step in settled],
            positions=[step["k"] for step in settled],
            widths=0.6,
            patch_artist=True,
            flierprops={"markersize": 2, "markeredgecolor": _style.QUIET},
            medianprops={"color": "black"},
            manage_ticks=False,
        )
        for box in boxes["boxes"]:
            box.set(facecolor=color, alpha=0.75)
    known = [step for step in curve if step.get("gap") is not None]
    if not known:
        gap.text(0.5, 0.5, "not made", transform=gap.transAxes, ha="center", color=_style.QUIET)
    else:
        gap.errorbar(
            [step["k"] for step in known],
            [step["gap"] for step in known],
            yerr=[step["gap_se"] for step in known],
            fmt="o-",
            color=color,
            markersize=3,
        )
    for name, dash, marker in (("bic", "-", "o"), ("icl", ":", "s")):
        known = [(step["k"], step[name]) for step in curve if step.get(name) is not None]
        if known:
            ks, values = np.array(known, dtype=float).T
            scaled = (values - values.min()) / (np.ptp(values) or 1.0)
            look = {"color": color, "marker": marker, "markersize": 3, "label": name.upper()}
            density.plot(ks, scaled, dash, **look)
    if density.get_lines():
        density.legend(fontsize="x-small", frameon=False)
    else:
        density.text(0.5, 0.5, "no density", transform=density.transAxes, ha="center", color=_style.QUIET)
    for each in axes:
        each.axvline(choice["k"], color="black", linestyle="--", linewidth=1, zorder=1)
    ks = [step["k"] for step in curve] or [2]
    stability.set(xlim=(0.5, max(ks) + 0.6), ylim=(-0.05, 1.05), xticks=[1, *ks])
    gate = choice.get("gate") or {}
    verdict = "" if "rejects" not in gate else ("structure" if gate["rejects"] else "no structure")
    p = f", p {_p(gate['p'])}" if gate.get("p") is not None else ""
    label = _style.shorten(comparison.run_of(method).label, 20)
    stability.set_title(f"{label}\n{verdict}{p}\nk = {choice['k']}", fontsize="small")


def _p(value: float) -> str:
    """Return a p value as readers write it."""
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0")
