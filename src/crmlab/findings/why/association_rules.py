"""Association rules to churn: mined on one origin by Apriori, counted again on the next.

The mining origin only proposes: nothing is claimed from it. What a rule is worth is read at the next
origin, whose label window begins after that of the first has ended. Many customers are the same people at
both: it is the same shop, later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.explain.apriori import IMPROVEMENT, LENGTH, LIFT, chosen, mined
from crmlab.explain.evidence import FEWEST
from crmlab.explain.items import SUPPORT, items_of
from crmlab.explain.recount import MEASURES, counted
from crmlab.explain.two_origins import counting, pair
from crmlab.explain.window import LastWindow

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.problems.problem import Problem

SHOWN: Final = 3
"""So many rules are said; the table has them all."""


@dataclass(frozen=True)
class AssociationRules:
    """The rules of one origin and what became of them at the next.

    table: one row per rule, the strongest at the mining origin first: `rule`, `conditions`, `events` (the
    items that are service events), `mined_n` (customers who meet it), `mined_support` (share of all who meet
    it and churned), `mined_confidence` (share of `mined_n` who churned), `mined_lift` (confidence over the
    base rate); the same at the next origin without `mined_`, each with `_lower` and `_upper`; `shorter`, the
    highest confidence there of a shorter rule within, or the base rate; `held`. proposed: rules that reached
    the limits and are not redundant, of which those in the table were counted again. events: the columns
    with items that are service events, whether in a rule or not.
    """

    mined_on: str
    again_on: str
    known_on: str
    """The day on which the labels of the mining origin were known."""
    mined_rate: float
    base_rate: float
    n_mined: int
    n_again: int
    n_both: int
    """Customers at both origins."""
    level: float
    people: str
    positive: str
    items: int
    events: tuple[str, ...]
    proposed: int
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many rules held, which ones, and how they were found."""
        return (self._summary(), *self._each(), self._of_events(), *self._of_shorter(), self._about())

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        t = self.table
        shown = {
            "Customers, mined": [f"{n:,}" for n in t["mined_n"]],
            **{f"{m.capitalize()}, mined": [_form(m, v) for v in t[f"mined_{m}"]] for m in MEASURES},
            "Customers": [f"{n:,}" for n in t["n"]],
            **{m.capitalize(): [_ends(row, m) for row in t.to_dict("records")] for m in MEASURES},
            "Best shorter": [_form("confidence", v) if pd.notna(v) else "" for v in t["shorter"]],
            "Held": [
                "yes" if row.held else "no" if row.n >= FEWEST else f"fewer than {FEWEST} customers"
                for row in t.itertuples()
            ],
        }
        return pd.DataFrame(shown).set_axis(t["rule"].rename("Rule"))

    def _summary(self) -> str:
        """Say how many of the rules held."""
        if not len(self.table):
            return (
                f"No rule reached a support of {SUPPORT:.0%} with a lift of {LIFT:g} at {self.mined_on}, "
                f"where {self.mined_rate:.1%} {self.positive}: there is nothing to count again."
            )
        k, held = len(self.table), int(self.table["held"].sum())
        if k == 1:
            text = f"The one rule mined at {self.mined_on} {'held' if held else 'did not hold'}"
        else:
            text = f"{held or 'None'} of the {k} rules mined at {self.mined_on} held"
        return (
            f"{text} at {self.again_on}: to hold, the lower end of a rule's confidence there has to lie "
            f"above the base rate of {self.base_rate:.1%}."
        )

    def _each(self) -> list[str]:
        """Say the rules that held with the highest lower ends of the lift, one of them with an event."""
        held = self.table[self.table["held"]].sort_values("lift_lower", ascending=False, kind="stable")
        with_one = held[held["events"].map(len) > 0]
        shown = held.head(SHOWN).index.union(with_one.head(1).index, sort=False)
        return [self._of_rule(held.loc[at]) for at in shown]

    def _of_rule(self, rule: pd.Series) -> str:
        """Say a rule: what it was at the next origin, and where it was mined."""
        shorter = f"; its best shorter rule {rule.shorter:.1%}" if len(rule.conditions) > 1 else ""
        return (
            f"{self.people.capitalize()} with {rule.rule}: {rule.confidence:.1%} {self.positive} "
            f"({self.level:.0%} interval {rule.confidence_lower:.1%} to {rule.confidence_upper:.1%}), "
            f"{rule.lift:.2f} times the base rate ({rule.lift_lower:.2f} to {rule.lift_upper:.2f}), "
            f"n = {rule.n:,}{shorter}. Where it was mined: "
            f"{rule.mined_confidence:.1%}, {rule.mined_lift:.2f} times."
        )

    def _of_events(self) -> str:
        """Say which service events could stand in a rule, and in how many they do."""
        if not self.events:
            return "No column tells of service events, or too few customers had one to stand in a rule."
        with_one = self.table[self.table["events"].map(len) > 0]
        count = f"{len(with_one)} of the rules counted again name one"
        count += f"; {int(with_one['held'].sum())} of these held" if len(with_one) else ""
        return f"Service events that could stand in a rule are of {', '.join(self.events)}. {count}."

    def _of_shorter(self) -> list[str]:
        """Say in how many rules every item still adds something: held they may have for fewer."""
        told = self.table[self.table["held"]]
        if told.empty:
            return []
        better = int((told["confidence"] - told["shorter"] >= IMPROVEMENT).sum())
        rest = "" if better == len(told) else " For the rest a shorter rule says nearly as much."
        return [
            f"Where it was mined each rule was at least {_points(IMPROVEMENT)} above every shorter one "
            f"within it. At {self.again_on} this is still so, as counted, for {better} of the {len(told)} "
            f"that held.{rest}"
        ]

    def _about(self) -> str:
        """Say how the rules were found and counted."""
        again = (
            f"Counted again were {len(self.table)} that are not mostly the same {self.people}, by turns the "
            "strongest of each length, with a service event and without; the intervals of each measure hold "
            "for all of these at once. "
        )
        return (
            f"Mined among the {self.n_mined:,} {self.people} at {self.mined_on}, whose labels were known on "
            f"{self.known_on}, from {self.items:,} items, up to {LENGTH} in a rule; counted again among the "
            f"{self.n_again:,} at {self.again_on} ({self.n_both:,} of them were there before), whose label "
            f"window does not overlap the first. {self.proposed:,} rules had a support of {SUPPORT:.0%} (the "
            f"share who meet the rule and {self.positive}), a lift of {LIFT:g} and a confidence "
            f"{_points(IMPROVEMENT)} above every shorter rule. {again if len(self.table) else ''}A rule "
            f"tells who {self.positive}, not why."
        )


