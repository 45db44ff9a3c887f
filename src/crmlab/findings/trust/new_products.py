"""New products: who buys what nobody has bought before, told by what the products are.

Methods that learn from purchases cannot offer a product before its first sale. Content can: category, price
and the words of the description say what it is like, and a customer is the mean of what she bought. Judged
are the products first sold within each test window, on what known customers bought of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.findings.trust._new_windows import NewWindow, window_of
from crmlab.history.described_products import described_products, sold_lines
from crmlab.maths.next_basket.content import found_at
from crmlab.maths.resampling import interval_from_replicates, poisson_weights
from crmlab.seeds import generator

PLACES: Final = 10
TOP: Final = 0.1
"""Share of the customers to whom a new product is shown where it is asked who would buy it."""

REPLICATES: Final = 1000
LEVEL: Final = 0.95
CONTENT, RANDOM, FAVOURITE = "content", "random", "favourite"
LABELS: Final = {
    CONTENT: "Content: category, price and words",
    "words": "Words of the description alone",
    "category_price": "Category and price alone",
    FAVOURITE: "The favourite category, at random",
    RANDOM: "Random among new products",
}


@dataclass(frozen=True)
class NewProducts:
    """What can be said of products that were first sold in a test window.

    windows: `cutoff, products` (first sold in the window), `revenue_share` (of the window's revenue that is
    of them), `asked` (known customers), `judged` (of them who bought any). table: a row per method: `method,
    label, recall` (of the new products that a customer bought, how many stand on the first PLACES of all new
    ones, mean over customers), `lower, upper, gain` (recall less that of random) with `gain_lower,
    gain_upper`, `over_favourite` with `over_lower, over_upper`, and `whom` (of a product's buyers, how many
    are among the TOP of customers for it, mean over products). nan where a method does not apply: where there
    are no categories nobody has a favourite one. Intervals resample customers.
    """

    windows: pd.DataFrame
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say the ceiling, whether content is better than chance, and for whom new products are."""
        return (self.ceiling(), self._of(RANDOM, "gain"), *self._of_favourite(), self._of_whom())

    def ceiling(self) -> str:
        """Say which share of revenue is of products that training never saw."""
        parts = [
            f"{row.revenue_share:.1%} of test revenue is of {row.products:,} products that training never "
            f"saw (from {row.cutoff} on)"
            for row in self.windows.itertuples()
        ]
        return f"{'; '.join(parts)}."

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = self.table
        shown = {
            f"Recall at {PLACES} among new products": rows["recall"].map(_number),
            "Interval": _intervals(rows, "lower", "upper"),
            "Less random": _intervals(rows, "gain_lower", "gain_upper"),
            f"Buyers among the {TOP:.0%} chosen": rows["whom"].map(_number),
        }
        return pd.DataFrame(
            {name: list(values) for name, values in shown.items()},
            index=pd.Index(rows["label"], name="Method", dtype="str"),
        )

    def of(self, method: str) -> pd.Series:
        """Return a method's row."""
        return self.table.set_index("method").loc[method]

    def _of(self, rival: str, gain: str) -> str:
        """Say how content does beside a rival."""
        mine, its, n = self.of(CONTENT), self.of(rival), int(self.windows["judged"].sum())
        low, high = mine[f"{gain.split('_')[0]}_lower"], mine[f"{gain.split('_')[0]}_upper"]
        verdict = "better than" if low > 0 else "worse than" if high < 0 else "not told from"
        return (
            f"Content is {verdict} {_said(rival)}: of the new products that {n:,} customers bought it has "
            f"{mine['recall']:.1%} on the first {PLACES} places, and the other {its['recall']:.1%} "
            f"(difference {mine[gain]:+.1%}, {LEVEL:.0%} interval {low:+.1%} to {high:+.1%})."
        )

    def _of_favourite(self) -> tuple[str, ...]:
        """Say how content does beside the favourite category, where there are categories."""
        if np.isnan(self.of(FAVOURITE)["recall"]):
            return ("The data have no categories, so that nobody has a favourite one.",)
        return (self._of(FAVOURITE, "over_favourite"),)

    def _of_whom(self) -> str:
        """Say how well the list turned round finds buyers."""
        return (
            f"Asked for whom a new product is, content has {self.of(CONTENT)['whom']:.1%} of its buyers "
            f"among the {TOP:.0%} of customers whom it is most like."
        )


