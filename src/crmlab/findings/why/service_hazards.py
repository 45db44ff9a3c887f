"""Service hazards: what slow answers, good ones and returns do to the hazard of leaving, with intervals.

Leaving a shop without contracts is never seen, only guessed from silence; and who has just bought
both writes more tickets and buys again sooner, so that the hazard of the next purchase tells nothing of
service. What has a date is the end of a membership: it is the event here. An episode still marks a
customer who is active, while those who silently dropped out end memberships sooner: that by itself lowers
the ratios. In the ratio of a slow answer over a quick one it largely cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from crmlab.errors import CrmlabError, NotApplicable
from crmlab.explain.hazards import Contrast, Recovery, contrast, ratios, recovery
from crmlab.history import windows
from crmlab.history.margin import measured_margin
from crmlab.history.service_episodes import MEMORY_DAYS, SLOW_HOURS, episodes, known_service, spells_of
from crmlab.maths.retention import yearly_margin

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

WIDE: Final = 2.0
"""From so many times its lower end on, an interval's upper end leaves the size of a ratio open."""


@dataclass(frozen=True)
class ServiceHazards:
    """The hazard ratios of a data set's service, as known at the last cutoff.

    table: one row per kind of episode: `kind`, `ratio` with `lower` and `upper`, `events` that fell
    into such episodes, `days` spent in them. contrast, recovery: None where a ratio that they need is not
    there. measured_margin: of spend, by the shop's own costs, at which a member's year is valued; None where
    these are not known and the task's declared margin is taken.
    """

    problem: str
    cutoff: str
    level: float
    memory_days: float
    slow_hours: float
    memberships: int
    events: int
    table: pd.DataFrame
    contrast: Contrast | None
    recovery: Recovery | None
    measured_margin: float | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what is established, what a recovery is worth, and what lowers the ratios."""
        about = (
            f"{self.events:,} of {self.memberships:,} memberships had ended by {self.cutoff}. An episode "
            f"acts for {self.memory_days:g} days; slow is an answer after {self.slow_hours:g} hours. An "
            "episode marks a customer who is still active, which by itself lowers the ratios: those who "
            "dropped out unseen write no tickets and end memberships sooner. A ratio below 1 is therefore "
            "no proof of an effect."
        )
        ratios_said = (self._of_ratio(row) for row in self.table.itertuples())
        return (*ratios_said, self._of_contrast(), self._of_recovery(), about)

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = list(self.table.itertuples())
        shown = {
            "Hazard ratio": [f"{r.ratio:.2f} [{r.lower:.2f}, {r.upper:.2f}]" for r in rows],
            "Ends of memberships": [f"{r.events:,}" for r in rows],
            "Days": [f"{r.days:,.0f}" for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.kind for r in rows], name="After a"))

    def _of_ratio(self, row: Any) -> str:
        """Say one hazard ratio, and whether its interval leaves anything to be said."""
        said = f"After a {row.kind} members end their membership {row.ratio:.2f} times as fast"
        ends = f"{self.level:.0%} interval {row.lower:.2f} to {row.upper:.2f}, {row.events:,} ends"
        is_real = row.lower > 1 or row.upper < 1
        found = "" if is_real else "; a difference is not established"
        if row.upper >= WIDE * row.lower:
            noise = "how large the difference is stays open" if is_real else "such a number is mostly noise"
            found += (
                f"; the upper end is {row.upper / row.lower:.1f} times the lower one: in a single shop of "
                f"this size {noise}"
            )
        return f"{said} ({ends}){found}."

    def _of_contrast(self) -> str:
        """Say how slow answers compare with quick ones."""
        if self.contrast is None:
            return "Slow answers cannot be compared with quick ones."
        c = self.contrast
        found = "" if c.lower > 1 or c.upper < 1 else "; a difference is not established"
        return (
            f"After slow answers members end their membership {c.ratio:.2f} times as fast as after quick "
            f"ones that satisfied ({self.level:.0%} interval {c.lower:.2f} to {c.upper:.2f}){found}. Both "
            "mark a customer who is still active, so that what this does to a ratio largely cancels here."
        )

    def _of_recovery(self) -> str:
        """Say what a recovery is worth."""
        if self.recovery is None:
            return "What a quick answer is worth cannot be told."
        r = self.recovery
        share = self.measured_margin
        by = "the declared margin" if share is None else f"the shop's measured margin of {share:.1%}"
        zero = "includes 0: not established" if r.lower <= 0 <= r.upper else "does not include 0"
        return (
            f"By this model, not by the truth, a quick answer that satisfies in place of a slow one takes "
            f"{100 * r.saved:.1f} percentage points off the probability to leave within "
            f"{self.memory_days:g} days; at {r.value:.2f} that a member brings in a year, at {by}, it is "
            f"worth {r.worth:.2f} ({self.level:.0%} interval {r.lower:.2f} to {r.upper:.2f}, which {zero})."
        )


def find(
    comparison: Comparison, *, slow_hours: float = SLOW_HOURS, memory_days: float = MEMORY_DAYS
) -> ServiceHazards:
    """Return the hazard ratios of service for ending a membership, as known at the last cutoff.

    slow_hours: an answer after so long is slow. memory_days: how long an episode acts. Raises
    NotApplicable, with the reason, where there are no tickets or memberships, or no ratio can be fitted.
    """
    problem = comparison.problem
    last = problem.last_fold()
    if last.cutoff is None:
        raise NotApplicable(
            "a table without dates has no hazards: nothing says when service came and who left"
        )
    cutoff = windows.midnight(last.cutoff)
    tables = known_service(problem.facts["dataset"], cutoff)
    happened = episodes(tables, slow_hours=slow_hours, memory_days=memory_days)
    clubs = tables["memberships"]
    spells = spells_of(clubs, cutoff)
    try:
        found, kinds, rate = ratios(spells, happened, level=comparison.level)
    except CrmlabError as reason:
        raise NotApplicable(f"no hazard ratios: {reason}") from None
    fees = clubs.loc[clubs["ended"].isna(), ["customer", "monthly_fee"]]
    members = last.test_rows.merge(fees, on="customer")
    measured = measured_margin(comparison)
    declared = comparison.economics.get("margin_share", 1.0)
    own = yearly_margin(members, margin_share=declared if measured is None else measured, otherwise=0.0)
    value = float((own + 12 * members["monthly_fee"].to_numpy(dtype=float)).mean()) if len(members) else None
    return ServiceHazards(
        problem=comparison.name,
        cutoff=last.cutoff,
        level=comparison.level,
        memory_days=memory_days,
        slow_hours=slow_hours,
        memberships=len(spells),
        events=int(spells["event"].sum()),
        table=kinds,
        contrast=contrast(found, kinds, level=comparison.level),
        recovery=None
        if value is None
        else recovery(
            found,
            kinds,
            rate=rate,
            value=value,
            memory_days=memory_days,
            level=comparison.level,
            seed=comparison.seed,
        ),
        measured_margin=measured,
    )
