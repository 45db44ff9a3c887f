"""Service hazards: what slow answers, good ones and returns do to the hazard of leaving, with intervals.

Leaving a shop without contracts is never seen, only guessed from silence; and who has just bought
both writes more tickets and buys again sooner, so that the hazard of the next purchase tells nothing of
service. What has a date is the end of a membership: it is the event here.
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
DAY: Final = pd.Timedelta(days=1)
DRAWS: Final = 4000


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
    into such episodes, `days` spent in them. recovery: None where a ratio that it needs is not there.
    """

    problem: str
    cutoff: str
    level: float
    memory_days: float
    slow_hours: float
    memberships: int
    events: int
    table: pd.DataFrame
    recovery: Recovery | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what is established, and what a recovery is worth."""
        about = (
            f"{self.events:,} of {self.memberships:,} memberships had ended by {self.cutoff}. An episode "
            f"acts for {self.memory_days:g} days; slow is an answer after {self.slow_hours:g} hours. Members "
            "who leave soon anyway differ from those who stay, which draws every ratio towards 1."
        )
        return (*(self._of_ratio(row) for row in self.table.itertuples()), self._of_recovery(), about)

    def _of_ratio(self, row: Any) -> str:
        """Say one hazard ratio."""
        said = f"After a {row.kind} members end their membership {row.ratio:.2f} times as fast"
        ends = f"{self.level:.0%} interval {row.lower:.2f} to {row.upper:.2f}, {row.events:,} ends"
        found = "" if row.lower > 1 or row.upper < 1 else "; a difference is not established"
        return f"{said} ({ends}){found}."

    def _of_recovery(self) -> str:
        """Say what a recovery is worth."""
        if self.recovery is None:
            return "What a quick answer is worth cannot be told."
        r = self.recovery
        return (
            f"By this model, not by the truth, a quick answer that satisfies in place of a slow one takes "
            f"{r.saved:.1%} off the probability to leave within {self.memory_days:g} days; at {r.value:.2f} "
            f"that a member brings in a year it is worth {r.worth:.2f} ({self.level:.0%} interval "
            f"{r.lower:.2f} to {r.upper:.2f})."
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
    end = clubs["ended"].fillna(pd.Timestamp(cutoff))
    spells = pd.DataFrame(
        {
            "customer": clubs["customer"],
            "begin": clubs["started"],
            "end": end,
            "event": clubs["ended"].notna(),
        }
    )
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
