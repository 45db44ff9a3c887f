"""Overview: one question on all its problems, every method between chance and the oracle."""

from __future__ import annotations

import itertools
from typing import Any

from crmlab import registry
from crmlab.comparison import committed
from crmlab.errors import NotApplicable
from crmlab.plots import _style

SUBJECT = "task"


def draw(task: str) -> _style.Picture:
    """Show the primary metric of every method on every problem of a task that has scores.

    A row is a problem: the bar is the champion's interval, the ring the champion, a full ring where
    it is better than all; grey marks are the controls. Compare within a row: rows are other customers.
    Raises NotApplicable where no problem has scores.
    """
    found = committed.records(task)
    if not found:
        raise NotApplicable(f"no problem of {task} has scores yet")
    metric = registry.metric(next(iter(found.values()))["primary"])
    look_of = looks(task, found)
    with _style.look():
        figure, axes = _style.canvas(
            f"{registry.find('tasks', task).label} across its problems",
            "ring: the champion (dark where it is better than all), bar: its interval; grey: controls",
            height=2.0 + 0.5 * len(found),
        )
        for place, record in enumerate(found.values()):
            _row(axes, place, record, look_of)
        axes.set_yticks(range(len(found)), list(found))
        axes.set(ylim=(len(found) - 0.4, -0.6), xlabel=_style.metric_title(metric))
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.05)
        legend(figure, axes)
    return figure


def _row(axes: Any, place: int, record: dict[str, Any], looks: dict[str, tuple[str, str]]) -> None:
    """Draw one problem's methods."""
    champion = record["verdict"]["champion"]
    for key, method in record["methods"].items():
        score = method["scores"].get(record["primary"], {})
        if score.get("value") is None:
            continue
        colour, marker = looks[key]
        axes.plot(
            score["value"],
            place,
            marker,
            color=colour,
            markersize=14 if method["control"] else 7,
            markeredgewidth=2,
            label=method["label"],
            zorder=4 if key == champion else 3,
        )
        if key == champion:
            edge = "black" if record["verdict"]["lead_is_real"] else "#B0B0B0"
            axes.plot([score["lower"], score["upper"]], [place] * 2, color=colour, linewidth=2, zorder=2)
            axes.plot(score["value"], place, "o", markersize=14, markerfacecolor="none", color=edge, zorder=5)


def looks(task: str, found: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Return the colour and the marker of each method: by its place in the roster, grey lines for controls.

    Where there are more methods than colours, the colours come again with the next marker. Records of
    before may name methods that the roster has no more: they come after it.
    """
    methods = {key: m for record in found.values() for key, m in record["methods"].items()}
    order = [key for key in dict.fromkeys([*committed.roster(task), *methods]) if key in methods]
    looks = {key: (_style.CONTROL[c], "|") for key in order if (c := methods[key]["control"])}
    free = [key for key in order if key not in looks]
    pairs = [(colour, marker) for marker in _style.MARKERS for colour in _style.PALETTE]
    return looks | dict(zip(free, itertools.cycle(pairs), strict=False))


def legend(figure: Any, axes: Any) -> None:
    """Name each method once under the picture."""
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=4, frameon=False, fontsize="small"
    )
