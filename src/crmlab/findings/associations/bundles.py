"""Bundles: what goes together beyond chance, what it costs together, and what a lower price did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.findings.associations import product_rules
from crmlab.findings.associations._limits import SAID, SHOWN, WORLDS
from crmlab.maths.resampling import interval_from_replicates, poisson_weights
from crmlab.seeds import generator

CHEAP: Final = 0.95
"""A line at less than this share of the product's usual price was sold at a lower price."""

FEWEST: Final = 20
"""So many baskets at the usual and at a lower price must hold the first product."""

REPLICATES: Final = 400
LEVEL: Final = 0.95


@dataclass(frozen=True)
class Bundles:
    """Bundles of surviving itemsets, with prices.

    table: a row per bundle and its lead (the product that it is offered with), the most baskets first:
    `lead, other, count` (baskets of the second window with both), `lift_over_null, price` (of both, at usual
    prices), `margin` (of both), `attached` (share of the lead's baskets that hold the other, at usual prices
    of the lead), `usual` (how many these are), `cheap` (baskets with the lead at a lower price),
    `attached_cheap`, `effect` (the difference) with `lower, upper` (customers resampled), and `needed`: the
    share that must take the other for the bundle's price to pay, less `discount` of both. nan where the data
    do not say.
    """

    discount: float
    share: float | None
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many bundles there are, what the first ones need, and what a lower price did."""
        pairs = self.table[["lead", "other"]].apply(frozenset, axis=1).nunique()
        margin = "by the shop's costs" if self.share is None else f"assumed: {self.share:.0%} of the price"
        first = f"{pairs:,} bundles of two products go together beyond chance (margins {margin})."
        return (first, *self._needs(), self._of_prices())

    def _needs(self) -> list[str]:
        """Say what the first bundles cost, and from which share of takers on their price pays."""
        return [
            f"{r.lead} with {r.other} costs {r.price:.2f}; {r.attached:.1%} of the baskets with {r.lead} "
            f"hold both. {self.discount:.0%} off the two pays where at least {r.needed:.1%} do."
            if np.isfinite(r.needed)
            else f"{r.lead} with {r.other} costs {r.price:.2f}; {self.discount:.0%} off the two never pays: "
            "the second product's margin is too small."
            for r in self.table.drop_duplicates("lead").head(SAID).itertuples()
        ]

    def _of_prices(self) -> str:
        """Say what went with a lower price of the lead, and that it is no effect."""
        known = self.table.dropna(subset="effect")
        if known.empty:
            return f"No lead was sold in {FEWEST} baskets at a lower price: what a price does is not known."
        up, down = int((known["lower"] > 0).sum()), int((known["upper"] < 0).sum())
        return (
            f"Of {len(known):,} leads that were sold at less than {CHEAP:.0%} of their usual price, too, the "
            f"other product was taken more often then for {up:,}, less often for {down:,}. Seasons, whom the "
            "price drew and prices that hold for both together are in these differences: they are no effects."
        )

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = self.table.head(SHOWN)
        shown = {
            "With": rows["other"],
            "Baskets": rows["count"].map("{:,}".format),
            "Lift over chance": rows["lift_over_null"].map("{:.2f}".format),
            "Price of both": rows["price"].map("{:.2f}".format),
            "Take both": rows["attached"].map("{:.1%}".format),
            f"Needed at {self.discount:.0%} off": rows["needed"].map(
                lambda share: f"{share:.1%}" if np.isfinite(share) else "never"
            ),
            "At a lower price": rows["effect"].map(lambda e: "" if np.isnan(e) else f"{e:+.1%}"),
        }
        index = pd.Index(rows["lead"], name="Product", dtype="str")
        return pd.DataFrame({name: values.to_numpy() for name, values in shown.items()}, index=index)


def find(
    lines: pd.DataFrame,
    products: pd.DataFrame | None = None,
    *,
    support: float = 0.001,
    discount: float = 0.1,
    margin_share: float = 0.3,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Bundles:
    """Return the bundles of a shop's lines.

    lines: `customer, basket, at, item, price` (of one unit, as it was paid). products: `item, price` [`cost`]
    (see crmlab.history.priced_lines). A bundle is a pair of which a rule survives (see
    associations/product_rules, which takes support, worlds and seed). discount: off the price of both.
    margin_share: of the price, assumed where not all costs are known. A bundle pays where
    p (m1 + m2 - d) + (1 - p) m1 >= m1 + p0 m2, thus from p = p0 m2 / (m2 - d) on, m being margins, d the
    discount in money and p0 the share that holds both today. Raises NotApplicable without prices, and where
    no pair survives.
    """
    if products is None or "price" not in lines or lines["price"].isna().all():
        raise NotApplicable("without prices there is no price of a bundle")
    nulls = ("free", "week") if "at" in lines else ("free",)
    rules = product_rules.find(lines, support=support, longest=2, nulls=nulls, worlds=worlds, seed=seed).table
    kept = rules[rules["survives"]].drop_duplicates("items")
    if kept.empty:
        raise NotApplicable("no pair of products survives out of time, so there is no bundle")
    known = products.set_index("item")
    costed = "cost" in known and known["cost"].notna().all()
    margin = known["price"] - known["cost"] if costed else margin_share * known["price"]
    shop = lines.drop_duplicates(["basket", "item"])
    rows = [
        _row(rule, lead, other, shop, known["price"], margin, discount, seed)
        for rule in kept.itertuples()
        for lead, other in (rule.items, rule.items[::-1])
    ]
    table = pd.DataFrame(rows).sort_values(
        ["count", "lead"], ascending=[False, True], kind="stable", ignore_index=True
    )
    return Bundles(discount, None if costed else margin_share, table)


def needed_share(attached: float, margin: float, discount: float) -> float:
    """Return from which share of takers on a bundle pays, inf where it never does: not if all took it.

    attached: the share today. margin: of the product that is added. discount: in money, off the bundle.
    """
    needed = attached * margin / (margin - discount) if margin > discount else np.inf
    return needed if needed <= 1 else np.inf


def _row(
    rule: Any,
    lead: str,
    other: str,
    shop: pd.DataFrame,
    price: pd.Series,
    margin: pd.Series,
    discount: float,
    seed: int,
) -> dict[str, Any]:
    """Return one bundle with its lead."""
    with_lead = shop[shop["item"] == lead]
    both = with_lead["basket"].isin(shop.loc[shop["item"] == other, "basket"]).to_numpy()
    cheap = (with_lead["price"] < CHEAP * price[lead]).to_numpy()
    attached = float(both[~cheap].mean()) if (~cheap).any() else np.nan
    whole = float(price[lead] + price[other])
    row = {
        "lead": lead,
        "other": other,
        "count": int(rule.count),
        "lift_over_null": float(rule.lift_over_null),
        "price": whole,
        "margin": float(margin[lead] + margin[other]),
        "attached": attached,
        "usual": int((~cheap).sum()),
        "cheap": int(cheap.sum()),
        "needed": needed_share(attached, float(margin[other]), discount * whole),
    }
    return row | _of_price(with_lead["customer"].to_numpy(), both, cheap, seed)


def _of_price(customers: np.ndarray, both: np.ndarray, cheap: np.ndarray, seed: int) -> dict[str, float]:
    """Return how much more often the other product was taken at a lower price of the lead."""
    if min(cheap.sum(), (~cheap).sum()) < FEWEST:
        return dict.fromkeys(("attached_cheap", "effect", "lower", "upper"), np.nan)
    code = pd.factorize(customers)[0]
    weights = poisson_weights(code, REPLICATES, generator(seed, "bundles")).astype(np.float64)
    rates = []
    for part in (cheap, ~cheap):
        total = weights[:, part].sum(axis=1)
        caught = weights[:, part] @ both[part].astype(np.float64)
        rates.append(np.divide(caught, total, out=np.full(len(total), np.nan), where=total > 0))
    effect = float(both[cheap].mean() - both[~cheap].mean())
    lower, upper = interval_from_replicates(effect, rates[0] - rates[1], level=LEVEL)
    return {"attached_cheap": float(both[cheap].mean()), "effect": effect, "lower": lower, "upper": upper}
