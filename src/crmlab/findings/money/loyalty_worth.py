"""What loyalty is worth: retention and loyal customers as computed curves over margin and discount rate.

Two slogans say that five points more retention, or five per cent more loyal customers, raise profit by
some large share. What they raise it by follows from four numbers of the shop: read off the last window
here, with the formulas of `maths.retention`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.history.margin import measured_margin
from crmlab.maths import retention as worth
from crmlab.maths.retention import YEAR_DAYS

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

MORE: Final = 0.05
"""Points of retention, and share of loyal customers, that are added."""

DISCOUNT_RATES: Final = (0.05, 0.10, 0.15, 0.20)
"""Of a year."""

MARGIN_SHARES: Final = tuple(np.linspace(0.1, 0.6, 11).round(3).tolist())
COST_RATIOS: Final = tuple(np.linspace(0.0, 20.0, 201).round(1).tolist())
LOYAL: Final = 2
"""Repeat purchase days from which a customer counts as loyal."""


@dataclass(frozen=True)
class Group:
    """Active customers: number, retention, and the retained ones' mean spend in a period (currency)."""

    n: int
    retention: float
    spend: float


@dataclass(frozen=True)
class LoyaltyWorth:
    """The worth of loyalty in the last window, in currency per customer.

    A period is the horizon. margin_share: of revenue, measured where has_costs, else the task's. everyone,
    loyal, others: active customers, who bought within one period before the cutoff. by_margin: one row per
    margin_share and yearly discount_rate: `value` of a customer, `more_retention` and `more_loyal` (money
    per customer that MORE of each adds), and both as shares. by_cost: one row per cost_ratio and
    discount_rate: `gain`, the share that MORE retention adds to the profit net of winning a customer (nan
    where that never pays back).
    """

    problem: str
    period_days: int
    everyone: Group
    loyal: Group
    others: Group
    margin_share: float
    has_costs: bool
    retention_cost: float
    by_margin: pd.DataFrame
    by_cost: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """The worth over margin shares and discount rates."""
        return self.by_margin

    def head(self) -> pd.DataFrame:
        """Return the table for readers: at the shop's own margin."""
        here = self.by_margin[np.isclose(self.by_margin["margin_share"], self.margin_share)]
        rows = list(here.itertuples())
        points, share = f"{100 * MORE:.0f} points more retention", f"{MORE:.0%} more loyal customers"
        shown = {
            "Value of a customer": [f"{r.value:,.2f}" for r in rows],
            points: [f"{r.more_retention:+,.2f} ({r.more_retention_share:+.1%})" for r in rows],
            share: [f"{r.more_loyal:+,.2f} ({r.more_loyal_share:+.1%})" for r in rows],
        }
        return pd.DataFrame(
            shown, index=pd.Index([f"{r.discount_rate:.0%}" for r in rows], name="Yearly discount rate")
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what both slogans come to in this shop."""
        here = self.by_margin[np.isclose(self.by_margin["margin_share"], self.margin_share)]
        low, high = (here[f"{c}_share"].agg(["min", "max"]) for c in ("more_retention", "more_loyal"))
        said = (
            f"Of {self.everyone.n:,} customers who bought in the {self.period_days} days before the cutoff, "
            f"{self.everyone.retention:.1%} bought again in the {self.period_days} days after it; a retained "
            f"one then spent {self.everyone.spend:,.2f}, of which {self._of_margin()}."
        )
        points = (
            f"{100 * MORE:.0f} points more retention raise the value of a customer by {low['min']:.1%} to "
            f"{low['max']:.1%} over yearly discount rates of {min(DISCOUNT_RATES):.0%} to "
            f"{max(DISCOUNT_RATES):.0%}, whatever the margin; {MORE:.0%} more loyal customers "
            f"({LOYAL} and more repeat purchases) raise it by {high['min']:.1%} to {high['max']:.1%}."
        )
        return (said, points, self._of_cost(), *self._of_division())

    def _of_margin(self) -> str:
        """Say what the margin is and where it comes from."""
        if self.has_costs:
            share = f"{self.margin_share:.1%} is margin"
            return f"{share}, as on what was bought before the cutoff, by the shop's own costs"
        share = f"{self.margin_share:.1%} is taken for margin"
        return f"{share}, as the task declares: what the goods cost is not known here"

    def _of_cost(self) -> str:
        """Say how the gain grows with what winning a customer costs, and where that ends."""
        paid = self.by_cost.dropna(subset="gain")
        if paid.empty:
            return "At no cost ratio does a customer pay back what winning and keeping one costs."
        cost = f"times the cost of keeping for a period ({self.retention_cost:g})"
        last = self.by_cost["cost_ratio"].max()
        still = paid[paid["cost_ratio"] == last]
        rest = paid[~paid["discount_rate"].isin(still["discount_rate"])]
        bound = f"{rest['cost_ratio'].max():g}"
        end = f"without bound towards {bound} {cost}, the highest ratio looked at that pays back"
        if len(still):
            low, high = (f"{gain:.1%}" for gain in still["gain"].agg(["min", "max"]))
            end = low if low == high else f"{low} to {high}"
            end += f" still at {last:g} {cost}, the highest ratio looked at"
            if len(rest):
                end += f", where the yearly discount rate is at most {still['discount_rate'].max():.0%}; "
                end += f"at higher rates without bound towards {bound} times it"
        return (
            f"Net of what winning a customer costs the same {100 * MORE:.0f} points are a larger share of a "
            f"smaller profit: {paid['gain'].min():.1%} where winning is free, and {end}."
        )

    def _of_division(self) -> tuple[str, ...]:
        """Say how much of the percentage is the division by a smaller profit, where one pays back."""
        paid = self.by_cost.dropna(subset="gain").sort_values("cost_ratio")
        if paid.empty:
            return ()
        ends = paid.groupby("discount_rate")["gain"].agg(["first", "last"])
        # the money that is gained hangs on no cost of winning: what the percentage grows by is the division
        parts = 1 - ends["first"] / ends["last"]
        low, high = f"{parts.min():.0%}", f"{parts.max():.0%}"
        share = low if low == high else f"{low} to {high}"
        return (
            f"At the highest ratio looked at that pays back {share} of the percentage comes from dividing by "
            "what the cost of winning leaves of the profit; the rest is there where winning is free.",
        )


def find(comparison: Comparison) -> LoyaltyWorth:
    """Return the worth of loyalty in a comparison's last window.

    Raises NotApplicable where there is no period or spend, nobody was active, or the task has no price of
    keeping a customer.
    """
    prices, facts = comparison.economics, comparison.problem.facts
    if not facts.get("horizon_days"):
        raise NotApplicable("the outcome has no period in days: there is no retention rate to discount")
    if not {"margin_share", "contact_cost", "incentive_cost"} <= set(prices):
        raise NotApplicable("the task names no margin_share, contact_cost and incentive_cost")
    active = _active(comparison)
    loyal = active["frequency"] >= LOYAL
    groups = [_group(part) for part in (active, active[loyal], active[~loyal])]
    # what keeping costs in a period: an offer that is made and taken
    cost = prices["contact_cost"] + prices["incentive_cost"]
    measured = measured_margin(comparison)
    margin = prices["margin_share"] if measured is None else measured
    return LoyaltyWorth(
        problem=comparison.name,
        period_days=facts["horizon_days"],
        everyone=groups[0],
        loyal=groups[1],
        others=groups[2],
        margin_share=margin,
        has_costs=measured is not None,
        retention_cost=cost,
        by_margin=by_margin(*groups, period_days=facts["horizon_days"], margin_share=margin),
        by_cost=by_cost(
            groups[0],
            period_days=facts["horizon_days"],
            margin_share=margin,
            retention_cost=cost,
        ),
    )


def by_margin(
    everyone: Group, loyal: Group, others: Group, *, period_days: int, margin_share: float
) -> pd.DataFrame:
    """Return value and gains over margin shares (and the shop's own) and discount rates: see LoyaltyWorth."""
    rows = []
    for rate in DISCOUNT_RATES:
        period = period_rate(rate, period_days=period_days)
        raised = float(worth.retention_gain(everyone.retention, more=MORE, discount_rate=period))
        for share in sorted({*MARGIN_SHARES, margin_share}):
            value, high, low = (
                float(worth.lifetime_value(g.retention, margin=share * g.spend, discount_rate=period))
                for g in (everyone, loyal, others)
            )
            mix = loyal.n / everyone.n
            turned = float(worth.loyal_gain(high, low, loyal_share=mix, more=MORE))
            rows.append(
                {
                    "margin_share": share,
                    "discount_rate": rate,
                    "value": value,
                    "more_retention": raised * value,
                    "more_loyal": MORE * mix * (high - low),
                    "more_retention_share": raised,
                    "more_loyal_share": turned,
                }
            )
    return pd.DataFrame(rows)


def by_cost(everyone: Group, *, period_days: int, margin_share: float, retention_cost: float) -> pd.DataFrame:
    """Return what MORE retention adds to the profit net of winning a customer: see LoyaltyWorth."""
    parts = [
        pd.DataFrame(
            {
                "cost_ratio": COST_RATIOS,
                "discount_rate": rate,
                "gain": worth.gain_after_acquisition(
                    everyone.retention,
                    more=MORE,
                    margin=margin_share * everyone.spend,
                    discount_rate=period_rate(rate, period_days=period_days),
                    retention_cost=retention_cost,
                    cost_ratio=np.array(COST_RATIOS),
                ),
            }
        )
        for rate in DISCOUNT_RATES
    ]
    return pd.concat(parts, ignore_index=True)


def period_rate(yearly: float, *, period_days: float) -> float:
    """Return the discount rate of a period that compounds to a yearly one."""
    return (1 + yearly) ** (period_days / YEAR_DAYS) - 1


def _active(comparison: Comparison) -> pd.DataFrame:
    """Return the last window's customers who bought within a period before the cutoff, with outcomes."""
    facts: Any = comparison.problem.facts
    rows = comparison.problem.last_fold().test_rows
    solution = comparison.problem.solution.set_index("row_id")
    lacking = [c for c in ("days_since_last", "frequency") if c not in rows]
    if lacking or "value" not in solution:
        raise NotApplicable(
            f"the rows have no {lacking[0] if lacking else 'value'}: nobody's loyalty is known"
        )
    known = rows.join(solution[["outcome", "value"]], on="row_id")
    active = known[known["days_since_last"] < facts["horizon_days"]]
    if not (active["outcome"] == 0).any():
        raise NotApplicable("no active customer was retained: a lifetime of one period has no curve")
    return active


def _group(customers: pd.DataFrame) -> Group:
    """Return the number, the retention and the mean spend of the retained of some customers."""
    kept = customers["outcome"] == 0
    if not kept.any():
        return Group(len(customers), 0.0, 0.0)
    return Group(len(customers), float(kept.mean()), float(customers.loc[kept, "value"].mean()))
