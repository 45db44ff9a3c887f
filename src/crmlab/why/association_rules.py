"""Association rules to churn: mined on one origin by Apriori, counted again on the next.

The mining origin only proposes: nothing is claimed from it. What a rule is worth is read at the next
origin, whose label window begins after that of the first has ended. Many customers are the same people at
both: it is the same shop, later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, windows
from crmlab.encoding import levels_of
from crmlab.errors import NotApplicable
from crmlab.maths.rates import wilson
from crmlab.vocabulary import CATEGORICAL, NUMERIC
from crmlab.why.conditions import Condition, between, holding, missing_only, plain
from crmlab.why.evidence import FEWEST
from crmlab.why.service_hazards import SATISFIED, SLOW_HOURS
from crmlab.why.window import LastWindow

if TYPE_CHECKING:
    from crmlab.compare import Comparison
    from crmlab.problem import Problem

LENGTH: Final = 3
"""A rule has at most so many items."""

SUPPORT: Final = 0.02
"""At least this share of the customers meets a rule and churns: the least support."""

LIFT: Final = 1.05
"""A rule's customers churn at least so many times as often as all."""

IMPROVEMENT: Final = 0.02
"""By so much a rule's confidence exceeds that of every shorter rule within it, and the base rate."""

BINS: Final = 4
"""Numbers are cut at the quartiles, into fewer parts where these would be too small to reach SUPPORT."""

MOST: Final = 20
"""At most so many rules are counted again: each one more makes all intervals wider."""

SERVICE: Final = (
    *("tickets", "open_tickets", "response_hours_mean", "satisfaction_mean", "days_since_ticket"),
    *("return_lines", "return_value", "return_share", "returned_line_share", "days_since_return"),
)
"""The columns of the feature families service and returns: where they hold something, service happened."""

CUTS: Final = {"response_hours_mean": SLOW_HOURS, "satisfaction_mean": float(SATISFIED)}
"""Cuts that are known beforehand: a slow answer and a satisfied customer, as for the hazard ratios."""

SAME: Final = 0.5
"""Of two rules with a larger Jaccard overlap of their customers the stronger one stands for both."""

SHOWN: Final = 3
"""So many rules are said; the table has them all."""

MEASURES: Final = ("support", "confidence", "lift")


@dataclass(frozen=True)
class Item:
    """What may stand in a rule: a condition on one column, and how it reads."""

    text: str
    condition: Condition
    event: bool = False
    """Whether it says that a service event happened."""


@dataclass(frozen=True)
class Found:
    """A rule at the mining origin.

    items: their numbers. n: customers who meet it; ones: those of them who churned; gain: how many more
    these are than its best shorter rule, or the base rate, expects.
    """

    items: tuple[int, ...]
    n: int
    ones: int
    gain: float


