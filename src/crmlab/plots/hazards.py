"""Hazards: how much faster members leave after what service they got, with intervals."""

from __future__ import annotations

from typing import Any

from crmlab.plots import _style

SUBJECT = "service hazards"


def draw(found: Any) -> _style.Picture:
    """Show the hazard ratio of each kind of service episode on a logarithmic scale.

    Read an interval that crosses the line at 1 as: no difference is established. To the right members
    leave faster, to the left more slowly. found: a `why.service_hazards.ServiceHazards`.
    """
    table = found.table.iloc[::-1]
    with _style.look():
        figure, axes = _style.canvas(
            f"{found.problem}: service and the hazard of ending a membership",
            f"hazard ratio within {found.memory_days:g} days of an episode, Cox model, {found.level:.0%} "
            f"intervals; {found.events:,} ends of {found.memberships:,} memberships, known on {found.cutoff}",
            height=1.6 + 0.5 * len(table),
        )
        for place, row in enumerate(table.itertuples()):
            real = row.lower > 1 or row.upper < 1
            colour = _style.PALETTE[0] if real else _style.QUIET
            axes.hlines(place, row.lower, row.upper, color=colour, linewidth=2)
            axes.plot(row.ratio, place, "o" if real else "s", color=colour, markersize=7)
        axes.axvline(1, color="black", linewidth=1)
        axes.set_yticks(range(len(table)), [f"{r.kind}\n({r.events:,} ends)" for r in table.itertuples()])
        reach = 1.15 * max(table["upper"].max(), 1 / table["lower"].min(), 2.0)
        axes.set(xscale="log", xlim=(1 / reach, reach), ylim=(-0.6, len(table) - 0.4), xlabel="Hazard ratio")
        ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10) if 1 / reach <= t <= reach]
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.set_xticks([], minor=True)
        axes.grid(axis="y", visible=False)
    return figure
