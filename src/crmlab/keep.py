"""Whom to keep: the customers whose loss would cost most, what a contact would earn, and why they may go.

The list is of the last window's customers. Their probability to churn is the champion's, turned into a rate
on the inner hold-out of the train rows where there is one; their value is what their past spend says, at
the shop's measured margin where its costs are known, else at the declared one. The metrics of the board
keep the declared one.
The champion was picked by its scores on outcomes that those of the list's own rows are part of. Once the
method is picked, they are used for nothing but one sentence that looks back, and which it flatters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, spreadsheet, store
from crmlab.compare import PIPELINE, SCRATCH
from crmlab.errors import NotApplicable, UsageError
from crmlab.margin import measured_margin
from crmlab.maths.rates import rates, wilson
from crmlab.maths.retention import contact_profit, yearly_margin
from crmlab.prospects import CONSENT, CONTACT, NO_CONSENT, NOT_WORTH_IT
from crmlab.run import Run, load_model
from crmlab.why.departures import scoring
from crmlab.why.reasons import reasons, usual_value
from crmlab.why.window import explaining

if TYPE_CHECKING:
    from crmlab.compare import Comparison

NO_MONEY: Final = "over budget"
REASONED: Final = 300
"""So many, from the top of the list, get reasons: of some methods they take a second for a hundred."""

NEEDS: Final = (
    "margin_share", "customer_value", "incentive_cost", "contact_cost",
    "accept_alpha", "accept_beta", "budget_per_1000",
)  # fmt: skip


@dataclass(frozen=True)
class Returned:
    """How many who were silent for a horizon came back: of the latest origin where that can be known.

    origin: its cutoff, a day. silent: customers who bought nothing in its label window. returned: those of
    them who bought after it, in the `days` up to the list's own cutoff. value_share: their share of the
    value of the silent at the origin; nan where the silent have none.
    """

    origin: str
    silent: int
    returned: int
    days: int
    value_share: float


@dataclass(frozen=True)
class Kept:
    """The retention list of a comparison's last window.

    table: one row per customer, the highest expected profit first: `customer`, `score`, `probability`
    of churn, `value` (a year's margin), `value_at_risk` (their product), `expected_profit` of a contact,
    all in currency, `contact` (contact, over budget, not worth it, no consent), `reason_1` to `reason_3`.
    explained_by: whose reasons they are. horizon_days: how long who is lost is silent, None where leaving is
    published. returned: None where it cannot be known. prices: those of the task, `margin_share` the measured
    one where has_costs; declared_margin: the task's. outcome: what happened since, (n,).
    """

    problem: str
    label: str
    level: float
    horizon_days: int | None
    returned: Returned | None
    explained_by: str | None
    cutoff: str | None
    prices: Mapping[str, float]
    declared_margin: float
    has_costs: bool
    n_inner: int
    has_consent: bool
    has_spend: bool
    table: pd.DataFrame
    outcome: np.ndarray

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say whom to contact, what is at risk, where the numbers come from, and how it came out."""
        return (self._of_contacts(), self._of_value(), self._of_probability(), self._of_looking_back())

    def head(self, count: int = 15) -> pd.DataFrame:
        """Return the top of the list for readers: numbers in words, reasons in one cell."""
        top = self.table.head(count)
        shown = pd.DataFrame(
            {
                "Churn": top["probability"].map("{:.1%}".format),
                "Value": top["value"].map("{:,.2f}".format),
                "Value at risk": top["value_at_risk"].map("{:,.2f}".format),
                "Expected profit": top["expected_profit"].map("{:,.2f}".format),
                "Contact": top["contact"],
                "Why": ["; ".join(filter(None, row)) for row in top.filter(like="reason_").to_numpy()],
            }
        )
        return shown.set_axis(top["customer"].rename("Customer"))

    def _of_contacts(self) -> str:
        """Say how many are to be contacted, and who is not."""
        counts = self.table["contact"].value_counts()
        contacted, missed, unworthy, silent = (
            counts.get(c, 0) for c in (CONTACT, NO_MONEY, NOT_WORTH_IT, NO_CONSENT)
        )
        earned = self.table.loc[self.table["contact"] == CONTACT, "expected_profit"].sum()
        said = (
            f"Of {len(self.table):,} customers {contacted:,} are to be contacted, with an expected profit of "
            f"{earned:,.2f} in all; {missed:,} more would pay but are over the budget, {unworthy:,} are "
            "not worth a contact"
        )
        if self.has_consent:
            return f"{said}, and {silent:,} gave no consent and are left alone."
        return f"{said}; the data do not say who consented: check that before anybody is contacted."

    def _of_value(self) -> str:
        """Say what a value is and how much of all value is at risk."""
        what = f"{self.prices['customer_value']:g} for everybody, as the data hold no spend"
        if self.has_spend:
            what = (
                f"{self.prices['margin_share']:.1%} of what the customer spent so far, by the year (the net "
                "spend since the first purchase; less than a year counts as one): the past as it was, no "
                f"forecast. {self._of_margin()}"
            )
        share = self.table["value_at_risk"].sum() / max(self.table["value"].sum(), 1e-12)
        accept = self.prices["accept_rate"]
        return (
            f"A customer's value is {what.rstrip('.')}. {share:.1%} of all value is at risk. "
            f"{self._of_coming_back()} "
            f"An offer costs {self.prices['incentive_cost']:g} where it is taken and "
            f"{self.prices['contact_cost']:g} to make; {accept:.0%} of those about to leave are expected to "
            "stay for it, and everyone who stays anyway takes it."
        )

    def _of_margin(self) -> str:
        """Say which margin that is."""
        if not self.has_costs:
            return "That share is the task's declared margin: what the goods cost is not known here."
        return (
            "That share is the margin on what was bought before the cutoff, by the shop's own costs; the "
            f"metrics of the board are at the declared {self.declared_margin:.1%}."
        )

    def _of_coming_back(self) -> str:
        """Say what value at risk takes for lost, and how many of an earlier window's silent came back."""
        if self.horizon_days is None:
            return "That is the year's margin of those who leave."
        text = (
            f"That is the year's margin of customers silent for {self.horizon_days} days, as if none of them "
            "came back"
        )
        r = self.returned
        if r is None or not r.silent:
            return f"{text}; some do, so it is an upper bound, and so is what a contact is expected to earn."
        window = f"in the {self.horizon_days} days from {r.origin}"
        if not r.returned:
            return f"{text}; of {r.silent:,} silent {window} none bought again in the {r.days} days after."
        held = "" if np.isnan(r.value_share) else f", with {r.value_share:.1%} of their value"
        return (
            f"{text}; but {r.returned:,} ({r.returned / r.silent:.1%}) of {r.silent:,} silent {window} "
            f"bought again in the {r.days} days after{held}, so it is an upper bound, and so is what a "
            "contact is expected to earn."
        )

    def _of_probability(self) -> str:
        """Say what the probability is, and whose the reasons are."""
        rate = f"The probability is the score of {self.label} as it is"
        if self.n_inner:
            rate = (
                f"The probability is the rate among {self.n_inner:,} held-out train rows with such a score "
                f"of {self.label}"
            )
        if self.explained_by is None:
            return f"{rate}; no classifier is there to give reasons."
        return f"{rate}; the reasons are those of {self.explained_by}."

    def _of_looking_back(self) -> str:
        """Say how many of those to be contacted left since, what that says of the scores, and the profit."""
        chosen = (self.table["contact"] == CONTACT).to_numpy()
        if not chosen.any():
            return "Nobody is to be contacted."
        top = self.table[chosen]
        left = self.outcome[chosen]
        earned = contact_profit(left, top["value"].to_numpy(), **money(self.prices)).sum()
        ends = wilson(np.array([left.sum()]), np.array([len(left)]), level=self.level)
        lower, upper = (float(end[0]) for end in ends)
        expected = float(top["probability"].mean())
        found = "which lies inside"
        if not lower <= expected <= upper:
            way = "high" if expected > upper else "low"
            what = f"the rates of the hold-out are too {way} here"
            if not self.n_inner:
                what = f"the scores of {self.label} are too {way} to be taken for probabilities here"
            found = f"which lies outside: {what}, and so is the expected profit"
        return (
            f"Looking back, {left.mean():.1%} of them left ({self.level:.0%} interval {lower:.1%} to "
            f"{upper:.1%}), {expected:.1%} were expected to, {found}; at the same prices the contacts would "
            f"have earned {earned:,.2f}. The method was picked on these outcomes too, so this flatters."
        )


def of(comparison: Comparison, *, reasoned: int = REASONED) -> Kept:
    """Return the retention list for the last window's test rows.

    Scores are the champion's, or the best method's whose scores are probabilities or can be made ones
    on the inner hold-out. reasoned: how many from the top get reasons. Raises NotApplicable where the
    task names no prices of keeping, nobody scored the rows, or no scores can be turned into probabilities.
    """
    lacking = [price for price in NEEDS if price not in comparison.economics]
    if lacking:
        raise NotApplicable(f"the task names no {lacking[0]}: what keeping a customer earns is not known")
    prices = dict(comparison.economics)
    measured = measured_margin(comparison)
    if measured is not None:
        prices["margin_share"] = measured
    prices["accept_rate"] = prices["accept_alpha"] / (prices["accept_alpha"] + prices["accept_beta"])
    number = _last(comparison)["fold"]
    fold = comparison.problem.fold(number)
    run = _probable(scoring(comparison), number)
    own = run.answers[run.answers["fold"] == number].set_index("row_id").loc[fold.test_row_ids, "score"]
    score = own.to_numpy(dtype=np.float64)
    churn, n_inner = _probability(comparison, run, number, score)
    valued = pd.concat([fold.test_rows["customer"], decided(score, churn, fold.test_rows, prices)], axis=1)
    order = valued.sort_values(["expected_profit", "score"], ascending=False, kind="stable").index
    explained = explaining(comparison, run) if len(fold.train_rows) else None
    told = _reasons(comparison, explained, fold, order[:reasoned])
    table = valued.loc[order].join(told)
    table[told.columns] = table[told.columns].fillna("")
    outcome = comparison.problem.solution["outcome"].to_numpy()[fold.test_row_ids]
    return Kept(
        problem=comparison.name,
        label=run.label,
        level=comparison.level,
        horizon_days=comparison.problem.facts["horizon_days"],
        returned=came_back(comparison),
        explained_by=explained.label if explained else None,
        cutoff=fold.cutoff,
        prices=prices,
        declared_margin=comparison.economics["margin_share"],
        has_costs=measured is not None,
        n_inner=n_inner,
        has_consent=CONSENT in fold.test_rows,
        has_spend={"total_spend", "T_days"} <= set(fold.test_rows),
        table=table.reset_index(drop=True),
        outcome=outcome[order.to_numpy()],
    )


def came_back(comparison: Comparison) -> Returned | None:
    """Return how many of the silent of an earlier window bought after it, as known at the last cutoff.

    Of the train rows' latest origin whose label window ended a whole horizon before that cutoff: its
    outcomes say who was silent, the rows of the list when they last bought. None without such an origin
    (or without dates, or days_since_last).
    """
    facts, fold = comparison.problem.facts, comparison.problem.fold(_last(comparison)["fold"])
    train = fold.train_rows
    if not facts["horizon_days"] or fold.cutoff is None or "days_since_last" not in fold.test_rows:
        return None
    cutoff, horizon = pd.Timestamp(fold.cutoff), pd.Timedelta(days=facts["horizon_days"])
    ended = train["origin"] + pd.Timedelta(days=facts.get("gap_days") or 0) + horizon
    early = ended + horizon <= cutoff
    if not early.any():
        return None
    here = early & (ended == ended[early].max())
    days = (cutoff - ended[here].iloc[0]).days
    silent = train[here & (fold.train_outcomes["outcome"] == 1)]
    # 0 days ago is the day before the cutoff
    now = fold.test_rows.set_index("customer")["days_since_last"]
    back = (silent["customer"].map(now) < days).to_numpy()
    prices = comparison.economics
    value = yearly_margin(silent, margin_share=prices["margin_share"], otherwise=prices["customer_value"])
    return Returned(
        origin=str(train.loc[here, "origin"].iloc[0].date()),
        silent=len(silent),
        returned=int(back.sum()),
        days=days,
        value_share=float(value[back].sum() / value.sum()) if value.sum() > 0 else float("nan"),
    )


def save(comparison: Comparison, output: str = SCRATCH, made: Kept | None = None) -> Path:
    """Write the list as `retention.parquet` and, safe for spreadsheets, `retention.csv`.

    Returns their folder. output: 'pipeline' for the folder that DVC watches, 'scratch' for a look
    around. made: the list, where it was made before. Both files appear or none. Where there is no list
    (see `of`) the folder holds the reason alone, so that no older list is taken for this one. Raises
    UsageError for another word.
    """
    if output not in (PIPELINE, SCRATCH):
        raise UsageError(f"output = {output!r} must be '{PIPELINE}' or '{SCRATCH}'")
    folder = store.retention_folder(comparison.task, comparison.name, scratch=output == SCRATCH)
    with store.replacing_folder(folder) as part:
        try:
            table = (made or of(comparison)).table
        except NotApplicable as reason:
            (part / "no_list.txt").write_text(f"{reason}\n", encoding="utf-8")
            return folder
        store.write_frame(part / "retention.parquet", table)
        spreadsheet.write(table, part / "retention.csv")
    return folder


# --- from a score to a decision -----------------------------------------------------------------
def decided(
    score: np.ndarray, churn: np.ndarray, rows: pd.DataFrame, prices: Mapping[str, float]
) -> pd.DataFrame:
    """Return score, probability, value, value_at_risk, expected_profit and contact of customers, (m,) each.

    score, churn: (m,), of `rows`, whose `consent`, where they have it, must be true for a contact. The
    budget (currency per 1,000 customers of `rows`) goes to the highest expected profits among those
    who may be contacted and are expected to pay.
    """
    shares = {"margin_share": prices["margin_share"], "otherwise": prices["customer_value"]}
    value = yearly_margin(rows, **shares)
    profit = contact_profit(churn, value, **money(prices))
    contact = np.where(profit > 0, NO_MONEY, NOT_WORTH_IT).astype(object)
    allowed = np.ones(len(rows), dtype=bool)
    if CONSENT in rows:
        # who did not say yes is not contacted: an unknown consent is none
        allowed = (pd.to_numeric(rows[CONSENT], errors="coerce") == 1).to_numpy()
    paying = np.flatnonzero((profit > 0) & allowed)
    budget = prices["budget_per_1000"] * len(rows) / 1000
    cost = prices["contact_cost"]
    affordable = len(paying) if cost == 0 else int(budget / cost + 1e-9)
    contact[paying[np.argsort(-profit[paying], kind="stable")][:affordable]] = CONTACT
    contact[~allowed] = NO_CONSENT
    columns = {"score": score, "probability": churn, "value": value, "value_at_risk": churn * value}
    return pd.DataFrame(columns | {"expected_profit": profit, "contact": contact}, index=rows.index)


def money(prices: Mapping[str, float]) -> dict[str, float]:
    """Return the prices of a contact."""
    return {name: prices[name] for name in ("accept_rate", "incentive_cost", "contact_cost")}


def _probable(runs: list[Run], number: int) -> Run:
    """Return the first run whose scores of a fold are probabilities, or has a hold-out to take rates from."""
    for run in runs:
        held = run.inner is not None and (run.inner["fold"] == number).any()
        if held or run.answers.loc[run.answers["fold"] == number, "score"].between(0, 1).all():
            return run
    raise NotApplicable(
        f"the scores of {runs[0].label} are no probabilities, and there is no inner hold-out to take rates "
        "from: set inner_share of the task in params.yaml"
    )


def _probability(comparison: Comparison, run: Run, number: int, score: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the probability of churn by score, (m,), and on how many held-out rows it rests."""
    held = None if run.inner is None else run.inner[run.inner["fold"] == number]
    if held is None or held.empty:
        return score, 0
    known = comparison.problem.solution.set_index("row_id")["outcome"].loc[held["row_id"]].to_numpy()
    return rates(known, held["score"].to_numpy(), level=comparison.level).at(score)[0], len(held)


def _last(comparison: Comparison) -> Mapping[str, Any]:
    """Return the facts of the last window's first fit, whose model is kept."""
    return max((f for f in comparison.problem.facts["folds"] if f["refit"] == 0), key=lambda f: f["window"])


def _reasons(comparison: Comparison, run: Run | None, fold: Any, chosen: pd.Index) -> pd.DataFrame:
    """Return the reasons of the chosen rows against the usual train row; empty columns without a model."""
    if run is None:
        return pd.DataFrame("", index=chosen, columns=["reason_1", "reason_2", "reason_3"])
    columns = registry.module("kinds", run.kind).columns(comparison.problem.facts["roles"])
    usual = pd.DataFrame({c: usual_value(fold.train_rows[c]) for c in columns})
    usual = usual.astype({c: fold.test_rows[c].dtype for c in columns})
    return reasons(load_model(run.key), fold.test_rows.loc[chosen, columns], usual)
