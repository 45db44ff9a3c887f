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
from scipy.stats import binomtest

from crmlab import registry, windows
from crmlab.encoding import levels_of
from crmlab.errors import NotApplicable
from crmlab.vocabulary import CATEGORICAL, NUMERIC
from crmlab.why.conditions import Condition, between, holding, missing_only, plain
from crmlab.why.evidence import FEWEST
from crmlab.why.window import LastWindow

if TYPE_CHECKING:
    from crmlab.compare import Comparison
    from crmlab.problem import Problem

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


@dataclass(frozen=True)
class Found:
    """A rule at the mining origin: its items' numbers, the `n` who meet it, the `ones` of them who churned."""

    items: tuple[int, ...]
    n: int
    ones: int


@dataclass(frozen=True)
class AssociationRules:
    """The rules of one origin and what became of them at the next.

    table: one row per rule, the strongest at the mining origin first: `rule`, `mined_n` (customers who meet
    it), `mined_support` (share of all who meet it and churned), `mined_confidence` (share of `mined_n` who
    churned), `mined_lift` (confidence over the base rate); the same at the next origin without `mined_`,
    each with `_lower` and `_upper`; `held`. proposed: rules that reached the limits and are not redundant,
    of which those in the table were counted again. events: the columns that count events and gave items.
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
        return (self._summary(), *self._each(), *self._of_events(), self._about())

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        t = self.table
        shown = {
            "Customers, mined": [f"{n:,}" for n in t["mined_n"]],
            **{f"{m.capitalize()}, mined": [_form(m, v) for v in t[f"mined_{m}"]] for m in MEASURES},
            "Customers": [f"{n:,}" for n in t["n"]],
            **{m.capitalize(): [_ends(row, m) for row in t.to_dict("records")] for m in MEASURES},
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
                f"No rule to {self.positive} reached the support of {SUPPORT:.0%} and a lift of {LIFT:g} at "
                f"{self.mined_on}, where {self.mined_rate:.1%} {self.positive}."
            )
        k, held = len(self.table), int(self.table["held"].sum())
        which = f"{held} of the {k:,} rules" if held else "None of the" + (f" {k:,} rules" if k > 1 else "")
        which = ("The one rule" if held else "The one rule has not") if k == 1 else which
        verb = "held" if k == 1 and not held else "mined at " + self.mined_on + " held"
        text = f"{which} {verb} at {self.again_on}"
        return (
            f"{text}: a rule holds where the lower end of its confidence lies above the base rate, "
            f"{self.base_rate:.1%} {self.positive}."
        )

    def _each(self) -> list[str]:
        """Say the rules that held, those with the highest lower end of the lift first."""
        held = self.table[self.table["held"]].sort_values("lift_lower", ascending=False, kind="stable")
        return [
            f"{self.people.capitalize()} with {r.rule}: {r.confidence:.1%} {self.positive} ({self.level:.0%} "
            f"interval {r.confidence_lower:.1%} to {r.confidence_upper:.1%}), {r.lift:.2f} times the base "
            f"rate ({r.lift_lower:.2f} to {r.lift_upper:.2f}), n = {r.n:,}; where it was mined "
            f"{r.mined_confidence:.1%}, {r.mined_lift:.2f} times."
            for r in held.head(SHOWN).itertuples()
        ]

    def _of_events(self) -> list[str]:
        """Say which events could stand in a rule, and how many rules they stand in."""
        if not self.events:
            return ["No column counts events: the rules are of attributes alone."]
        if not len(self.table):
            return []
        with_one = self.table[self.table["events"].map(len) > 0]
        return [
            f"Events that could stand in a rule: {', '.join(self.events)}. {len(with_one)} of the "
            f"{len(self.table)} rules name one, of which {int(with_one['held'].sum())} held."
        ]

    def _about(self) -> str:
        """Say how the rules were found and counted."""
        return (
            f"Mined among the {self.n_mined:,} {self.people} at {self.mined_on} from {self.items:,} items, up "
            f"to {LENGTH} in a rule, with their labels known on {self.known_on}; counted again among the "
            f"{self.n_again:,} at {self.again_on}, whose label window does not overlap the first "
            f"({self.n_both:,} are the same people). {self.proposed:,} rules had a support of {SUPPORT:.0%} "
            f"(who meet the rule and {self.positive}), a lift of {LIFT:g} and a confidence {IMPROVEMENT:.0%} "
            f"points above every shorter rule within; counted again are the {len(self.table):,} strongest that "
            f"are not mostly the same customers, each measure with intervals that hold for all of them at once."
        )


LENGTH: Final = 3
"""A rule has at most so many items."""


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
        raise NotApplicable(f"{named} has censored outcomes: of whom it is not known who churned, no rule tells")
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
    """Return the columns that count events, as the feature families declare them: tickets, returns, ..."""
    families = (registry.module("features", f) for f in problem.facts.get("families", ()))
    return tuple(c for f in families for c in getattr(f, "COUNTS", ()) if c in problem.facts["roles"])


def rules(
    window: LastWindow, events: Collection[str] = (), *, days: Sequence[str] = ("", "", ""), both: int = 0
) -> AssociationRules:
    """Return the rules of the train rows, an origin, counted again in the test rows, the next one.

    events: the columns that count. days: the two origins and when the first one's labels were known. both:
    customers at both. The test rows decide nothing but whether a rule held.
    """
    every = items_of(window.train, window.roles, events)
    found = mined(every, window.train, window.train_outcome)
    base = float(window.train_outcome.mean())
    chosen = _different(found, every, window.train)[:MOST]
    columns = [[every[i].condition.column for i in rule.items] for rule in chosen]
    first = [
        {
            "rule": " and ".join(every[i].text for i in rule.items),
            "conditions": tuple(every[i].condition for i in rule.items),
            "events": tuple(c for c in named if c in events),
            "mined_n": rule.n,
            "mined_support": rule.ones / len(window.train),
            "mined_confidence": rule.ones / rule.n,
            "mined_lift": rule.ones / rule.n / base,
        }
        for rule, named in zip(chosen, columns, strict=True)
    ]
    names = ["rule", "conditions", "events", "mined_n", *(f"mined_{m}" for m in MEASURES)]
    table = pd.DataFrame(first, columns=names)
    table = pd.concat([table, counted(window, [row["conditions"] for row in first])], axis=1)
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
        events=tuple(dict.fromkeys(i.condition.column for i in every if i.condition.column in events)),
        proposed=len(found),
        table=table,
    )


# --- items --------------------------------------------------------------------------------------
def items_of(rows: pd.DataFrame, roles: dict[str, str], events: Collection[str]) -> list[Item]:
    """Return the items of the rows (n, p) of one origin: events first, then numbers, then texts.

    roles: of the columns. events: those that count. An item that holds for too few, for all, or for the
    same rows as one before it is left out.
    """
    few = least(len(rows))
    ordered = sorted((c for c in rows if roles[c] == NUMERIC), key=lambda c: c not in events)
    every = [i for c in ordered for i in (_of_event if c in events else _of_number)(rows[c], few)]
    every += [i for c in rows if roles[c] == CATEGORICAL for i in _of_text(rows[c], few)]
    held = {item.condition.holds(rows).tobytes(): item for item in reversed(every)}
    kept = {id(item) for mask, item in held.items() if few <= sum(mask) < len(rows)}
    return [item for item in every if id(item) in kept]


def least(n: int) -> int:
    """Return how many of n customers a rule needs who meet it and churned."""
    return max(FEWEST, int(np.ceil(SUPPORT * n)))


def _of_event(values: pd.Series, few: int) -> list[Item]:
    """Return none, some and many of what is counted (n,); none and any where many are too few."""
    name, known = str(values.name), values.dropna().to_numpy(dtype=float)
    above = np.sort(known[known > 0])
    if not len(above) or set(np.unique(known)) <= {0.0, 1.0}:
        return _of_number(values, few)
    none = Item(f"no {name}", between(values, -np.inf, above[0]))
    middle = np.quantile(above, 0.5, method="higher")
    middle = middle if middle > above[0] else above[np.searchsorted(above, middle, side="right") :][:1]
    cut = between(values, float(np.max(middle, initial=above[0])), np.inf)
    parts = [int((known > 0).sum() - (known >= cut.lower).sum()), int((known >= cut.lower).sum())]
    if min(parts) < few:
        return [none, Item(f"any {name}", between(values, above[0], np.inf))]
    limit = plain(cut.lower)
    some = between(values, above[0], cut.lower)
    return [none, Item(f"some {name} (below {limit})", some), Item(f"many {name} ({limit} or more)", cut)]


def _of_number(values: pd.Series, few: int) -> list[Item]:
    """Return the bins of a number (n,), cut at its quantiles, and that it is not known."""
    known = values.dropna().to_numpy(dtype=float)
    bins = int(np.clip(len(known) // few, 1, BINS))
    cuts = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="higher")) if len(known) else []
    if bins > 1 and len(np.unique(known)) == 2:
        cuts = [known.max()]
    edges = [-np.inf, *(c for c in cuts if c > known.min()), np.inf]
    found = [between(values, low, high) for low, high in zip(edges, edges[1:], strict=False)]
    return [Item(c.text, c) for c in (*found, missing_only(str(values.name)))]


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
    strongest is the one with the highest lower end of a Wilson interval: an order, no claim.
    """
    if not items:
        return []
    held = np.column_stack([item.condition.holds(rows) for item in items])
    few, base = least(len(rows)), float(outcome.mean())
    found, (n, ones) = [], _pairs(held, outcome)
    single, both = _confidence(np.diag(n), np.diag(ones)), _confidence(n, ones)
    frequent = ones >= few

    def keep(at: np.ndarray, n: np.ndarray, ones: np.ndarray, shorter: np.ndarray) -> None:
        """Note the itemsets (r, k) that are frequent, lifted, and better than what is shorter (r,)."""
        rate = _confidence(n, ones)
        good = (ones >= few) & (rate >= LIFT * base) & (rate - shorter >= IMPROVEMENT)
        numbers = zip(at[good].tolist(), n[good].tolist(), ones[good].tolist(), strict=True)
        found.extend(Found(tuple(i), int(a), int(b)) for i, a, b in numbers)

    every = np.arange(len(items))
    keep(every[:, None], np.diag(n), np.diag(ones), np.full(len(items), base))
    i, j = np.triu_indices(len(items), 1)
    keep(np.column_stack([i, j]), n[i, j], ones[i, j], np.maximum(base, np.maximum(single[i], single[j])))
    for i in every:
        with_it = every[(every > i) & frequent[i]]
        mine = held[:, i]
        n3, ones3 = _pairs(held[np.ix_(mine, with_it)], outcome[mine])
        a, b = np.triu_indices(len(with_it), 1)
        j, k = with_it[a], with_it[b]
        parts = [np.full(len(j), single[i]), single[j], single[k], both[i, j], both[i, k], both[j, k]]
        shorter = np.maximum(base, np.max(parts, axis=0))
        keep(np.column_stack([np.full(len(j), i), j, k]), n3[a, b], ones3[a, b], shorter)
    return sorted(found, key=lambda r: (-_wilson(r.ones, r.n, 0.95)[0], len(r.items), r.items))


