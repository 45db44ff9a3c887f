"""Problems: a task posed on a data set under a protocol, as a few tables and facts.

`rows` (what methods may know), `folds` (who trains, who tests), `solution` (what happened) and, for kinds
that read events themselves, `history` (the baskets and events of each customer). A method is handed
`Problem.fold(n)`, in which the outcomes of the test rows and what happened after the cutoff do not occur.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from crmlab.params.protocols import Protocol, protocol
from crmlab.problems.handed import Fold, fold_of

FRAMES: Final = ("rows", "folds", "solution")
HISTORY: Final = "history"
"""The fourth frame, which not every problem has: `customer, at` (when it happened), `event` (such as
'purchase' or 'view'), `basket` and `item` (null where it has none), `quantity`, `amount` and what else the
data publish; one row per event, sorted by customer and time."""


@dataclass(frozen=True)
class Problem:
    """A posed problem: `rows`, `folds`, `solution` and perhaps `history` as frames, and readable `facts`."""

    task: str
    name: str
    spec: Mapping[str, Any]
    rows: pd.DataFrame
    folds: pd.DataFrame
    solution: pd.DataFrame
    facts: dict[str, Any]
    history: pd.DataFrame | None = None

    @property
    def protocol(self) -> Protocol:
        """How the rows are divided into train and test."""
        return protocol(self.facts["protocol"])

    def fold_numbers(self) -> list[int]:
        """Return the numbers of all folds, in order."""
        return [f["fold"] for f in self.facts["folds"]]

    def last_number(self) -> int:
        """Return the number of the last window: the one whose model is kept."""
        return max(self.fold_numbers())

    def last_fold(self) -> Fold:
        """Return the last window: train and test rows of the model that is kept."""
        return self.fold(self.last_number())

    def fold(self, number: int) -> Fold:
        """Return one fold: train rows with outcomes, test rows without.

        Raises UsageError for a number that does not exist.
        """
        return fold_of(self, number)
