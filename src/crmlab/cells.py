"""Four cells: seen and new customers, within the training time and after it; what each method can score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths import ranking, resampling
from crmlab.seeds import generator
from crmlab.vocabulary import CHANCE, OK

if TYPE_CHECKING:
    from crmlab.compare import Comparison

IN_TIME, AFTER = "in time", "after"
SEEN, NEW = "seen", "new"
CELLS: Final = tuple((who, when) for when in (IN_TIME, AFTER) for who in (SEEN, NEW))
REPLICATES: Final = 300


@dataclass(frozen=True)
class Cells:
    """The AUC of each method in the four cells of the last window.

    table: one row per method and cell: `method`, `label`, `who` (seen, new), `when` (in time, after), `n`
    rows in the cell, `coverage` (the share that the method scored), `base_rate`, and `auc` with its
    interval (nan where it scored none, or one class only).
    """

    level: float
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how large the cells are, and who cannot score which."""
        sizes = self.table.drop_duplicates(["who", "when"])
        parts = [
            f"{r.n:,} {r.who} {r.when} ({r.base_rate:.1%} churned)" if r.n else f"none {r.who} {r.when}"
            for r in sizes.itertuples()
        ]
        blank = self.table[(self.table["coverage"] == 0) & (self.table["n"] > 0)]
        unable = list(dict.fromkeys(blank["label"]))
        said = [f"Rows: {'; '.join(parts)}. Seen is who was among the rows that the model learned from."]
        if unable:
            few = f"{len(unable)} methods" if len(unable) > 4 else ", ".join(unable)
            said.append(f"A cell without a value was not scored, as by {few}.")
        return tuple(said)

    def head(self) -> pd.DataFrame:
        """Return the table for readers: a row per method, a column per cell."""
        shown = self.table.assign(
            cell=self.table["who"] + ", " + self.table["when"],
            text=[_text(r) for r in self.table.itertuples()],
        )
        wide = shown.pivot(index="label", columns="cell", values="text")
        names = [f"{who}, {when}" for who, when in CELLS]
        return (
            wide.loc[shown["label"].drop_duplicates(), names].rename_axis("Method").rename_axis(None, axis=1)
        )


def of(comparison: Comparison) -> Cells:
    """Return the four cells of a comparison's last window.

    After: the test rows. In time: the rows of the latest train origin, as far as the inner hold-out scored
    them by a model of the earlier ones. A label-free method is fitted on the test rows and scores no others;
    its cells in time have coverage 0. Intervals vary the customers of a cell. Raises NotApplicable where
    customers stand in one row only, so that nobody can be seen before, or where there are no train rows.
    """
    problem = comparison.problem
    if problem.facts["protocol"] != "rolling":
        raise NotApplicable("every row is a customer of its own: nobody is seen at two times")
    last = max((f for f in problem.facts["folds"] if f["refit"] == 0), key=lambda f: f["window"])
    fold = problem.fold(last["fold"])
    if fold.train_rows.empty:
        raise NotApplicable("there are no train rows: nobody was seen before the test period")
    held, known = _by_time(fold.train_rows, problem.facts)
    everyone = {
        w: part.set_index("row_id")["customer"] for w, part in ((IN_TIME, held), (AFTER, fold.test_rows))
    }
    taught = {IN_TIME: set(known["customer"]), AFTER: set(fold.train_rows["customer"])}
    members = {
        (who, when): customers[customers.isin(taught[when]) == (who == SEEN)]
        for when, customers in everyone.items()
        for who in (SEEN, NEW)
    }
    outcome = problem.solution.set_index("row_id")["outcome"]
    found = []
    for run in (comparison.run_of(m) for m in comparison.order()):
        if run.status != OK or "score" not in run.answers or run.control == CHANCE:
            continue
        score = {IN_TIME: _scores(run.inner, last["fold"]), AFTER: _scores(run.answers, last["fold"])}
        for who, when in CELLS:
            cell = _cell(comparison, members[who, when], score[when], outcome)
            found.append({"method": run.method, "label": run.label, "who": who, "when": when, **cell})
    if not found:
        raise NotApplicable("no method answered with scores")
    return Cells(comparison.level, pd.DataFrame(found))


def _by_time(train: pd.DataFrame, facts: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the train rows of the latest origin, and those whose labels were known by then.

    They are the inner hold-out and what its model learned from, where an origin ends early enough. Where
    none does, each method holds out a share of the one origin's customers: nobody there was seen.
    """
    reach = pd.Timedelta(days=facts["horizon_days"] + (facts.get("gap_days") or 0))
    last = train["origin"].max()
    return train[train["origin"] == last], train[train["origin"] + reach <= last]


def _scores(answers: pd.DataFrame | None, number: int) -> pd.Series:
    """Return a method's scores of one fold by row id, empty where it gave none."""
    if answers is None:
        return pd.Series(dtype=np.float64)
    own = answers[answers["fold"] == number]
    return own.set_index("row_id")["score"]


def _cell(
    comparison: Comparison, customers: pd.Series, score: pd.Series, outcome: pd.Series
) -> dict[str, Any]:
    """Return size, coverage, base rate and AUC with its interval of one method in one cell."""
    ids, scored = customers.index, customers.index[customers.index.isin(score.index)]
    cell = {
        "n": len(ids),
        "coverage": len(scored) / len(ids) if len(ids) else np.nan,
        "base_rate": float(outcome.loc[ids].mean()) if len(ids) else np.nan,
    }
    if not len(scored):
        return cell | dict.fromkeys(("auc", "lower", "upper"), np.nan)
    rng = generator(comparison.seed, "cells", comparison.name)
    drawn = resampling.poisson_weights(customers.loc[scored].to_numpy(), REPLICATES, rng)
    given = outcome.loc[scored].to_numpy(), score.loc[scored].to_numpy()
    value = float(ranking.auc(*given, np.ones((1, len(scored))))[0])
    lower, upper = resampling.interval_from_replicates(
        value, ranking.auc(*given, drawn), level=comparison.level
    )
    return cell | {"auc": value, "lower": lower, "upper": upper}


def _text(row: Any) -> str:
    """Return a cell for readers."""
    if not row.n:
        return "nobody"
    if not row.coverage:
        return "not scored (coverage 0%)"
    value = "one class only" if np.isnan(row.auc) else f"{row.auc:.3f} [{row.lower:.3f}, {row.upper:.3f}]"
    return value if row.coverage == 1 else f"{value} (coverage {row.coverage:.0%})"
