"""What lists of people to contact share: sentences, probability, order, reasons, and the look back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.actions._audience import ASKED, CONTACT, GONE, HELD_OUT, NO_CONSENT, OVER, RESTING, Campaign
from crmlab.comparison.run import load_model
from crmlab.errors import NotApplicable
from crmlab.explain.reasons import reasons, usual_value
from crmlab.explain.shop_words import ShopWords
from crmlab.explain.standing import ALIVE
from crmlab.maths.rates import wilson

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run
    from crmlab.problems.handed import Fold

REASONS: Final = ("reason_1", "reason_2", "reason_3")


@dataclass(frozen=True)
class LookBack:
    """What happened since to those to be contacted: the rate with its interval, and the expected one."""

    rate: float
    lower: float
    upper: float
    expected: float

    @property
    def is_inside(self) -> bool:
        """Whether the expected rate lies in the interval."""
        return self.lower <= self.expected <= self.upper


@dataclass(frozen=True, kw_only=True)
class ContactList(ABC):
    """The people of a comparison's last window, the highest expected profit first.

    label: of the method whose scores they are. table: a row per person, with `customer`, `score`,
    `probability`, `expected_profit` (currency, of a contact), `contact` (a word of CONTACTS) and REASONS, and
    what each list adds. outcome: what happened since, (n,), nan where that is not known yet. campaign: who is
    left out of a list for a day of today. notes: what is said of it besides, such as what changed.
    untold: of how many no consent is on record, neither given nor refused.
    """

    problem: str
    label: str
    level: float
    cutoff: str | None
    has_consent: bool
    table: pd.DataFrame
    outcome: np.ndarray
    campaign: Campaign = OVER
    notes: tuple[str, ...] = ()
    untold: int = 0

    person: ClassVar[str] = "Customer"
    further: ClassVar[Mapping[str, pd.DataFrame]] = MappingProxyType({})

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say whom to contact, what that is worth, where the numbers come from, and how it came out."""
        said = (self.of_contacts(), self.of_money(), self.of_probability())
        said = said if self.is_open else (*said, self.of_looking_back())
        return (*said, *self.of_campaign(), *self.notes)

    def of_campaign(self) -> tuple[str, ...]:
        """Say who of a list for today is left alone, and why; nothing of a window that is over."""
        if self.campaign.day is None or not self.table["contact"].isin((*ASKED, RESTING)).any():
            return ()
        told = (
            f"{self.count(HELD_OUT):,} of the {int(self.table['contact'].isin(ASKED).sum()):,} that it would "
            f"contact are held out at random ({self.campaign.share:.0%}, the same ones while the campaign is "
            f"called '{self.campaign.name}'): beside them one sees later what contacting did"
        )
        rest = f"{self.count(RESTING):,} were contacted in the {self.campaign.cool_down_days} days before"
        return (f"{told}; {rest} and rest." if self.campaign.cool_down_days else f"{told}.",)

    @abstractmethod
    def of_contacts(self) -> str:
        """Say how many are to be contacted, and who is not."""

    @abstractmethod
    def of_money(self) -> str:
        """Say what decides who is worth a contact."""

    @abstractmethod
    def of_probability(self) -> str:
        """Say what the probability is."""

    @abstractmethod
    def of_looking_back(self) -> str:
        """Say how those to be contacted came out."""

    def head(self, count: int = 15) -> pd.DataFrame:
        """Return the top of the list for readers: numbers in words, reasons in one cell."""
        top = self.table.head(count)
        why = ["; ".join(filter(None, row)) for row in top[list(REASONS)].to_numpy()]
        shown = pd.DataFrame({**self.numbers(top), "Contact": top["contact"], "Why": why})
        return shown.set_axis(top["customer"].rename(self.person))

    @abstractmethod
    def numbers(self, top: pd.DataFrame) -> Mapping[str, Any]:
        """Return the columns of numbers that `head` shows, as texts."""

    @property
    def chosen(self) -> np.ndarray:
        """Who is to be contacted, (n,)."""
        return (self.table["contact"] == CONTACT).to_numpy()

    def count(self, word: str) -> int:
        """Return how many have a word of CONTACTS."""
        return int((self.table["contact"] == word).sum())

    def of_consent(self, link: str) -> str:
        """Say how many gave no consent, or that nobody knows. link: what joins it to the sentence before."""
        if self.has_consent:
            never = f" ({self.untold:,} of them never told)" if self.untold else ""
            return f"{link} {self.count(NO_CONSENT):,} gave no consent{never} and are left alone."
        return "; the data do not say who consented: check that before anybody is contacted."

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet what becomes of them: the list is as of a day of today."""
        return bool(np.isnan(self.outcome).all())

    def look_back(self) -> LookBack | None:
        """Return how those to be contacted came out, None where nobody is, or nobody knows yet."""
        if self.is_open:
            return None
        outcome = self.outcome[self.chosen]
        if not len(outcome):
            return None
        ends = wilson(np.array([outcome.sum()]), np.array([len(outcome)]), level=self.level)
        lower, upper = (float(end[0]) for end in ends)
        expected = float(self.table.loc[self.chosen, "probability"].mean())
        return LookBack(float(outcome.mean()), lower, upper, expected)


# --- probability --------------------------------------------------------------------------------
def inner_hold_out(comparison: Comparison, run: Run, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return outcome and score of a fold's inner hold-out rows, (n,) each; n = 0 without one."""
    if run.inner is None:
        return np.empty(0), np.empty(0)
    held = run.inner[run.inner["fold"] == number]
    outcome = comparison.problem.solution.set_index("row_id")["outcome"]
    return outcome.loc[held["row_id"]].to_numpy(), held["score"].to_numpy()


