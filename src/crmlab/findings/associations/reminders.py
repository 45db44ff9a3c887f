"""When to remind: the day on which a customer is due to buy a product again, and how right that is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.explain.basket_coding import coded, halves
from crmlab.maths.mining import repurchase
from crmlab.maths.rates import wilson

LEVEL: Final = 0.95
HORIZONS: Final = (7, 14, 28, 56)
"""Days within which purchases are foretold and counted."""

GROUPS: Final = 5
SHOWN: Final = 12


@dataclass(frozen=True)
class Reminders:
    """When customers are due to buy again what they bought before.

    table: a row per customer and product, the most likely to be bought within the first of HORIZONS first:
    `customer, product, last` (day), `purchases, due` (the median day, as of the last purchase), `days_since,
    p_<days>` for each of HORIZONS, as of the end of the data. calibration: `days, group, pairs, foretold,
    happened, lower, upper`: of customer × product pairs known at `until`, in GROUPS by what was foretold, the
    mean foretold share, and the share that bought within so many days, with its interval. Products with fewer
    than `maths.mining.repurchase.FEWEST` gaps are left out.
    """

    until: str
    end: str
    products: int
    left_out: int
    calibration: pd.DataFrame
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say who is due, and how right the foretold shares were."""
        soon = self.table[f"p_{HORIZONS[0]}"]
        return (
            f"As of {self.end}, {len(self.table):,} pairs of a customer and one of {self.products:,} "
            f"products have a due day; {self.left_out:,} products were bought again too seldom to speak of. "
            f"Within {HORIZONS[0]} days {soon.sum():,.0f} of these purchases are foretold.",
            *(self._judged(days) for days in sorted(set(self.calibration["days"]))),
        )

    def _judged(self, days: int) -> str:
        """Say how foretold and happened agree within so many days."""
        own = self.calibration[self.calibration["days"] == days]
        pairs = own["pairs"].sum()
        foretold, happened = ((own[c] * own["pairs"]).sum() / pairs for c in ("foretold", "happened"))
        off = 100 * (own["foretold"] - own["happened"]).abs().max()
        inside = int(((own["foretold"] >= own["lower"]) & (own["foretold"] <= own["upper"])).sum())
        return (
            f"Foretold on {self.until} for the {days} days after it: {foretold:.1%} of {pairs:,} pairs, and "
            f"{happened:.1%} bought; in {inside} of {len(own)} groups by probability the foretold share lies "
            f"within the interval of what happened, and it is at most {off:.1f} percentage points off."
        )

    def head(self) -> pd.DataFrame:
        """Return the table for readers: who is most likely to buy what."""
        rows = list(self.table.head(SHOWN).itertuples())
        shown = {
            "Product": [str(r.product) for r in rows],
            "Purchases": [f"{r.purchases:,}" for r in rows],
            "Last": [r.last.date().isoformat() for r in rows],
            "Due": [r.due.date().isoformat() for r in rows],
            **{f"Within {d} days": [f"{getattr(r, f'p_{d}'):.0%}" for r in rows] for d in HORIZONS[:2]},
        }
        names = [str(r.customer) for r in rows]
        return pd.DataFrame(shown, index=pd.Index(names, name="Customer", dtype="str"))