def find(comparison: Any) -> NewProducts:
    """Return how new products are offered on the test windows of a comparison of cross_sell.

    Raises NotApplicable where the test has no time (`last_basket`), where nothing new was sold, or nobody
    known bought any of it.
    """
    facts = comparison.problem.facts
    cutoffs = [f["cutoff"] for f in facts.get("folds", ()) if f.get("cutoff")]
    if facts.get("task") != "cross_sell" or not cutoffs:
        raise NotApplicable("new products are asked for after a day: cross_sell by the protocol next_basket")
    connection = store.engine()
    tables = store.open_tables(facts["dataset"], connection)
    lines = sold_lines(tables, connection)
    products = described_products(lines, tables, connection)
    return on_lines(lines, products, cutoffs, facts["horizon_days"], seed=comparison.seed)


def on_lines(
    lines: pd.DataFrame, products: pd.DataFrame, cutoffs: list[str], horizon_days: int, *, seed: int = 0
) -> NewProducts:
    """Return the same of a shop's lines and products (see crmlab.history.described_products)."""
    windows = [window_of(lines, products, pd.Timestamp(cutoff), horizon_days) for cutoff in cutoffs]
    there = [w for w in windows if w.truth.any()]
    if not there:
        raise NotApplicable("no known customer bought a product that was first sold in a test window")
    judged = [np.flatnonzero(w.truth.any(axis=1)) for w in there]
    names = np.concatenate([w.customers[rows] for w, rows in zip(there, judged, strict=True)])
    weights = poisson_weights(pd.factorize(names)[0], REPLICATES, generator(seed, "new products"))
    found, whom = {}, {}
    for method in LABELS:
        scores = [w.scores[method] for w in there]
        if any(score is None for score in scores):
            found[method], whom[method] = np.full(len(names), np.nan), np.nan
            continue
        found[method] = np.concatenate(
            [found_at(s[r], w.truth[r], PLACES) for s, w, r in zip(scores, there, judged, strict=True)]
        )
        whom[method] = float(np.concatenate([_whom(w, s) for w, s in zip(there, scores, strict=True)]).mean())
    rows = [_row(method, found, whom[method], weights.astype(np.float64)) for method in LABELS]
    return NewProducts(pd.DataFrame([w.facts for w in windows]), pd.DataFrame(rows))


def _whom(window: NewWindow, scores: np.ndarray) -> np.ndarray:
    """Return of each new product that was bought how many of its buyers are among the TOP for it."""
    bought = window.truth.any(axis=0)
    return found_at(scores[:, bought].T, window.truth[:, bought].T, round(TOP * len(scores)))


def _row(method: str, found: dict[str, np.ndarray], whom: float, weights: np.ndarray) -> dict[str, Any]:
    """Return a method's row of the table."""
    parts = {
        ("recall", "lower", "upper"): found[method],
        ("gain", "gain_lower", "gain_upper"): found[method] - found[RANDOM],
        ("over_favourite", "over_lower", "over_upper"): found[method] - found[FAVOURITE],
    }
    row: dict[str, Any] = {"method": method, "label": LABELS[method]}
    for (name, low, high), values in parts.items():
        total = weights.sum(axis=1)
        drawn = np.divide(weights @ values, total, out=np.full(len(total), np.nan), where=total > 0)
        value = float(values.mean())
        row[name] = value
        row[low], row[high] = (np.nan, np.nan)
        if not np.isnan(value):
            row[low], row[high] = interval_from_replicates(value, drawn, level=LEVEL)
    return row | {"whom": whom}


def _said(method: str) -> str:
    """Return a method in a sentence."""
    return {RANDOM: "random among new products", FAVOURITE: "the favourite category at random"}[method]


def _number(value: float) -> str:
    """Return a share for readers."""
    return "does not apply" if np.isnan(value) else f"{value:.3f}"


def _intervals(rows: pd.DataFrame, low: str, high: str) -> list[str]:
    """Return intervals for readers."""
    return [
        "" if np.isnan(one) else f"{one:.3f} to {other:.3f}"
        for one, other in zip(rows[low], rows[high], strict=True)
    ]
