"""Protocols: every method under two ways of dividing the rows, joined by a line."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import _style
from crmlab.vocabulary import CHANCE

SUBJECT = "two protocols"
APART = 0.055
"""Least distance of two labels, as a share of the axis' height."""


def draw(found: Any) -> _style.Picture:
    """Show each method's value with its interval under both protocols, joined by a line.

    Read it from the left to the right: a line that falls is what the protocol on the left promised
    too much; lines that cross are methods whose order is not the same. found: a
    `two_protocols.TwoProtocols`. Raises NotApplicable where it is None: nothing stands beside.
    """
    if found is None:
        raise NotApplicable("no other problem is named to set beside this one")
    methods = found.methods
    title = f"{registry.find('tasks', found.task).label} · {found.problems[1]} → {found.problems[0]}"
    with _style.look():
        figure, axes = _style.canvas(
            title,
            f"{found.level:.0%} intervals; a line joins the values of one method",
            height=3.4 + 0.14 * len(methods),
        )
        # side by side, so that the intervals of methods with one value do not hide each other
        aside = np.linspace(-0.06, 0.06, len(methods))
        looks = [_look(place, row.control) for place, row in enumerate(methods.itertuples())]
        for row, x, look in zip(methods.itertuples(), aside, looks, strict=True):
            _line(axes, row, x, look)
        if isinstance(found.metric.chance, float):
            axes.axhline(found.metric.chance, color=_style.CONTROL[CHANCE], linestyle=":", zorder=1)
        axes.set_xticks([0, 1], [_style.shorten(side, 60).strip("`") for side in (found.second, found.first)])
        axes.set(xlim=(-0.25, 2.1), ylabel=_style.metric_title(found.metric))
        axes.grid(axis="x", visible=False)
        _labels(axes, methods, aside, looks)
    return figure


def _look(place: int, control: str | None) -> tuple[str, str]:
    """Return the colour and the marker of the method at a place in the order."""
    colour = _style.CONTROL[control] if control else _style.PALETTE[place % len(_style.PALETTE)]
    return colour, _style.MARKERS[place % len(_style.MARKERS)]


def _line(axes: Any, row: Any, aside: float, look: tuple[str, str]) -> None:
    """Draw one method: its two values with intervals, and the line between them."""
    colour, marker = look
    values, places = [row.second, row.first], [aside, 1 + aside]
    axes.plot(places, values, marker=marker, color=colour, markersize=6, label=row.label, zorder=3)
    axes.vlines(
        places,
        [row.second_lower, row.first_lower],
        [row.second_upper, row.first_upper],
        color=colour,
        alpha=0.6,
        linewidth=1.4,
    )


def _labels(axes: Any, methods: Any, aside: np.ndarray, looks: list[tuple[str, str]]) -> None:
    """Write each method's name and values at the right, none over another, led to by a thin line."""
    bottom, top = axes.get_ylim()
    values = methods["first"].to_numpy()
    at = spread(values, apart=APART * (top - bottom))
    axes.set_ylim(min(bottom, at.min() - 0.02 * (top - bottom)), max(top, at.max() + 0.02 * (top - bottom)))
    for row, x, y, (colour, _) in zip(methods.itertuples(), aside, at, looks, strict=True):
        axes.plot([1 + x, 1.16], [row.first, y], color=colour, linewidth=0.6, alpha=0.6)
        text = f"{_style.shorten(row.label, 36)}  {row.second:.3f} → {row.first:.3f}"
        axes.text(1.18, y, text, va="center", fontsize="small", color=colour)


def spread(values: np.ndarray, *, apart: float) -> np.ndarray:
    """Return places (k,) near the values (k,), in their order, at least `apart` from each other.

    Places that would lie too near move apart evenly around their common middle.
    """
    order = np.argsort(values, kind="stable")
    # what is left after taking out the steps must only not fall: the nearest such line is a mean of pools
    steps = apart * np.arange(len(values))
    pools: list[list[float]] = []
    for value in values[order] - steps:
        pools.append([value])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    placed = np.empty(len(values))
    placed[order] = np.repeat([np.mean(p) for p in pools], [len(p) for p in pools]) + steps
    return placed
