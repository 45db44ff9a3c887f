"""Alarm: have the customers, the base rate or a feature moved away from what was learned from?

One alarm, which is false in 5 % of cases where nothing moved, over everything that is looked at. Customers
are compared with earlier ones who were known for as long: in a shop that grows older everyone's history gets
longer, and that is no news. What earlier windows differ by among themselves beyond chance is none either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths.moved import moved
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, NUMERIC

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.problems.handed import Fold

LEVEL: Final = 0.05
TENURE: Final = "T_days"
BANDS: Final = 8
"""Strata of customers by how long they are known."""

LEAST: Final = 50
"""Fewer customers now or in training say nothing."""

HALF: Final = 0.5
"""Of today's customers so many are to be compared."""

ROWS: Final = 20_000
"""At most so many rows of either side are looked at, drawn at random."""

NAMES: Final = {"base rate": "the base rate", "new customers": "the number of new customers"}
SHOWN: Final = 3


@dataclass(frozen=True)
class Alarm:
    """What moved, beyond chance over all of it.

    table: one row per thing looked at: `what` (a column, 'base rate', 'new customers'), `difference` (of
    ranks from 0 to 1, of shares, or nan), `z`, the largest first. critical: what |z| stays below in 95 %
    where nothing moved. day: the cutoff of the customers who are compared.
    """

    table: pd.DataFrame
    critical: float
    day: str

    @property
    def is_raised(self) -> bool:
        """Whether anything moved."""
        return bool(self.table["z"].abs().max() > self.critical)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say whether there is an alarm, and what moved most."""
        looked = f"{len(self.table):,} things looked at"
        if not self.is_raised:
            return (
                f"No alarm: of {looked}, none lies further from training than chance takes it "
                f"({LEVEL:.0%} of such alarms would be false).",
            )
        far = self.table[self.table["z"].abs() > self.critical]
        named = ", ".join(self._named(row.what, row.z) for row in far.head(SHOWN).itertuples())
        more = f" and {len(far) - SHOWN:,} more" if len(far) > SHOWN else ""
        return (
            f"Alarm: the customers of {self.day} differ from those of the training windows "
            f"({named}{more}, of {looked}; {LEVEL:.0%} of such alarms would be false): what was judged on "
            "earlier windows need not hold for them.",
        )

    def _named(self, name: str, z: float) -> str:
        """Return what moved, and which way."""
        return f"{NAMES.get(name, name)} {'up' if z > 0 else 'down'}"

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        top = self.table.head(10)
        shown = {
            "Standard errors": top["z"].map("{:+.1f}".format),
            "Chance stays below": [f"{self.critical:.1f}"] * len(top),
        }
        return pd.DataFrame(shown).set_axis(top["what"].rename("What"))


def find(comparison: Comparison) -> Alarm:
    """Return what of the last window's customers moved away from the training windows.

    Raises NotApplicable where the rows are of no days, there is no training, or too few customers.
    """
    problem = comparison.problem
    if not problem.protocol.on_events:
        raise NotApplicable("the rows are of no days: nothing can have moved")
    fold = problem.last_fold()
    now, before = _compared(fold.test_rows, fold.train_rows)
    rng = generator(comparison.seed, "alarm", fold.cutoff)
    now, before = (f.iloc[np.sort(rng.permutation(len(f))[:ROWS])] for f in (now, before))
    strata = _strata(now, before)
    columns, values_now, values = _values(now, before, problem.facts["roles"])
    counted = {"new customers": _arrivals(fold)}
    counted["base rate"] = _base_rate(fold)
    alone = {name: z for name, z in counted.items() if z is not None}
    found = moved(
        values_now,
        values,
        strata=strata,
        customers=(now["customer"].to_numpy().astype(str), before["customer"].to_numpy().astype(str)),
        origins=before["origin"].to_numpy(),
        alone=np.array(list(alone.values())),
        level=LEVEL,
        seed=rng,
    )
    table = pd.DataFrame({"what": [*columns, *alone], "difference": found.difference, "z": found.z})
    table = table.dropna(subset="z").sort_values("z", key=lambda z: -z.abs(), ignore_index=True)
    return Alarm(table, found.critical, str(fold.cutoff))


def _compared(now: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return customers known for no longer than every window has some. Raises NotApplicable.

    The first windows of a young shop have none who are known for long: they are left out until half of
    today's customers can be compared, or two windows are left.
    """
    if TENURE in now and len(before):
        longest = before.groupby("origin")[TENURE].max().sort_index()
        places = range(max(len(longest) - 2, 0) + 1)
        reached = [(now[TENURE] <= longest.iloc[place:].min()).mean() for place in places]
        first = next((p for p in places if reached[p] >= HALF), places[-1])
        reach = longest.iloc[first:].min()
        before = before[before["origin"].isin(longest.index[first:]) & (before[TENURE] <= reach)]
        now = now[now[TENURE] <= reach]
    if min(len(now), len(before)) < LEAST:
        raise NotApplicable(f"fewer than {LEAST} customers can be compared with those of training")
    return now, before