@dataclass(frozen=True)
class AssociationRules:
    """The rules of one origin and what became of them at the next.

    table: one row per rule, the strongest at the mining origin first: `rule`, `conditions`, `events` (the
    items that are service events), `mined_n` (customers who meet it), `mined_support` (share of all who meet
    it and churned), `mined_confidence` (share of `mined_n` who churned), `mined_lift` (confidence over the
    base rate); the same at the next origin without `mined_`, each with `_lower` and `_upper`; `shorter`, the
    highest confidence there of a rule with one item less; `held`. proposed: rules that reached the limits
    and are not redundant, of which those in the table were counted again. events: the columns
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
        return (
            f"{self.people.capitalize()} with {rule.rule}: {rule.confidence:.1%} {self.positive} "
            f"({self.level:.0%} interval {rule.confidence_lower:.1%} to {rule.confidence_upper:.1%}), "
            f"{rule.lift:.2f} times the base rate ({rule.lift_lower:.2f} to {rule.lift_upper:.2f}), "
            f"n = {rule.n:,}; its best shorter rule {rule.shorter:.1%}. Where it was mined: "
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


def of(comparison: Comparison) -> AssociationRules:
    """Return the rules to the outcome of a comparison's problem: mined on one origin, counted on the next.

    Raises NotApplicable, with the reason, where there are not two origins that follow each other.
    """
    return of_problem(comparison.problem, seed=comparison.seed, level=comparison.level)


def of_problem(problem: Problem, *, seed: int, level: float = 0.95) -> AssociationRules:
    """Return the rules of a problem: see `of`."""
    window, mined, again = pair(problem, seed=seed, level=level)
    owners = problem.rows.loc[problem.rows["origin"] == mined.cutoff, "customer"]
    days = [moment.date().isoformat() for moment in (mined.cutoff, again, mined.end)]
    both = int(np.isin(window.customers, owners).sum())
    return rules(window, counting(problem), days=days, both=both)


def pair(problem: Problem, *, seed: int, level: float) -> tuple[LastWindow, windows.Window, Any]:
    """Return the two origins as train and test rows, the label window of the first, the second origin.

    Mined is the latest train origin of the last window; counted again is the first origin, whether it
    trains or tests, at which the labels of that one are known: the label windows do not overlap. An origin
    has one row per customer. Raises NotApplicable where there are not two such origins with both classes.
    """
    facts = problem.facts
    last = problem.fold(max(f["fold"] for f in facts["folds"] if f["refit"] == 0))
    named = f"{problem.task}/{problem.name}"
    if last.cutoff is None:
        raise NotApplicable(f"{named} has no dates: no rule is mined on one origin and counted on the next")
    if "followed_until" in facts.get("spec", {}):
        raise NotApplicable(
            f"{named} has censored outcomes: of whom it is not known who churned, no rule tells"
        )
    if not len(last.train_rows):
        raise NotApplicable(f"{named} has no train rows: there is no earlier origin to mine rules on")
    origins = problem.rows["origin"]
    first = last.train_rows["origin"].max()
    labels = windows.Window(first, facts["horizon_days"], facts.get("gap_days") or 0)
    later = origins[(origins >= labels.end) & (origins <= windows.midnight(last.cutoff))]
    if not len(later):
        raise NotApplicable(f"{named} has no origin after the labels of {first:%Y-%m-%d} are known")
    roles = {c: r for c, r in facts["roles"].items() if r in (NUMERIC, CATEGORICAL)}
    rows = [problem.rows[origins == at] for at in (first, later.min())]
    outcomes = [problem.solution["outcome"].to_numpy()[part["row_id"]] for part in rows]
    if any(len(np.unique(outcome)) < 2 for outcome in outcomes):
        raise NotApplicable(f"an origin of {named} holds one class: no rule can tell who churned")
    window = LastWindow(
        train=rows[0][list(roles)].reset_index(drop=True),
        train_outcome=outcomes[0],
        test=rows[1][list(roles)].reset_index(drop=True),
        test_outcome=outcomes[1],
        customers=rows[1]["customer"].to_numpy(),
        roles=roles,
        seed=seed,
        level=level,
        people="customers",
        positive=registry.module("tasks", problem.task).POSITIVE,
        rows=f"the customers at {later.min():%Y-%m-%d}",
    )
    return window, labels, later.min()


def counting(problem: Problem) -> tuple[str, ...]:
    """Return the columns that count something, as the feature families declare them: tickets, visits, ..."""
    families = (registry.module("features", f) for f in problem.facts.get("families", ()))
    return tuple(c for f in families for c in getattr(f, "COUNTS", ()) if c in problem.facts["roles"])


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
    chosen = [([every[i] for i in rule.items], rule) for rule in _chosen(found, every, window.train)]
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
        for items, rule in chosen
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


# --- items --------------------------------------------------------------------------------------
def items_of(rows: pd.DataFrame, roles: Mapping[str, str], counts: Collection[str]) -> list[Item]:
    """Return the items of the rows (n, p) of one origin: counts first, then other numbers, then texts.

    roles: of the columns. counts: the columns that count. An item that holds for too few, for all, or for
    the same rows as one before it is left out.
    """
    few = least(len(rows))
    numbers = sorted((c for c in rows if roles[c] == NUMERIC), key=lambda c: c not in counts)
    every = [i for c in numbers for i in (_of_count if c in counts else _of_number)(rows[c], few)]
    every += [i for c in rows if roles[c] == CATEGORICAL for i in _of_text(rows[c], few)]
    kept: dict[bytes, Item] = {}
    for item in every:
        mask = item.condition.holds(rows)
        if few <= mask.sum() < len(rows):
            kept.setdefault(mask.tobytes(), item)
    return list(kept.values())


def least(n: int) -> int:
    """Return how many of n customers a rule needs who meet it and churned."""
    return max(FEWEST, int(np.ceil(SUPPORT * n)))


def _of_count(values: pd.Series, few: int) -> list[Item]:
    """Return none, some and many of what is counted (n,), cut at the median of those who have any.

    Of shares and sums it is none, low and high. A column of 0 and 1 is no count; where one of the two parts
    is too small there is any.
    """
    name, known = str(values.name), values.dropna().to_numpy(dtype=float)
    above = np.sort(known[known > 0])
    if not len(above) or known.min() < 0 or set(known) <= {0.0, 1.0}:
        return _of_number(values, few, is_count=True)
    none = Item(f"no {name}", between(values, -np.inf, above[0]))
    happened = name in SERVICE
    middle = max(_rounded(np.quantile(above, 0.5)), above[above > above[0]].min(initial=np.inf))
    if min((above < middle).sum(), (above >= middle).sum()) < few:
        return [none, Item(f"any {name}", between(values, above[0], np.inf), happened)]
    some, many = between(values, above[0], middle), between(values, middle, np.inf)
    limit, more = plain(some.upper), plain(many.lower)
    if (above == np.round(above)).all():
        span = " to ".join(dict.fromkeys(map(plain, (above[0], above[above < middle].max()))))
        texts = f"some {name} ({span})", f"many {name} ({more} or more)"
    else:
        texts = f"low {name} (below {limit})", f"high {name} ({more} or more)"
    return [none, Item(texts[0], some, happened), Item(texts[1], many, happened)]


def _of_number(values: pd.Series, few: int, *, is_count: bool = False) -> list[Item]:
    """Return the bins of a number (n,), cut at its quantiles or at CUTS, and that it is not known.

    is_count: whether 0 says that nothing happened; of the others it is said by a missing value.
    """
    name, known = str(values.name), values.dropna().to_numpy(dtype=float)
    levels = np.unique(known)
    bins = int(np.clip(len(known) // few, 1, BINS))
    if not len(known):
        return []
    if name in CUTS:
        cuts = [CUTS[name]]
    elif len(levels) <= 2:
        cuts = levels[1:]
    else:
        cuts = np.unique([_rounded(c) for c in np.quantile(known, np.arange(1, bins) / bins)])
    edges = [-np.inf, *(c for c in cuts if c > known.min()), np.inf]
    found = [between(values, low, high) for low, high in pairwise(edges)]
    items = [Item(c.text, c, name in SERVICE and not (is_count and c.lower <= 0)) for c in found]
    return [*items, Item(f"{name} unknown", missing_only(name))]


def _rounded(cut: float) -> float:
    """Return a cut with three digits: a bin need not part the customers to the last one."""
    return float(f"{cut:.3g}")


def _of_text(values: pd.Series, few: int) -> list[Item]:
    """Return the levels of a text (n,) that are frequent enough."""
    counts = levels_of(values.to_frame()).iloc[:, 0].value_counts()
    found = [Condition(str(values.name), levels=(level,)) for level in counts.index[counts >= few]]
    return [Item(c.text, c) for c in found]


# --- mining -------------------------------------------------------------------------------------
def mined(items: Sequence[Item], rows: pd.DataFrame, outcome: np.ndarray) -> list[Found]:
    """Return the rules from up to three items to an outcome of 1 in rows (n, p), the strongest first.

    Apriori (Agrawal and Srikant 1994): an itemset is looked at where its parts are frequent, which are
    those that `least` customers meet and churned. Kept are rules with a lift of LIFT whose confidence
    exceeds that of every shorter rule within by IMPROVEMENT (Bayardo, Agrawal and Gunopulos 1999). The
    strongest has the largest gain, so that an item which sharpens the rate of a few by chance comes late.
    """
    if not items:
        return []
    held = np.column_stack([item.condition.holds(rows) for item in items])
    few, base = least(len(rows)), float(outcome.mean())
    found = []
    for at, n, ones, shorter in _itemsets(held, outcome, few):
        rate = _confidence(n, ones)
        good = (ones >= few) & (rate >= LIFT * base) & (rate - shorter >= IMPROVEMENT)
        gain = ones - n * shorter
        numbers = zip(*(values[good].tolist() for values in (at, n, ones, gain)), strict=True)
        found += [Found(tuple(i), int(a), int(b), c) for i, a, b, c in numbers]
    return sorted(found, key=lambda rule: (-rule.gain, rule.items))


def _itemsets(
    held: np.ndarray, outcome: np.ndarray, few: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield itemsets in blocks: items (r, k), how many meet them, how many of these are 1, best shorter rate.

    held: which of n rows meet the p items, (n, p). All singles, all pairs, then for each item the triples
    that it begins, of items with which it is frequent.
    """
    base, every = float(outcome.mean()), np.arange(held.shape[1])
    n, ones = _pairs(held, outcome)
    two, frequent = _confidence(n, ones), ones >= few
    one = np.diag(two)
    yield every[:, None], np.diag(n), np.diag(ones), np.full(len(every), base)
    i, j = np.triu_indices(len(every), 1)
    yield np.column_stack([i, j]), n[i, j], ones[i, j], np.maximum(base, np.maximum(one[i], one[j]))
    for first in every:
        others = every[(every > first) & frequent[first]]
        mine = held[:, first]
        n, ones = _pairs(held[np.ix_(mine, others)], outcome[mine])
        a, b = np.triu_indices(len(others), 1)
        i, j, k = np.full(len(a), first), others[a], others[b]
        shorter = np.max([one[i], one[j], one[k], two[i, j], two[i, k], two[j, k]], axis=0)
        yield np.column_stack([i, j, k]), n[a, b], ones[a, b], np.maximum(base, shorter)