def is_probable(run: Run, number: int) -> bool:
    """Tell whether a fold's scores are probabilities, or a hold-out is there to take rates from."""
    held = run.inner is not None and (run.inner["fold"] == number).any()
    return bool(held or scores(run, number).between(0, 1).all())


def not_probable(run: Run) -> NotApplicable:
    """Return why a run's scores make no list."""
    return NotApplicable(
        f"the scores of {run.label} are not probabilities, and there is no inner hold-out to take rates "
        "from: set inner_share of the task in params.yaml"
    )


def scores(run: Run, number: int) -> pd.Series:
    """Return a fold's scores by row_id."""
    return run.answers[run.answers["fold"] == number].set_index("row_id")["score"]


# --- order and reasons --------------------------------------------------------------------------
def usual_values(comparison: Comparison, run: Run, fold: Fold) -> dict[str, Any]:
    """Return the usual value of each column that a run's method is handed, on a fold's train rows.

    Plain JSON: the median of numbers, the most frequent text, None where it is unknown.
    """
    columns = registry.module("kinds", run.kind).columns(comparison.problem.facts["roles"])
    usual = {c: usual_value(fold.train_rows[c]).iloc[0] for c in columns}
    return {c: None if pd.isna(v) else v if isinstance(v, str) else float(v) for c, v in usual.items()}


def usual_row(usual: Mapping[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """Return the usual person as a frame of one row, typed like `rows`: whom reasons compare with."""
    return pd.DataFrame({c: pd.Series([v]).astype(rows[c].dtype) for c, v in usual.items()})


def ranked(
    valued: pd.DataFrame,
    rows: pd.DataFrame,
    run: Run | None,
    usual: Mapping[str, Any],
    reasoned: int,
    words: ShopWords,
) -> pd.DataFrame:
    """Return the valued people in the order of a list, with the reasons of those it would contact.

    valued, rows: (m,) aligned. run: whose model gives the reasons, against the `usual` values (None: nobody
    has any), said in `words`. reasoned: how many from the top get them besides. The index still says which
    of the rows it is.
    """
    order = in_order(valued).index
    is_asked = valued.loc[order, "contact"].isin(ASKED).to_numpy()
    top = rows.loc[order[is_asked | (np.arange(len(order)) < reasoned)], list(usual)]
    why = pd.DataFrame("", index=top.index, columns=list(REASONS))
    if run is not None:
        why = reasons(load_model(run.key), top, usual_row(usual, rows), words=words)
    table = valued.loc[order].join(why)
    table[why.columns] = table[why.columns].fillna("")
    return table


def in_order(valued: pd.DataFrame) -> pd.DataFrame:
    """Return people in the order of a list: the highest expected profit first, who is probably gone last."""
    by = ["gone", "expected_profit", "score"]
    ranked_by = valued.assign(gone=is_gone(valued))
    order = ranked_by.sort_values(by, ascending=[True, False, False], kind="stable").index
    return valued.loc[order]


def is_gone(valued: pd.DataFrame) -> np.ndarray:
    """Return who of a list is probably gone, (m,), whether they gave their consent or not."""
    if "p_alive" in valued:
        return ~(valued["p_alive"] >= ALIVE).to_numpy()
    return (valued["contact"] == GONE).to_numpy()


def bought_before(rows: pd.DataFrame, cutoff: str | None) -> pd.DataFrame:
    """Return what a shop looks for first of its customers, (m,) each: `last_purchase`, a day, `total_spend`.

    Of columns that the rows have; the last purchase needs a cutoff, the midnight after the last day known.
    """
    found: dict[str, Any] = {}
    if cutoff is not None and "days_since_last" in rows:
        ago = pd.to_timedelta(rows["days_since_last"].astype(float) + 1, unit="D")
        found["last_purchase"] = (pd.Timestamp(cutoff) - ago).dt.strftime("%Y-%m-%d").astype("str")
    if "total_spend" in rows:
        found["total_spend"] = rows["total_spend"].astype(float)
    return pd.DataFrame(found, index=rows.index)
