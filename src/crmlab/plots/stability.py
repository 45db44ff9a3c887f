"""Stability: how much refits on other samples of the same customers agree."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from crmlab.comparison.answers import by_window
from crmlab.errors import NotApplicable
from crmlab.plots import _style


def draw(comparison: Any) -> _style.Picture:
    """Show the adjusted Rand index between every two bootstrap refits, per method.

    1 means that two samples of customers give the same segments, 0 as little agreement as chance.
    Stability is not validity: a rule is stable whether or not it means something. Last window.
    Raises NotApplicable where no method answered with refits that differ.
    """
    agreement = {m: _pairwise(comparison, m) for m in _style.answered(comparison, "segment_01")}
    kept = {m: v[~np.isnan(v)] for m, v in agreement.items() if not np.isnan(v).all()}
    if not kept:
        raise NotApplicable("no method answered with refits that can agree or differ")
    order = sorted(kept, key=lambda m: -np.median(kept[m]))
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "stability of the segments"),
            f"agreement of bootstrap refits, {max(map(len, kept.values()))} pairs per method, last window",
            height=1.6 + 0.5 * len(order),
        )
        boxes = axes.boxplot(
            [kept[m] for m in order],
            positions=range(len(order)),
            orientation="horizontal",
            patch_artist=True,
            widths=0.55,
            flierprops={"markersize": 3, "markeredgecolor": _style.QUIET},
            medianprops={"color": "black"},
        )
        for box, method in zip(boxes["boxes"], order, strict=True):
            box.set(facecolor=_style.colours(comparison)[method], alpha=0.75)
        axes.set_yticks(range(len(order)), [comparison.run_of(m).label for m in order])
        axes.set(ylim=(len(order) - 0.4, -0.6), xlim=(-0.05, 1.02))
        axes.set_xlabel("Adjusted Rand index of two refits, higher is better")
        axes.grid(axis="y", visible=False)
        axes.axvline(0, color=_style.QUIET, linestyle=":", zorder=1)
    return figure


def _pairwise(comparison: Any, method: str) -> np.ndarray:
    """Return the agreement of every two refits in the last window; nan where it is not defined."""
    *_, frame = by_window(comparison, method)
    refits = [c for c in frame if c.startswith("segment_")]
    return np.array([_agreement(frame[a], frame[b]) for a, b in combinations(refits, 2)])


def _agreement(first: Any, second: Any) -> float:
    """Return the adjusted Rand index (Hubert and Arabie 1985); nan for two trivial partitions."""
    if first.nunique() == second.nunique() and first.nunique() in (1, len(first)):
        return float("nan")
    return float(adjusted_rand_score(first, second))
