"""What lists of people to contact share: consent, budget, probability, reasons, and the look back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.comparison.run import load_model
from crmlab.errors import NotApplicable
from crmlab.explain.reasons import reasons, usual_value
from crmlab.maths.rates import wilson

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run
    from crmlab.problems.handed import Fold

CONSENT: Final = "consent"
CONTACT, NO_MONEY, NOT_WORTH_IT, NO_CONSENT = "contact", "over budget", "not worth it", "no consent"
GONE: Final = "probably gone"
CONTACTS: Final = (CONTACT, NO_MONEY, NOT_WORTH_IT, NO_CONSENT, GONE)
"""What is decided for a person: contacted, or why not."""

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
    what each list adds. outcome: what happened since, (n,), nan where that is not known yet.
    """

    problem: str
    label: str
    level: float
    cutoff: str | None
    has_consent: bool
    table: pd.DataFrame
    outcome: np.ndarray

    person: ClassVar[str] = "Customer"
    further: ClassVar[Mapping[str, pd.DataFrame]] = MappingProxyType({})

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say whom to contact, what that is worth, where the numbers come from, and how it came out."""
        said = (self.of_contacts(), self.of_money(), self.of_probability())
        return said if self.is_open else (*said, self.of_looking_back())

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
            return f"{link} {self.count(NO_CONSENT):,} gave no consent and are left alone."
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


# --- consent and budget -------------------------------------------------------------------------
def consented(rows: pd.DataFrame) -> np.ndarray:
    """Return who may be contacted, (m,): all where `rows` do not say who consented.

    Who did not say yes is not contacted: an unknown consent is none.
    """
    if CONSENT not in rows:
        return np.ones(len(rows), dtype=bool)
    return (pd.to_numeric(rows[CONSENT], errors="coerce") == 1).to_numpy()


def within_budget(profit: np.ndarray, able: np.ndarray, *, budget: float, contact_cost: float) -> np.ndarray:
    """Return the places of those whom a budget reaches: of the able, the highest profits first.

    budget, contact_cost: currency.
    """
    places = np.flatnonzero(able)
    affordable = len(places) if contact_cost == 0 else int(budget / contact_cost + 1e-9)
    return places[np.argsort(-profit[places], kind="stable")][:affordable]


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
    valued: pd.DataFrame, rows: pd.DataFrame, run: Run | None, usual: Mapping[str, Any], reasoned: int
) -> pd.DataFrame:
    """Return the valued people, the highest expected profit first, with the reasons of the top.

    valued, rows: (m,) aligned. run: whose model gives the reasons, against the `usual` values (None: nobody
    has any). reasoned: how many from the top get them. The index still says which of the rows it is.
    """
    order = valued.sort_values(["expected_profit", "score"], ascending=False, kind="stable").index
    top = rows.loc[order[:reasoned], list(usual)]
    why = pd.DataFrame("", index=top.index, columns=list(REASONS))
    if run is not None:
        why = reasons(load_model(run.key), top, usual_row(usual, rows))
    table = valued.loc[order].join(why)
    table[why.columns] = table[why.columns].fillna("")
    return table
