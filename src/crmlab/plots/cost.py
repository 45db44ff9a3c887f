"""Cost against quality: what the methods of a question take, and how far each is behind the best."""

from __future__ import annotations

from typing import Any

from crmlab import registry
from crmlab.comparison import committed
from crmlab.errors import NotApplicable
from crmlab.plots import _style, overview

SUBJECT = "task"
COSTS = {"cpu_seconds": "CPU seconds per fit", "peak_memory_mb": "Peak memory, MB"}


def draw(task: str) -> _style.Picture:
    """Show how far each method is behind the best of its problem, over what a fit of it took.

    A mark is a method on a problem; the best lie on the line at 0. Times and memory are those of the runs
    that are kept on this machine, so that they are no part of what git keeps. Raises NotApplicable where
    none is kept.
    """
    found = committed.records(task)
    metric = registry.metric(next(iter(found.values()))["primary"]) if found else None
    higher = metric is not None and metric.higher_is_better
    kept = [(key, method, own) for r in found.values() for key, method, own in _kept(r, higher)]
    if not kept:
        raise NotApplicable(f"no run of {task} is kept on this machine: dvc repro makes them")
    looks = overview.looks(task, found)
    with _style.look():
        figure, axes = _style.canvas(
            f"{registry.find('tasks', task).label}: {metric.label} for what it takes",
            "a mark is a method on a problem, on this machine; at 0 the best of its problem; grey: controls",
            columns=2,
            height=4.8,
            sharey=True,
        )
        for place, (name, label) in zip(axes, COSTS.items(), strict=True):
            for key, method, own in kept:
                colour, marker = looks[key]
                look = {"color": colour, "markersize": 12 if method["control"] else 7, "markeredgewidth": 2}
                place.plot(own[name], own["behind"], marker, label=method["label"], **look)
            place.axhline(0, color="black", linewidth=1)
            place.set(xlabel=label)
        axes[0].set(xscale="log", ylabel="behind the best")
        overview.legend(figure, axes[0])
    return figure


def _kept(
    record: dict[str, Any], higher_is_better: bool
) -> list[tuple[str, dict[str, Any], dict[str, float]]]:
    """Return the methods of a record with a value whose run is kept: key, method, its costs and lag."""
    values = {
        key: method["scores"].get(record["primary"], {}).get("value")
        for key, method in record["methods"].items()
    }
    best = values.get(record["verdict"]["champion"])
    found = []
    for key, method in record["methods"].items():
        cost = committed.cost_of(method)
        if None in (best, values[key]) or not cost:
            continue
        each = cost["cpu_seconds"] / max(1, cost["fits"])
        ahead = values[key] - best if higher_is_better else best - values[key]
        found.append((key, method, cost | {"cpu_seconds": max(each, 1e-3), "behind": ahead}))
    return found