def _pairs(held: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of n rows meet two of p items (n, p) at once, and how many of these are 1: (p, p)."""
    # counts below 2^24 are exact in 32 bits
    marks = held.astype(np.float32)
    positive = marks[outcome == 1]
    return marks.T @ marks, positive.T @ positive


def _confidence(n: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Return ones over n, 0 where nobody is."""
    return np.divide(ones, n, out=np.zeros(n.shape), where=n > 0)


def _different(found: Sequence[Found], items: Sequence[Item], rows: pd.DataFrame) -> list[Found]:
    """Return the first MOST rules in order, without those of mostly the same customers as one before."""
    held = [item.condition.holds(rows) for item in items]
    kept, masks = [], []
    for rule in found:
        mine = np.logical_and.reduce([held[i] for i in rule.items])
        if all((mine & other).sum() <= SAME * (mine | other).sum() for other in masks):
            kept.append(rule)
            masks.append(mine)
        if len(kept) == MOST:
            break
    return kept


# --- counting again -----------------------------------------------------------------------------
def counted(window: LastWindow, found: Sequence[Sequence[Condition]]) -> pd.DataFrame:
    """Return how the rules did in the test rows: `n`, the MEASURES with their intervals, and `held`.

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
        rows.append({"n": n, **dict(zip(ends, values, strict=True))})
    table = pd.DataFrame(rows, columns=["n", *ends])
    return table.assign(held=(table["confidence_lower"] > window.base_rate).astype(bool))


def lift_interval(ones: int, n: int, all_ones: int, m: int, *, level: float) -> tuple[float, float]:
    """Return (lower, upper) of the lift of n rows with `ones` among m rows with `all_ones`, of which they are.

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
    bounds = binomtest(int(ones), int(n)).proportion_ci(level, method="wilson")
    return bounds.low, bounds.high


def _form(measure: str, value: float) -> str:
    """Return a value as people write it."""
    return f"{value:.2f}" if measure == "lift" else f"{value:.1%}"


def _ends(row: dict[str, Any], measure: str) -> str:
    """Return a measure with its interval as text, nothing where it has no value."""
    if pd.isna(row[measure]):
        return ""
    value, lower, upper = (_form(measure, row[f"{measure}{end}"]) for end in ("", "_lower", "_upper"))
    return f"{value} [{lower}, {upper}]"
