"""Service hazards: what slow answers, good ones and returns do to the hazard of leaving, with intervals.

Leaving a shop without contracts is never seen, only guessed from silence; and who has just bought
both writes more tickets and buys again sooner, so that the hazard of the next purchase tells nothing of
service. What has a date is the end of a membership: it is the event here. An episode still marks a
customer who is active, while those who silently dropped out end memberships sooner: that by itself lowers
the ratios. In the ratio of a slow answer over a quick one it largely cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab import store, windows
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.maths import counting_process
from crmlab.maths.retention import yearly_margin
from crmlab.seeds import generator

if TYPE_CHECKING:
    from crmlab.compare import Comparison

SLOW, QUICK = "slow answer", "quick answer that satisfied"
OTHER, RETURNED = "quick answer that did not satisfy", "return"
SLOW_HOURS: Final = 24.0
MEMORY_DAYS: Final = 84.0
SATISFIED: Final = 4
"""Of 5 points."""
WIDE: Final = 2.0
"""From so many times its lower end on, an interval's upper end leaves the size of a ratio open."""

DAY: Final = pd.Timedelta(days=1)
DRAWS: Final = 4000


@dataclass(frozen=True)
class Contrast:
    """The hazard ratio of slow answers over that of quick ones that satisfied, with its interval."""

    ratio: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Recovery:
    """What a quick answer that satisfies is worth, in place of a slow one, by the fitted hazards.

    saved: the probability of leaving within the memory that it takes away. value: of a member, a year's
    fees and margin. worth: saved times value, with its interval; in currency.
    """

    saved: float
    value: float
    worth: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ServiceHazards:
    """The hazard ratios of a data set's service, as known at the last cutoff.

    table: one row per kind of episode: `kind`, `ratio` with `lower` and `upper`, `events` that fell
    into such episodes, `days` spent in them. contrast, recovery: None where a ratio that they need is not
    there.
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
        zero = "includes 0: not established" if r.lower <= 0 <= r.upper else "does not include 0"
        return (
            f"By this model, not by the truth, a quick answer that satisfies in place of a slow one takes "
            f"{100 * r.saved:.1f} percentage points off the probability to leave within "
            f"{self.memory_days:g} days; at {r.value:.2f} that a member brings in a year it is worth "
            f"{r.worth:.2f} ({self.level:.0%} interval {r.lower:.2f} to {r.upper:.2f}, which {zero})."
        )


def of(
    comparison: Comparison, *, slow_hours: float = SLOW_HOURS, memory_days: float = MEMORY_DAYS
) -> ServiceHazards:
    """Return the hazard ratios of service for ending a membership, as known at the last cutoff.

    slow_hours: an answer after so long is slow. memory_days: how long an episode acts. Raises
    NotApplicable, with the reason, where there are no tickets or memberships, or no ratio can be fitted.
    """
    problem = comparison.problem
    last = max((f for f in problem.facts["folds"] if f["refit"] == 0), key=lambda f: f["window"])
    if last["cutoff"] is None:
        raise NotApplicable(
            "a table without dates has no hazards: nothing says when service came and who left"
        )
    cutoff = windows.midnight(last["cutoff"])
    tables = _known(problem.facts["dataset"], cutoff)
    happened = episodes(tables, slow_hours=slow_hours, memory_days=memory_days)
    clubs = tables["memberships"]
    spells = spells_of(clubs, cutoff)
    try:
        found, kinds, rate = ratios(spells, happened, level=comparison.level)
    except CrmlabError as reason:
        raise NotApplicable(f"no hazard ratios: {reason}") from None
    fees = clubs.loc[clubs["ended"].isna(), ["customer", "monthly_fee"]]
    members = problem.fold(last["fold"]).test_rows.merge(fees, on="customer")
    own = yearly_margin(members, margin_share=comparison.economics.get("margin_share", 1.0), otherwise=0.0)
    value = float((own + 12 * members["monthly_fee"].to_numpy(dtype=float)).mean()) if len(members) else None
    return ServiceHazards(
        problem=comparison.name,
        cutoff=last["cutoff"],
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
    )


def episodes(tables: Mapping[str, pd.DataFrame], *, slow_hours: float, memory_days: float) -> pd.DataFrame:
    """Return what service customers went through: `customer, at, until, kind`.

    An episode begins when the customer could know: a slow answer when the time was up, a quick one when
    the ticket was solved, a return when it was sent back. tables: frames of tickets and transactions.
    """
    tickets, lines = tables["tickets"].dropna(subset="customer"), tables["transactions"]
    waited = (tickets["first_response_at"] - tickets["timestamp"]) / pd.Timedelta(hours=1)
    # who still waits for the first answer has waited too long, or not yet
    slow = tickets.assign(at=tickets["timestamp"] + pd.Timedelta(hours=slow_hours))[~(waited <= slow_hours)]
    quick = tickets.assign(at=tickets["resolved_at"])[waited <= slow_hours].dropna(subset="at")
    pleased = (quick["satisfaction"] >= SATISFIED).fillna(False).to_numpy(dtype=bool)
    back = lines[lines["is_cancellation"] & lines["customer"].notna()].assign(at=lambda t: t["timestamp"])
    parts = {SLOW: slow, QUICK: quick[pleased], OTHER: quick[~pleased], RETURNED: back}
    found = [part[["customer", "at"]].drop_duplicates().assign(kind=kind) for kind, part in parts.items()]
    every = pd.concat(found, ignore_index=True)
    return every.assign(until=every["at"] + memory_days * DAY)


def spells_of(memberships: pd.DataFrame, cutoff: Any) -> pd.DataFrame:
    """Return memberships as `customer, begin, end, event`; one that runs on is censored at the cutoff."""
    return pd.DataFrame(
        {
            "customer": memberships["customer"],
            "begin": memberships["started"],
            "end": memberships["ended"].fillna(pd.Timestamp(cutoff)),
            "event": memberships["ended"].notna(),
        }
    )


def spans(spells: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """Return the spells cut where an episode begins or ends: `start, stop` (days), `event`, and the kinds.

    spells: `customer, begin, end, event`. happened: as from `episodes`. Each kind is a column of 0 and 1:
    whether such an episode runs in the span.
    """
    spells = spells[spells["end"] > spells["begin"]].reset_index(drop=True)
    pairs = spells.rename_axis("spell").reset_index().merge(happened, on="customer")
    marks = pd.concat([pairs[["spell", "begin", "end"]].assign(at=pairs[c]) for c in ("at", "until")])
    inside = marks[(marks["at"] > marks["begin"]) & (marks["at"] < marks["end"])]
    begins = pd.DataFrame({"spell": spells.index, "at": spells["begin"]})
    cut = pd.concat([begins, inside[["spell", "at"]]]).drop_duplicates().sort_values(["spell", "at"])
    cut = cut.reset_index(drop=True)
    ends = cut["spell"].map(spells["end"])
    stop = cut.groupby("spell")["at"].shift(-1).fillna(ends)
    zero = cut["spell"].map(spells["begin"])
    found = pd.DataFrame(
        {
            "start": (cut["at"] - zero) / DAY,
            "stop": (stop - zero) / DAY,
            "event": (stop == ends) & cut["spell"].map(spells["event"]),
        }
    )
    running = cut.reset_index(names="row").merge(
        pairs[["spell", "kind", "at", "until"]], on="spell", suffixes=("", "_of")
    )
    running = running[(running["at_of"] <= running["at"]) & (running["at"] < running["until"])]
    for kind in happened["kind"].unique():
        found[kind] = found.index.isin(running.loc[running["kind"] == kind, "row"]).astype(float)
    return found


def ratios(
    spells: pd.DataFrame, happened: pd.DataFrame, *, level: float
) -> tuple[counting_process.Hazards, pd.DataFrame, float]:
    """Return the fit, a table per kind of episode, and the rate of events per day outside all of them.

    The table: `kind`, `ratio` with a Wald interval `lower`, `upper`, `events` and `days`. A kind in which
    no event, or every event, fell is left out: its ratio cannot be estimated. Time runs in days since a
    spell began. Raises DataError without events, CrmlabError where the fit does not converge.
    """
    cut = spans(spells, happened)
    names = [c for c in cut.columns[3:] if 0 < cut.loc[cut["event"], c].sum() < cut["event"].sum()]
    found = counting_process.fit(cut["start"], cut["stop"], cut["event"], cut[names].to_numpy())
    error = norm.ppf((1 + level) / 2) * np.sqrt(np.diag(found.covariance))
    days = cut["stop"] - cut["start"]
    table = pd.DataFrame(
        {
            "kind": names,
            "ratio": np.exp(found.log_ratios),
            "lower": np.exp(found.log_ratios - error),
            "upper": np.exp(found.log_ratios + error),
            "events": [int(cut.loc[cut["event"], name].sum()) for name in names],
            "days": [float((days * cut[name]).sum()) for name in names],
        }
    )
    free = (cut[names] == 0).all(axis=1)
    return found, table, float(cut.loc[free, "event"].sum() / max(days[free].sum(), 1.0))


def contrast(found: counting_process.Hazards, table: pd.DataFrame, *, level: float) -> Contrast | None:
    """Return the ratio of slow answers over that of quick ones that satisfied, with a Wald interval.

    found, table: as from `ratios`. None without both ratios.
    """
    names = table["kind"].tolist()
    if not {SLOW, QUICK} <= set(names):
        return None
    slow, quick = names.index(SLOW), names.index(QUICK)
    log, covariance = found.log_ratios[slow] - found.log_ratios[quick], found.covariance
    spread = covariance[slow, slow] + covariance[quick, quick] - 2 * covariance[slow, quick]
    error = norm.ppf((1 + level) / 2) * np.sqrt(spread)
    return Contrast(*(float(np.exp(log + side * error)) for side in (0, -1, 1)))


def recovery(
    found: counting_process.Hazards,
    table: pd.DataFrame,
    *,
    rate: float,
    value: float,
    memory_days: float,
    level: float,
    seed: int,
) -> Recovery | None:
    """Return what a quick answer that satisfies saves in place of a slow one; None without both ratios.

    By a constant hazard λ, the `rate` per day outside all episodes: saved = exp(−λ·q·memory) −
    exp(−λ·s·memory) for the ratios q and s. The interval varies both ratios together (normal on the log
    scale), not λ and not the value, a member's, in currency.
    """
    names = table["kind"].tolist()
    if not {SLOW, QUICK} <= set(names):
        return None
    at = [names.index(QUICK), names.index(SLOW)]
    base = rate * memory_days
    drawn = generator(seed, "recovery").multivariate_normal(
        found.log_ratios[at], found.covariance[np.ix_(at, at)], DRAWS, method="cholesky"
    )
    saved, *replicates = (
        np.exp(-base * np.exp(q)) - np.exp(-base * np.exp(s)) for q, s in [found.log_ratios[at], *drawn]
    )
    lower, upper = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2]) * value
    return Recovery(float(saved), value, float(saved) * value, float(lower), float(upper))


def _known(dataset: str, cutoff: Any) -> dict[str, pd.DataFrame]:
    """Return tickets, transactions and memberships as known at a cutoff.

    Raises NotApplicable where one of them is missing.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    for name in ("tickets", "memberships", "transactions"):
        if name not in tables:
            raise NotApplicable(f"{dataset} has no {name}: which service came before who left is not known")
    wanted = {name: tables[name] for name in ("tickets", "memberships", "transactions")}
    known = windows.before(wanted, cutoff)
    keys = {"tickets": "ticket_id", "memberships": "membership_id", "transactions": "line_id"}
    return {n: connection.to_pyarrow(t.order_by(keys[n])).to_pandas() for n, t in known.items()}
