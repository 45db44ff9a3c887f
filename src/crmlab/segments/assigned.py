"""Who is in which segment: the windows of a clustering, ready to be described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.history.windows import before, midnight

if TYPE_CHECKING:
    import ibis

    from crmlab.comparison.compare import Comparison

SEGMENT = "segment"
CLOSENESS = ("probability", "distance", "margin")
"""How sure a segment is: answer columns that a clustering may have."""


@dataclass(frozen=True)
class Assigned:
    """The n customers of one window with their segments.

    rows, answers, solution: n aligned rows each. cutoff: ISO day, or None where there is no time.
    """

    dataset: str
    roles: Mapping[str, str]
    cutoff: str | None
    rows: pd.DataFrame
    answers: pd.DataFrame
    solution: pd.DataFrame
    positive: str
    """What an outcome of 1 means."""
    seed: int

    @property
    def labels(self) -> np.ndarray:
        """The segment of each customer, (n,)."""
        return self.answers[SEGMENT].to_numpy()

    @property
    def segments(self) -> list[int]:
        """The segments that have customers, in order."""
        return sorted(int(s) for s in np.unique(self.labels))

    def columns(self, *roles: str) -> list[str]:
        """Return the columns of `rows` that have one of the roles."""
        return [c for c, role in self.roles.items() if role in roles and c in self.rows]


def windows(comparison: Comparison, method: str | None = None) -> Iterator[Assigned]:
    """Yield the windows of a clustering (default: the one to use), in order of time.

    Raises NotApplicable where there is none, or the method gave no segments.
    """
    name = method or comparison.chosen
    if name is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no method to describe")
    run = comparison.run_of(name)
    if run.answers is None or SEGMENT not in run.answers:
        raise NotApplicable(f"{run.label} gave no segments in {comparison.task}/{comparison.name}")
    problem = comparison.problem
    rows, solution = (f.set_index("row_id") for f in (problem.rows, problem.solution))
    for fold in sorted(problem.facts["folds"], key=lambda f: f["fold"]):
        own = run.answers[run.answers["fold"] == fold["fold"]]
        yield Assigned(
            dataset=problem.facts["dataset"],
            roles=problem.facts["roles"],
            cutoff=fold["cutoff"],
            rows=rows.loc[own["row_id"]].reset_index(drop=True),
            answers=own.reset_index(drop=True),
            solution=solution.loc[own["row_id"]].reset_index(drop=True),
            positive=problem.facts.get("positive", "outcome"),
            seed=comparison.seed,
        )


def last_window(comparison: Comparison, method: str | None = None) -> Assigned:
    """Return the last window of a clustering (default: the one to use): the one whose model is kept.

    Raises NotApplicable as `windows` does.
    """
    return list(windows(comparison, method))[-1]


def known_tables(assigned: Assigned) -> tuple[dict[str, ibis.Table], Any]:
    """Return the data set's tables as they were known at the window's cutoff, and their connection.

    No table (and no connection) where they do not lie on this machine, or the window has no cutoff.
    """
    if assigned.cutoff is None or not any(store.tables_folder(assigned.dataset).glob("*.parquet")):
        return {}, None
    connection = store.engine()
    return before(store.open_tables(assigned.dataset, connection), midnight(assigned.cutoff)), connection