def find(comparison: Comparison) -> AssociationRules:
    """Return the rules to the outcome of a comparison's problem: mined on one origin, counted on the next.

    Raises NotApplicable, with the reason, where there are not two origins that follow each other.
    """
    return of_problem(comparison.problem, seed=comparison.seed, level=comparison.level)


def of_problem(problem: Problem, *, seed: int, level: float = 0.95) -> AssociationRules:
    """Return the rules of a problem: see `find`."""
    window, mined, again = pair(problem, seed=seed, level=level)
    owners = problem.rows.loc[problem.rows["origin"] == mined.cutoff, "customer"]
    days = [moment.date().isoformat() for moment in (mined.cutoff, again, mined.end)]
    both = int(np.isin(window.customers, owners).sum())
    return rules(window, counting(problem), days=days, both=both)


def rules(
    window: LastWindow, counts: Collection[str] = (), *, days: Sequence[str] = ("", "", ""), both: int = 0
) -> AssociationRules:
    """Return the rules of the train rows, an origin, counted again in the test rows, the next one.

    counts: the columns that count. days: the two origins and when the first one's labels were known. both:
    customers at both. The test rows decide nothing but what became of a rule.
    """
    every = items_of(window.train, window.roles, counts)
    found = mined(every, window.train, window.train_outcome)
    base = float(window.train_outcome.mean())
    kept = [([every[i] for i in rule.items], rule) for rule in chosen(found, every, window.train)]
    first = [
        {
            "rule": " and ".join(item.text for item in items),
            "conditions": tuple(item.condition for item in items),
            "events": tuple(item.text for item in items if item.event),
            "mined_n": rule.n,
            "mined_support": rule.ones / len(window.train),
            "mined_confidence": rule.ones / rule.n,
            "mined_lift": rule.ones / rule.n / base,
        }
        for items, rule in kept
    ]
    names = ["rule", "conditions", "events", "mined_n", *(f"mined_{m}" for m in MEASURES)]
    again = counted(window, [row["conditions"] for row in first])
    return AssociationRules(
        *days,
        mined_rate=base,
        base_rate=window.base_rate,
        n_mined=len(window.train),
        n_again=len(window.test),
        n_both=both,
        level=window.level,
        people=window.people,
        positive=window.positive,
        items=len(every),
        events=tuple(dict.fromkeys(item.condition.column for item in every if item.event)),
        proposed=len(found),
        table=pd.concat([pd.DataFrame(first, columns=names), again], axis=1),
    )


def _points(share: float) -> str:
    """Return a difference of shares as people say it."""
    return f"{100 * share:g} percentage points"


def _form(measure: str, value: float) -> str:
    """Return a value as people write it."""
    return f"{value:.2f}" if measure == "lift" else f"{value:.1%}"


def _ends(row: dict[str, Any], measure: str) -> str:
    """Return a measure with its interval as text, nothing where it has no value."""
    if pd.isna(row[measure]):
        return ""
    value, lower, upper = (_form(measure, row[f"{measure}{end}"]) for end in ("", "_lower", "_upper"))
    return f"{value} [{lower}, {upper}]"
