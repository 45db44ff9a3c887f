"""Departures: what those who left looked like before they did, and who looks like them now.

The models of the lost are the comparison's own: they learned from the train rows, whose outcomes lie in
the past, and are applied to the last window's customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab.explain.scoring import scoring
from crmlab.explain.window import last_window
from crmlab.maths import ranking
from crmlab.maths.encoding import levels_of
from crmlab.vocabulary import NUMERIC

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

SHARE: Final = 0.1
"""The part of today's customers, highest scores first, that is called at risk."""

SHOWN: Final = 8
ROUND: Final = 4
"""Significant digits of a median."""


@dataclass(frozen=True)
class Departures:
    """How the lost differed from those who stayed, and how far today's customers at risk are like them.

    table: one row per column, those first that told the lost apart most: `column`, `auc` (of the column
    alone, on the train rows, .5 = says nothing), then the usual value (median of numbers, most
    frequent text with its share) among the `lost` and the `stayed` of the train rows, and `at_risk` and
    `everyone` of the last window. n_lost, n_stayed: train rows; n_customers: the customers that they are
    of, fewer where a customer has a row at each origin.
    """

    label: str
    positive: str
    n_lost: int
    n_stayed: int
    n_customers: int
    n_at_risk: int
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what tells the lost apart, and of whom the columns speak."""
        if self.table.empty:
            return ("No column tells the lost apart.",)
        tells = [f"{r.column} ({r.lost} against {r.stayed})" for r in self.table.head(3).itertuples()]
        who = f"the {self.n_lost:,} who left in the train windows from the {self.n_stayed:,} who stayed"
        if self.n_customers < self.n_lost + self.n_stayed:
            who = (
                f"the {self.n_lost:,} train rows of customers who then left from the {self.n_stayed:,} of "
                f"customers who then stayed (a customer has a row at each origin; there are "
                f"{self.n_customers:,} customers)"
            )
        return (
            f"What most tells {who}: {', '.join(tells)}.",
            f"At risk are the {self.n_at_risk:,} of today's customers with the highest scores of "
            f"{self.label}.",
        )

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        names = ["Lost", "Stayed", "At risk now", "Everyone now", "AUC alone"]
        shown = self.table.assign(auc=self.table["auc"].map("{:.2f}".format))
        shown = shown.set_index("column")[["lost", "stayed", "at_risk", "everyone", "auc"]]
        return shown.set_axis(names, axis=1).rename_axis("Column")


def find(comparison: Comparison) -> Departures:
    """Return the portrait of the lost of a comparison's last window, and of those at risk now.

    Raises NotApplicable where the window has one class only or no method scored it.
    """
    window, run = last_window(comparison), scoring(comparison)[0]
    fold = comparison.problem.last_fold()
    own = run.answers[run.answers["fold"] == fold.number].set_index("row_id")
    score = own.loc[fold.test_row_ids, "score"].to_numpy()
    first = np.argsort(-score, kind="stable")[: max(1, round(SHARE * len(score)))]
    lost = window.train_outcome == 1
    owners = fold.train_rows["customer"]
    groups = {
        "lost": window.train[lost],
        "stayed": window.train[~lost],
        "at_risk": window.test.iloc[first],
        "everyone": window.test,
    }
    rows = []
    for column in window.train:
        is_number = window.roles[column] == NUMERIC
        alone = _auc(window.train[column], window.train_outcome, is_number)
        usual = {g: (_median if is_number else _mode)(frame[column]) for g, frame in groups.items()}
        rows.append({"column": column, "auc": alone, **usual})
    table = pd.DataFrame(rows, columns=["column", "auc", *groups])
    order = (table["auc"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return Departures(
        label=run.label,
        positive=window.positive,
        n_lost=int(lost.sum()),
        n_stayed=int((~lost).sum()),
        n_customers=owners.nunique() + int(owners.isna().sum()),
        n_at_risk=len(first),
        table=table.loc[order].head(SHOWN).reset_index(drop=True),
    )


def _auc(values: pd.Series, outcome: np.ndarray, is_number: bool) -> float:
    """Return how well a column alone ranks the lost first, a text by its levels' rates."""
    if is_number:
        score = values.astype(float).fillna(-np.inf).rank().to_numpy()
    else:
        levels = levels_of(values.to_frame()).iloc[:, 0].to_numpy()
        # smoothed, so that a level of one customer does not know the outcome
        known = pd.DataFrame({"y": outcome, "level": levels}).groupby("level")["y"].agg(["sum", "size"])
        rate = (known["sum"] + 10 * outcome.mean()) / (known["size"] + 10)
        score = rate.loc[levels].to_numpy()
    return float(ranking.auc(outcome, score, np.ones((1, len(outcome))))[0])


def _median(values: pd.Series) -> str:
    """Return the median for people; how many are unknown where that is most of them."""
    known = values.dropna()
    if len(known) < len(values) / 2:
        return f"{1 - len(known) / max(len(values), 1):.0%} unknown"
    return f"{float(f'{known.median():.{ROUND}g}'):,}".removesuffix(".0")


def _mode(values: pd.Series) -> str:
    """Return the most frequent text with its share."""
    counts = levels_of(values.to_frame()).iloc[:, 0].value_counts()
    return f"{counts.index[0]} {counts.iloc[0] / counts.sum():.0%}"
