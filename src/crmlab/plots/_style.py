"""How every picture looks: one palette, sizes for a notebook, the same bytes on every drawing."""

from __future__ import annotations

import contextlib
import io
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from crmlab import registry, store
from crmlab.errors import NotApplicable
from crmlab.vocabulary import CHANCE, OK, ORACLE, STATUS_QUO

WIDTH = 9.0
"""Inches: with DOTS_PER_INCH as wide as a notebook's page."""
DOTS_PER_INCH = 110
CHARACTERS = 104
"""Of a subtitle's line."""

# Okabe and Ito (2008), told apart with every common colour blindness; yellow darkened to show on white
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A700")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
REST = "#C9C9C9"
"""The colour of methods beyond as many as can be told apart."""
CONTROL = {CHANCE: "#A6A6A6", STATUS_QUO: "#595959", ORACLE: "#111111"}
CONTROL_LINE = {CHANCE: (0, (1, 1.5)), STATUS_QUO: (0, (5, 2)), ORACLE: (0, (5, 1.5, 1, 1.5))}
FURTHER_RULES = (("#808080", (0, (2, 2))), ("#404040", (0, (9, 2, 2, 2))), ("#999999", (0, (9, 3))))
"""Colour and dash of the second and further status quo of a roster."""
QUIET = "#767676"


class Picture(Figure):
    """A figure that gives the same PNG bytes in a notebook, in a file and on every drawing."""

    title = ""

    def png(self) -> bytes:
        """Return the picture as PNG, without dates and versions in it."""
        sink = io.BytesIO()
        with look():
            # laid out once: every further drawing would move things by a pixel
            self.get_layout_engine().execute(self)
            self.set_layout_engine("none")
            # drawn once: `savefig` draws first to see what a layout would do
            FigureCanvasAgg(self).print_png(sink, metadata={"Software": None})
        return sink.getvalue()

    def save(self, path: Path) -> Path:
        """Write the picture as PNG; return the path."""
        with store.replacing(path) as part:
            part.write_bytes(self.png())
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Show the picture in a notebook, the same with every drawing back end."""
        return {"image/png": self.png(), "text/plain": f"Picture: {self.title}"}


@contextlib.contextmanager
def look() -> Iterator[None]:
    """Draw in the project's look; global settings stay as they are."""
    theme = sns.axes_style("whitegrid") | sns.plotting_context("notebook", font_scale=0.9)
    ours = {
        # the font that comes with matplotlib: text has the same width on every machine
        "font.family": ["DejaVu Sans"],
        "svg.hashsalt": "crmlab",
        "axes.titlelocation": "left",
        "axes.titlesize": "medium",
        "axes.edgecolor": "#B0B0B0",
        "grid.color": "#E6E6E6",
        "figure.facecolor": "white",
        "lines.linewidth": 1.8,
    }
    with mpl.rc_context({**theme, **ours}):
        yield


def canvas(
    title: str, subtitle: str = "", *, rows: int = 1, columns: int = 1, height: float = 4.5, **grid: Any
) -> tuple[Picture, Any]:
    """Return an empty picture with a title and its axes (as `Figure.subplots` shapes them).

    height: inches. Further arguments go to `Figure.subplots`.
    """
    figure = Picture(figsize=(WIDTH, height), dpi=DOTS_PER_INCH, layout="constrained")
    figure.title = title
    axes = figure.subplots(rows, columns, **grid)
    heading = "\n".join([title, *textwrap.wrap(subtitle, CHARACTERS)])
    figure.suptitle(heading, x=0.01, ha="left", fontsize="medium", linespacing=1.3)
    return figure, axes


def named(comparison: Any, what: str) -> str:
    """Return a picture's title: the question, the problem and what is shown."""
    return f"{registry.find('tasks', comparison.task).label} · {comparison.name}: {what}"


def colours(comparison: Any) -> dict[str, str]:
    """Return the colour of each method, greys for the controls (see `_told_apart`)."""
    plain = dict(zip(_told_apart(comparison), PALETTE, strict=False))
    grey = {method: colour for method, (colour, _) in _further_rules(comparison).items()}
    return {
        r.method: grey.get(r.method, CONTROL[r.control]) if r.control else plain.get(r.method, REST)
        for r in comparison.runs
    }


def _further_rules(comparison: Any) -> dict[str, tuple[str, Any]]:
    """Return colour and dash of every status quo but the first of the roster."""
    rules = [r.method for r in comparison.runs if r.control == STATUS_QUO]
    return dict(zip(rules[1:], FURTHER_RULES, strict=False))


def markers(comparison: Any) -> dict[str, str]:
    """Return the marker of each method, so that colour is never the only difference."""
    plain = dict(zip(_told_apart(comparison), MARKERS, strict=False))
    return {r.method: "|" if r.control else plain.get(r.method, ".") for r in comparison.runs}


def _told_apart(comparison: Any) -> list[str]:
    """Return the methods that have a colour of their own, in the order of the palette.

    By the place in the roster, so that a method looks the same on every problem; where the roster is
    longer than the palette, the best by the primary metric.
    """
    free = [r.method for r in comparison.runs if r.control is None]
    if len(free) > len(PALETTE):
        free = [m for m in comparison.order() if m in free]
    return free[: len(PALETTE)]


def line(comparison: Any, method: str) -> dict[str, Any]:
    """Return how a method's line is drawn, with its label; thin and unnamed where it has no colour."""
    run = comparison.run_of(method)
    if colours(comparison)[method] == REST:
        return {"color": REST, "linestyle": "-", "linewidth": 0.9, "label": f"_{run.label}", "zorder": 1.5}
    _, dash = _further_rules(comparison).get(method, (None, CONTROL_LINE.get(run.control, "-")))
    return {
        "color": colours(comparison)[method],
        "linestyle": dash,
        "label": run.label,
        "zorder": 2 if run.control else 3,
    }


def segment_colour(segment: int) -> str:
    """Return a segment's colour, the same in every picture."""
    return PALETTE[int(segment) % len(PALETTE)]


def metric_title(metric: Any) -> str:
    """Return a metric's label with its unit and which way is better."""
    unit = f" ({metric.unit})" if metric.unit else ""
    return f"{metric.label}{unit}, {'higher' if metric.higher_is_better else 'lower'} is better"


def answered(comparison: Any, column: str) -> list[str]:
    """Return the methods whose answers have a column, best first."""
    has = {r.method for r in comparison.runs if r.status == OK and column in r.answers}
    return [m for m in comparison.order() if m in has]


def scored(comparison: Any) -> list[str]:
    """Return the methods that answered with scores, best first, without chance.

    Raises NotApplicable where there is none.
    """
    found = [m for m in answered(comparison, "score") if comparison.run_of(m).control != CHANCE]
    if not found:
        raise NotApplicable("no method answered with scores")
    return found


def legend_below(figure: Figure, axes: Axes, *, columns: int = 4) -> None:
    """Put the legend of some axes under the picture, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    if any(drawn.get_color() == REST for drawn in axes.get_lines()):
        handles.append(mpl.lines.Line2D([], [], color=REST, linewidth=0.9))
        labels.append("other methods")
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize="small")


def percent(axis: Any) -> None:
    """Write an axis' shares as per cent, with the decimals that its ticks need."""
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda share, place: f"{round(100 * share, 6):g}%"))


def shorten(text: str, length: int) -> str:
    """Return a text of at most `length` characters, cut at a word."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0] + "…"
