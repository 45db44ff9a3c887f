"""Who is worth what: each customer's next twelve months, with an interval, and when the next order is due.

The comparison judges methods by a horizon, and the chosen one's answer for it stands on the list; a year goes
beyond that, and is the forecast of models of lifetimes (see `explain.forecast`). What is expected is net
spend: what the goods leave of it is no price of this task. The list contacts nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pandas as pd

from crmlab.actions._listing import REASONS, bought_before
from crmlab.declare.action import Action
from crmlab.errors import NotApplicable
from crmlab.explain.forecast import Forecast, forecast_of
from crmlab.explain.scoring import scoring

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

SPEND: Final = ("spend_12_months", "spend_lower", "spend_upper")
NAMES: Final = MappingProxyType({"A": "first 80%", "B": "next 15%", "C": "last 5%", "": "not known"})
"""Of the tiers, which part of the spend to come they bring."""


@dataclass(frozen=True, kw_only=True)
class Worth:
    """The customers of a comparison's last window, who brings most first.

    table: `customer`, `score` (the answer of the method `label` for the horizon), SPEND with its 80 %
    interval, all in currency, `p_alive`, `next_order`, `segment` with its `name`, what was before, and why.
    """

    table: pd.DataFrame
    label: str
    valued_by: str
    horizon_days: int

    further: ClassVar[Mapping[str, pd.DataFrame]] = MappingProxyType({})

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how few bring how much, where the numbers come from, and what the days mean."""
        t = self.table
        first, total = t[t["segment"] == "A"], t[SPEND[0]].sum()
        unknown = int((t["segment"] == "").sum())
        late = f" Of {unknown:,} the first purchase is not known, and so no year." if unknown else ""
        return (
            f"Of {len(t):,} customers the best {len(first):,} (segment A) bring {first[SPEND[0]].sum():,.0f} "
            f"of the {total:,.0f} that all of them are expected to spend within 12 months, returns taken "
            f"off.{late}",
            f"The year is a forecast by {self.valued_by}: what is expected of such a customer, most of whom "
            f"spend less and a few much more; the interval holds 80%. `score` is what {self.label} expects "
            f"within {self.horizon_days} days, the horizon by which methods were judged.",
            "The day in `next_order` is the one by which half of such customers order again, as long as they "
            "are customers still; none stands there where it lies beyond a year.",
        )

    def head(self, count: int = 15) -> pd.DataFrame:
        """Return the top of the list for readers: numbers in words, reasons in one cell."""
        top = self.table.head(count)
        ends = [f"{low:,.0f} to {high:,.0f}" for low, high in top[list(SPEND[1:])].to_numpy()]
        shown = {
            "Segment": top["segment"] + ": " + top["name"],
            "Within 12 months": top[SPEND[0]].map("{:,.2f}".format),
            "Interval (80%)": ends,
            "Still a customer": top["p_alive"].map("{:.0%}".format),
            "Next order": top["next_order"],
            "Why": ["; ".join(filter(None, row)) for row in top[list(REASONS)].to_numpy()],
        }
        return pd.DataFrame(shown).set_axis(top["customer"].rename("Customer"))


def make(comparison: Comparison, *, reasoned: int = 0) -> Worth:
    """Return who of the last window's test rows is worth what.

    reasoned: not asked for, as the models read nothing but when and how much was bought. Raises NotApplicable
    where nobody answered with a value, or there is no forecast of a year.
    """
    facts, fold = comparison.problem.facts, comparison.problem.last_fold()
    if facts["horizon_days"] is None or fold.cutoff is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no days, so there is no year to come")
    run, rows = scoring(comparison)[0], fold.test_rows.reset_index(drop=True)
    own = run.answers[run.answers["fold"] == fold.number].set_index("row_id")["score"]
    forecast = forecast_of(rows, margin_share=1.0, seed=comparison.seed)
    segment = forecast.tiers()
    table = pd.DataFrame({"customer": rows["customer"], "score": own.loc[fold.test_row_ids].to_numpy()})
    table = table.join(forecast.values.set_axis(list(SPEND), axis=1)).assign(
        p_alive=forecast.p_alive,
        p_alive_by=forecast.label,
        next_order=forecast.next_order(fold.cutoff),
        segment=segment,
        name=segment.map(NAMES),
    )
    table = table.join(bought_before(rows, fold.cutoff)).join(_reasons(forecast, rows))
    table = table.sort_values(SPEND[0], ascending=False, kind="stable", ignore_index=True)
    return Worth(table=table, label=run.label, valued_by=forecast.label, horizon_days=facts["horizon_days"])


def _reasons(forecast: Forecast, rows: pd.DataFrame) -> pd.DataFrame:
    """Return why each is worth that: how often, how much, and how long ago they bought."""
    past = forecast.past
    with np.errstate(divide="ignore", invalid="ignore"):
        every = past.t_x / past.x * past.days_per_unit
    often = ["ordered once" if np.isnan(d) else f"orders every {d:.0f} days" for d in every]
    much = ["" if s <= 0 else f"spends {s:,.2f} a time" for s in past.spend]
    last = [f"last bought {d:.0f} days ago" for d in (past.T - past.t_x) * past.days_per_unit]
    return pd.DataFrame(dict(zip(REASONS, (often, much, last), strict=True)), rows.index, dtype="str")


ACTION = Action(label="Who is worth what", tasks=("value",), make=make)
