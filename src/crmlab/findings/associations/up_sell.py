"""Up-selling: for a product, what of its category earns more and is bought by the same customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.errors import NotApplicable
from crmlab.findings.associations._limits import SAID, SHOWN
from crmlab.maths.rates import wilson

DEAREST: Final = 2.0
"""An alternative costs at most so many times as much."""

LEVEL: Final = 0.95
FEWEST: Final = 10
"""So many customers must have bought both, and so many next purchases of the category must be known."""


@dataclass(frozen=True)
class UpSell:
    """Alternatives of the same need that earn more.

    table: a row per product and alternative, the highest expected gain first: `product, alternative,
    category, price, other_price, margin, other_margin` (of one unit), `customers` (who bought both, ever),
    `together` (baskets with both, over those that the same customers' baskets would hold by chance: below 1
    for substitutes), `known` (purchases of the category that come next after the product), `taken` (of these,
    how many are of the alternative), `chance, lower, upper` (their share, with its interval), `stays` (share
    that is the product again), `gain` (chance x the margin more). share: the margin share that was assumed;
    None where the products' costs are known.
    """

    share: float | None
    products: int
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say for how many products there is an alternative, the best of them, and what is not known."""
        n = self.table["product"].nunique()
        margin = "by the shop's costs" if self.share is None else f"assumed: {self.share:.0%} of the price"
        return (
            f"For {n:,} of {self.products:,} products that are bought again there is an alternative of the "
            f"same category and the same buyers that earns more (margins {margin}).",
            *self._best(),
            "The chance is how often customers move to it by themselves; what an offer adds, a trial has to "
            "measure.",
        )

    def _best(self) -> list[str]:
        """Say the best alternatives."""
        return [
            f"After {r.product} the next purchase of {r.category} is {r.alternative} in {r.chance:.1%} of "
            f"{r.known:,} cases (95% interval {r.lower:.1%} to {r.upper:.1%}), which earns "
            f"{r.other_margin - r.margin:.2f} more: {r.gain:.3f} expected per customer."
            for r in self.table.drop_duplicates("product").head(SAID).itertuples()
        ]

    def head(self) -> pd.DataFrame:
        """Return the table for readers: the best alternative of each product."""
        rows = self.table.drop_duplicates("product").head(SHOWN)
        shown = {
            "Alternative": rows["alternative"],
            "Category": rows["category"],
            "Price": rows["price"].map("{:.2f}".format),
            "Its price": rows["other_price"].map("{:.2f}".format),
            "Margin more": (rows["other_margin"] - rows["margin"]).map("{:.2f}".format),
            "Chance": rows["chance"].map("{:.1%}".format),
            "Expected gain": rows["gain"].map("{:.3f}".format),
        }
        index = pd.Index(rows["product"], name="Product", dtype="str")
        return pd.DataFrame({name: values.to_numpy() for name, values in shown.items()}, index=index)


def find(lines: pd.DataFrame, products: pd.DataFrame, *, margin_share: float = 0.3) -> UpSell:
    """Return the alternatives of a shop's products that earn more.

    lines: `customer, basket, at, item`. products: `item, category, price` [`cost`] (see
    crmlab.history.priced_lines). margin_share: of the price, assumed where not all costs are known. An
    alternative has the category, a higher margin, a price of at most DEAREST times, FEWEST customers who
    bought both, and is no complement: it stands in no more baskets with the product than the same customers'
    baskets would hold by chance. Raises NotApplicable where there are no categories or prices, or no
    alternative.
    """
    if "category" not in products or products["category"].isna().all():
        raise NotApplicable("without categories no product is an alternative for the same need")
    known = products.dropna(subset=["category", "price"]).reset_index(drop=True)
    costed = "cost" in known and known["cost"].notna().all()
    known["margin"] = known["price"] - known["cost"] if costed else margin_share * known["price"]
    held = lines[lines["customer"].notna() & lines["item"].isin(known["item"])]
    if held.empty:
        raise NotApplicable("no known customer bought a product with a category and a price")
    shop = _Bought(held, known)
    rows = [row for x in range(shop.m) for row in shop.alternatives(x)]
    if not rows:
        raise NotApplicable(f"no product has an alternative that {FEWEST} of its buyers bought, too")
    table = pd.DataFrame(rows).sort_values(
        ["gain", "product"], ascending=[False, True], kind="stable", ignore_index=True
    )
    return UpSell(None if costed else margin_share, int((shop.after.sum(axis=1) >= FEWEST).sum()), table)