def _strata(now: pd.DataFrame, before: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return in which band of tenure each customer is; bands that a training window lacks are joined."""
    if TENURE not in now:
        return np.zeros(len(now), dtype=int), np.zeros(len(before), dtype=int)
    for bands in range(BANDS, 0, -1):
        edges = np.unique(np.quantile(now[TENURE], np.linspace(0, 1, bands + 1)[1:-1]))
        codes = [np.searchsorted(edges, f[TENURE].to_numpy(), side="left") for f in (now, before)]
        there = pd.crosstab(before["origin"], codes[1]).reindex(columns=np.unique(codes[0]), fill_value=0)
        if (there > 0).all(axis=None):
            kept = np.isin(codes[1], np.unique(codes[0]))
            if kept.all():
                return codes[0], codes[1]
    return np.zeros(len(now), dtype=int), np.zeros(len(before), dtype=int)


def _values(
    now: pd.DataFrame, before: pd.DataFrame, roles: dict[str, str]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return what is compared: ranks of numbers from 0 to 1, shares of frequent levels."""
    both, found = pd.concat([now, before], ignore_index=True), {}
    for column, role in roles.items():
        if column not in both or column == TENURE:
            continue
        if role == NUMERIC:
            rank = both[column].astype(float).rank(pct=True)
            found[column] = rank.fillna(rank.mean())
            found[f"{column} unknown"] = both[column].isna().astype(float)
        elif role == CATEGORICAL:
            for level in both[column].value_counts().index[:3]:
                found[f"{column} = {level}"] = (both[column] == level).astype(float)
    frame = pd.DataFrame(found)
    frame = frame.loc[:, frame.nunique() > 1]
    values = frame.to_numpy(dtype=np.float64)
    return list(frame), values[: len(now)], values[len(now) :]


def _arrivals(fold: Fold) -> float | None:
    """Return how many more customers are new than before, standardised; None where unknown."""
    origins = np.sort(pd.to_datetime(pd.unique(fold.train_rows["origin"])))
    if TENURE not in fold.test_rows or len(origins) < 2:
        return None
    apart = int(min(np.diff(origins).min() / np.timedelta64(1, "D"), 90))
    counts = fold.train_rows[fold.train_rows[TENURE] < apart].groupby("origin").size()
    counts = counts.reindex(pd.to_datetime(origins), fill_value=0).to_numpy(dtype=float)
    mean, now = counts.mean(), float((fold.test_rows[TENURE] < apart).sum())
    spread = max(counts.var(ddof=1), mean)
    return (now - mean) / np.sqrt(spread * (1 + 1 / len(counts))) if mean > 0 else None


def _base_rate(fold: Fold) -> float | None:
    """Return how the latest training window's base rate differs from the earlier ones', standardised."""
    rows = fold.train_rows.assign(outcome=fold.train_outcomes["outcome"].to_numpy())
    last = rows["origin"] == rows["origin"].max()
    if last.all() or rows["outcome"].isna().any():
        return None
    try:
        now, before = _compared(rows[last], rows[~last])
    except NotApplicable:
        return None
    found = moved(
        now[["outcome"]].to_numpy(dtype=float),
        before[["outcome"]].to_numpy(dtype=float),
        strata=_strata(now, before),
        customers=(now["customer"].to_numpy().astype(str), before["customer"].to_numpy().astype(str)),
        origins=before["origin"].to_numpy(),
        alone=np.empty(0),
        level=LEVEL,
        seed=generator(1, "base rate"),
        draws=2,
    )
    return None if np.isnan(found.z[0]) else float(found.z[0])