def _pairs(held: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of n rows meet two of p items (n, p) at once, and how many of these are 1: (p, p)."""
    # counts below 2^24 are exact in 32 bits
    marks = held.astype(np.float32)
    positive = marks[outcome == 1]
    return marks.T @ marks, positive.T @ positive


def _confidence(n: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Return ones over n, 0 where nobody is."""
    return np.divide(ones, n, out=np.zeros(n.shape), where=n > 0)


def _chosen(found: Sequence[Found], items: Sequence[Item], rows: pd.DataFrame) -> list[Found]:
    """Return the rules to be counted again, in order: at most MOST, no two of mostly the same customers.

    By turns the strongest one of each length, with a service event and without: attributes alone gain the
    most, and would leave no place for what service did.
    """
    held = [item.condition.holds(rows) for item in items]
    groups: dict[tuple[bool, int], list[Found]] = {}
    for rule in found:
        groups.setdefault((any(items[i].event for i in rule.items), len(rule.items)), []).append(rule)
    left = [iter(groups[key]) for key in sorted(groups)]
    kept: dict[Found, np.ndarray] = {}
    while left and len(kept) < MOST:
        turn = left.pop(0)
        for rule in turn:
            mine = np.logical_and.reduce([held[i] for i in rule.items])
            if all((mine & other).sum() <= SAME * (mine | other).sum() for other in kept.values()):
                kept[rule] = mine
                left.append(turn)
                break
    return [rule for rule in found if rule in kept]


# --- counting again -----------------------------------------------------------------------------
def counted(window: LastWindow, found: Sequence[Sequence[Condition]]) -> pd.DataFrame:
    """Return how the rules did in the test rows: `n`, the MEASURES with intervals, `shorter`, `held`.

    The intervals of a measure hold for all rules at once (Bonferroni). An origin has one row per customer,
    so that rows are independent: support and confidence take Wilson's interval (1927), the lift that of
    `lift_interval`. Below FEWEST customers nothing is said; such a rule has not held.
    """
    level = 1 - (1 - window.level) / max(1, len(found))
    m, all_ones = len(window.test), int(window.test_outcome.sum())
    ends = [f"{measure}{end}" for measure in MEASURES for end in ("", "_lower", "_upper")]
    rows = []
    for conditions in found:
        mine = holding(conditions, window.test)
        n, ones = int(mine.sum()), int(window.test_outcome[mine].sum())
        values = [np.nan] * len(ends)
        if n >= FEWEST:
            lift = ones / n / window.base_rate
            values = [ones / m, *_wilson(ones, m, level), ones / n, *_wilson(ones, n, level), lift]
            values += lift_interval(ones, n, all_ones, m, level=level)
        shorter = _shorter(window, conditions) if n >= FEWEST else np.nan
        rows.append({"n": n, **dict(zip(ends, values, strict=True)), "shorter": shorter})
    table = pd.DataFrame(rows, columns=["n", *ends, "shorter"])
    return table.assign(held=(table["confidence_lower"] > window.base_rate).astype(bool))


def _shorter(window: LastWindow, conditions: Sequence[Condition]) -> float:
    """Return the highest confidence in the test rows of a rule with one condition less, or the base rate."""
    fewer = list(combinations(conditions, len(conditions) - 1)) if len(conditions) > 1 else []
    return max((window.test_outcome[holding(c, window.test)].mean() for c in fewer), default=window.base_rate)


def lift_interval(ones: int, n: int, all_ones: int, m: int, *, level: float) -> tuple[float, float]:
    """Return (lower, upper) of the lift of n rows with `ones` in a whole of m rows with `all_ones`.

    Both rates vary and the one is part of the other: the variance estimates of the two logarithms are
    recovered from their Wilson limits and joined by their correlation (MOVER, Zou and Donner 2008). Unlike
    the percentiles of a bootstrap it has tails as far out as many rules at once need, and it keeps its width
    where everybody churned.
    """
    own, every = _wilson(ones, n, level), _wilson(all_ones, m, level)
    if ones == 0:
        return 0.0, own[1] / every[0]
    a, b = np.log(ones / n), np.log(all_ones / m)
    # covariance (1 - a) / all_ones over the root of the variances (1 - a) / ones and (1 - b) / all_ones
    shared = np.sqrt((1 - ones / n) * ones / ((1 - all_ones / m) * all_ones)) if all_ones < m else 0.0
    down = _joined(a - np.log(own[0]), np.log(every[1]) - b, shared)
    up = _joined(np.log(own[1]) - a, b - np.log(every[0]), shared)
    return float(np.exp(a - b - down)), float(np.exp(a - b + up))


def _joined(first: float, second: float, correlation: float) -> float:
    """Return the distance to a limit of a difference from those of its two parts."""
    return float(np.sqrt(max(first**2 + second**2 - 2 * correlation * first * second, 0.0)))


def _wilson(ones: int, n: int, level: float) -> tuple[float, float]:
    """Return Wilson's interval (1927) of a rate."""
    lower, upper = wilson(np.array([ones]), np.array([n]), level=level)
    return float(lower[0]), float(upper[0])


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