def find(lines: pd.DataFrame, *, until: str | dt.date | None = None) -> Reminders:
    """Return when customers are due to buy again, and how well that was foretold from an earlier day.

    lines: `customer, basket, at, item`, as `history.dated_baskets` gives them. until: the day from which the
    next purchases judge what was foretold from those before it, where half of the baskets are when None.
    Gaps that have not ended count as such: some never will (`maths.mining.repurchase`). due is the median day
    of those who come back. Raises NotApplicable without customers or dates, and
    where no product was bought again often enough.
    """
    if "customer" not in lines or "at" not in lines:
        raise NotApplicable("without customers and dates nobody can be due")
    known = lines[lines["customer"].notna() & lines["at"].notna()]
    _, after = halves(coded(known), until)
    people, customer = np.unique(known["customer"].to_numpy(dtype=object), return_inverse=True)
    names, product = np.unique(known["item"].astype("str").to_numpy(dtype=object), return_inverse=True)
    day = known["at"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    cut = int(after.at[0].astype("datetime64[D]").astype(np.int64))
    past = day < cut
    judged = _foretold(customer[past], product[past], day[past], cut, len(names))
    if judged.empty:
        raise NotApplicable(f"no product was bought again {repurchase.FEWEST} times before {_date(cut)}")
    last = int(day.max()) + 1
    table = _foretold(customer, product, day, last, len(names))
    calibration = _calibration(judged, customer[~past], product[~past], day[~past], cut, last)
    spoken = table["product"].nunique()
    table = table.assign(
        customer=people[table["customer"]],
        product=names[table["product"]],
        last=pd.to_datetime(table["last"].to_numpy(dtype="datetime64[D]")),
        due=pd.to_datetime(table["due"].to_numpy(dtype="datetime64[D]")),
    )
    order = [f"p_{HORIZONS[0]}", "purchases"]
    table = table.sort_values(order, ascending=False, kind="stable", ignore_index=True)
    return Reminders(_date(cut), _date(last - 1), spoken, len(names) - spoken, calibration, table)


def _foretold(
    customer: np.ndarray, product: np.ndarray, day: np.ndarray, today: int, products: int
) -> pd.DataFrame:
    """Return a row per customer and product bought before a day: the last purchase and what is foretold."""
    c, p, _, gap = repurchase.gaps_of(customer, product, day)
    each = pd.DataFrame({"customer": customer, "product": product, "day": day}).drop_duplicates()
    table = each.groupby(["customer", "product"], as_index=False).agg(
        last=("day", "max"), purchases=("day", "size")
    )
    # gaps come by customer, product and day: how many of hers were before
    before = pd.DataFrame({"customer": c, "product": p}).groupby(["customer", "product"]).cumcount()
    timing = repurchase.fitted(
        p,
        gap,
        before.to_numpy(),
        table["product"].to_numpy(),
        (today - table["last"]).to_numpy(),
        table["purchases"].to_numpy() - 1,
        repurchase.shares(c, p, gap, products),
    )
    table = table[timing.gaps[table["product"]] >= repurchase.FEWEST].reset_index(drop=True)
    own = pd.DataFrame({"customer": c, "product": p, "log": np.log(np.maximum(gap, repurchase.LEAST_DAYS))})
    sums = own.groupby(["customer", "product"])["log"].agg(["size", "sum"]).reset_index()
    joined = table.merge(sums, on=["customer", "product"], how="left").fillna({"size": 0, "sum": 0.0})
    mean, sd, returns = timing.predicted(*(joined[name].to_numpy() for name in ("product", "size", "sum")))
    since = (today - table["last"]).to_numpy(dtype=float)
    table["due"] = table["last"] + np.round(repurchase.days_until(mean, sd, 0.5)).clip(max=36_500).astype(int)
    table["days_since"] = since
    for days in HORIZONS:
        # a purchase on the day after `today` - 1 is the first that counts
        table[f"p_{days}"] = repurchase.chance_by(mean, sd, returns, since + days - 0.5, waited=since - 0.5)
    return table


def _calibration(
    judged: pd.DataFrame, customer: np.ndarray, product: np.ndarray, day: np.ndarray, cut: int, last: int
) -> pd.DataFrame:
    """Return foretold beside happened, for the horizons that the data reach."""
    later = pd.DataFrame({"customer": customer, "product": product, "next": day})
    nxt = later.groupby(["customer", "product"], as_index=False)["next"].min()
    both: Any = judged.merge(nxt, on=["customer", "product"], how="left")
    rows = []
    for days in (d for d in HORIZONS if cut + d <= last):
        chance = both[f"p_{days}"].to_numpy()
        came = (both["next"] < cut + days).to_numpy()
        for group, part in enumerate(np.array_split(np.argsort(chance, kind="stable"), GROUPS)):
            if not len(part):
                continue
            lower, upper = wilson(np.array([came[part].sum()]), np.array([len(part)]), level=LEVEL)
            ends = float(came[part].mean()), float(lower[0]), float(upper[0])
            rows.append((days, group + 1, len(part), float(chance[part].mean()), *ends))
    columns = ["days", "group", "pairs", "foretold", "happened", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def _date(day: int) -> str:
    """Return a day as text."""
    return str(np.datetime64(day, "D"))