class _Bought:
    """Who bought what, with what, and what of the category next."""

    def __init__(self, lines: pd.DataFrame, known: pd.DataFrame):
        self.known, self.m = known, len(known)
        item = pd.Index(known["item"]).get_indexer(lines["item"])
        customer = pd.factorize(lines["customer"])[0]
        basket = pd.factorize(lines["basket"])[0]
        held = _ones(basket, item, self.m)
        owner = np.zeros(held.shape[0], dtype=np.int64)
        owner[basket] = customer
        ever = _ones(customer, item, self.m)
        self.buyers = (ever.T @ ever).tocsr()
        self.both = (held.T @ held).tocsr()
        # by chance a customer's n_x and n_y of N baskets share n_x n_y / N
        counts = sparse.csr_array((np.ones(len(owner)), (owner, np.arange(len(owner))))) @ held
        size = np.bincount(owner).astype(np.float64)
        self.expected = (counts.T @ (sparse.diags_array(1 / size) @ counts)).tocsr()
        self.after = self._next(lines.assign(number=item, owner=customer))

    def _next(self, lines: pd.DataFrame) -> sparse.csr_array:
        """Return how often y is the customer's next purchase of the category after x, in a later basket."""
        category = pd.factorize(self.known["category"])[0]
        lines = lines.assign(category=category[lines["number"]])
        baskets = lines.groupby(["owner", "category", "basket"], sort=False)["at"].min().reset_index()
        baskets = baskets.sort_values(["owner", "category", "at", "basket"], kind="stable")
        same = baskets.duplicated(["owner", "category"], keep="last").to_numpy()
        follows = baskets["basket"].shift(-1).where(same)
        step = baskets.assign(then=follows).dropna(subset="then")
        first = lines.drop_duplicates(["owner", "category", "basket", "number"])
        pairs = step.merge(first, on=["owner", "category", "basket"]).merge(
            first[["owner", "category", "basket", "number"]],
            left_on=["owner", "category", "then"],
            right_on=["owner", "category", "basket"],
            suffixes=("", "_then"),
        )
        ones = np.ones(len(pairs))
        return sparse.csr_array(
            sparse.coo_array((ones, (pairs["number"], pairs["number_then"])), shape=(self.m, self.m))
        )

    def alternatives(self, x: int) -> list[dict[str, Any]]:
        """Return the rows of one product."""
        mine = self.known.iloc[x]
        total = float(self.after[[x]].sum())
        if total < FEWEST:
            return []
        rows = []
        for y in self.buyers[[x]].indices:
            other = self.known.iloc[y]
            same = y != x and other["category"] == mine["category"]
            dear = mine["price"] < other["price"] <= DEAREST * mine["price"]
            if not (same and dear and other["margin"] > mine["margin"]):
                continue
            customers, expected = self.buyers[x, y], self.expected[x, y]
            apart = float(self.both[x, y] / expected) if expected else 0.0
            if customers < FEWEST or apart > 1:
                continue
            taken = float(self.after[x, y])
            ends = wilson(np.array([taken]), np.array([total]), level=LEVEL)
            lower, upper = (float(end[0]) for end in ends)
            rows.append(
                {
                    "product": mine["item"],
                    "alternative": other["item"],
                    "category": mine["category"],
                    "price": float(mine["price"]),
                    "other_price": float(other["price"]),
                    "margin": float(mine["margin"]),
                    "other_margin": float(other["margin"]),
                    "customers": int(customers),
                    "together": apart,
                    "known": int(total),
                    "taken": int(taken),
                    "chance": taken / total,
                    "lower": lower,
                    "upper": upper,
                    "stays": float(self.after[x, x]) / total,
                    "gain": taken / total * float(other["margin"] - mine["margin"]),
                }
            )
        return rows


def _ones(row: np.ndarray, column: np.ndarray, m: int) -> sparse.csr_array:
    """Return 1 where a pair occurs, (rows, m)."""
    made = sparse.coo_array((np.ones(len(row)), (row, column)), shape=(int(row.max()) + 1, m)).tocsr()
    made.data[:] = 1.0
    return made
