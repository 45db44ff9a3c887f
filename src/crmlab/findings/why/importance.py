"""Permutation importance: the AUC that is lost when a column of the test rows is shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.comparison.run import load_model
from crmlab.explain.association import groups
from crmlab.explain.window import LastWindow, explained, last_window, stand_in
from crmlab.maths import ranking, resampling
from crmlab.seeds import generator

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

ROWS: Final = 2_000
"""At most so many test rows are shuffled and answered."""

PERMUTATIONS: Final = 5
REPLICATES: Final = 200
SHOWN: Final = 10


@dataclass(frozen=True)
class Importance:
    """How much each column's values matter to the models that are explained.

    table: one row per model (`method`, `label`, `auc` on the rows looked at) and per column or group
    (`permuted`, `columns`, `together`), the largest `auc_drop` of the model first, with its interval
    `lower`, `upper`, and `shares_with`: the columns that say nearly the same. stand_in: why the
    first model is not the champion's, where that is no classifier.
    """

    task: str
    problem: str
    level: float
    rows: int
    table: pd.DataFrame
    stand_in: str = ""

    def top(self, method: str | None = None, count: int = SHOWN) -> pd.DataFrame:
        """Return the columns and groups of a model (default: the first) that matter most."""
        method = method or self.table["method"].iloc[0]
        return self.table[self.table["method"] == method].head(count).reset_index(drop=True)

    def carrying(self, method: str) -> dict[str, str]:
        """Return what shuffling costs, in words, of each column where the cost is above 0.

        That is, where its interval, alone or in its group, lies above 0; alone counts first.
        """
        found: dict[str, str] = {}
        own = self.table[(self.table["method"] == method) & (self.table["lower"] > 0)]
        for row in own.sort_values("together", kind="stable").itertuples():
            company = " with the columns like it" if row.together else ""
            for column in row.columns:
                found.setdefault(column, f"shuffling {column}{company} costs {row.auc_drop:.3f} of AUC")
        return found

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say, per model, what matters most, and which columns cannot be told apart."""
        said = tuple(self._said(method) for method in self.table["method"].unique())
        if not self.stand_in:
            return said
        return (f"Explained is {self.table['label'].iloc[0]}: {self.stand_in}.", *said)

    def head(self) -> pd.DataFrame:
        """Return the table for readers: what matters most to each model."""
        rows = [row for m in self.table["method"].unique() for row in self.top(m).itertuples()]
        shown = {
            "Shuffled": [r.permuted for r in rows],
            "AUC lost": [f"{r.auc_drop:.3f} [{r.lower:.3f}, {r.upper:.3f}]" for r in rows],
            "Says nearly the same as": [r.shares_with for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.label for r in rows], name="Method"))

    def _said(self, method: str) -> str:
        """Say what matters most to one model, alone and with the columns that say nearly the same."""
        own = self.table[self.table["method"] == method]
        carrying = own[own["lower"] > 0].sort_values(["together", "auc_drop"], ascending=[True, False])
        if carrying.empty:
            return f"{own['label'].iloc[0]}: shuffling no column costs AUC beyond chance."
        first = carrying.iloc[0]
        text = (
            f"{first.label} loses most AUC when {first.permuted} is shuffled: {first.auc_drop:.3f} of "
            f"{first.auc:.3f} {self._interval(first)}"
        )
        for group in own[own["together"]].itertuples():
            if first.permuted in group.columns:
                text += (
                    f"; together with {first.shares_with}, which say nearly the same, it loses "
                    f"{group.auc_drop:.3f} {self._interval(group)}"
                )
        return text + "."

    def _interval(self, row: Any) -> str:
        """Say the interval of a loss."""
        return f"({self.level:.0%} interval {row.lower:.3f} to {row.upper:.3f})"


def find(comparison: Comparison) -> Importance:
    """Return the importance of columns to the champion and to the explainable boosting machine.

    Of their models of the last window, on its test rows; for a champion that is no classifier the best
    one stands in. Raises NotApplicable where there is no
    classifier to explain, DataError where its model is not in the store any more.
    """
    window, runs = last_window(comparison), explained(comparison)
    tables = [
        importance(load_model(run.key), window).assign(method=run.method, label=run.label) for run in runs
    ]
    table = pd.concat(tables, ignore_index=True)
    rows = min(ROWS, len(window.test))
    return Importance(comparison.task, comparison.name, comparison.level, rows, table, stand_in(comparison))


def importance(model: Any, window: LastWindow, *, permutations: int = PERMUTATIONS) -> pd.DataFrame:
    """Return the drop in AUC when a column, or a group of columns together, is permuted.

    Breiman (2001), on at most ROWS test rows. The drop is the mean over the permutations; its
    interval varies the test customers (paired bootstrap) and the permutation. Groups are columns
    that go together in the train rows (see `association`): one of them alone may cost nothing
    because the others say the same. Columns as in `Importance.table`, without method and label.
    """
    rng = generator(window.seed, "why", "importance")
    kept = np.sort(rng.permutation(len(window.test))[:ROWS])
    rows, outcome = window.test.iloc[kept].reset_index(drop=True), window.test_outcome[kept]
    together = groups(window.train, rng=generator(window.seed, "why", "groups"))
    orders = [rng.permutation(len(rows)) for _ in range(permutations)]
    drawn = resampling.poisson_weights(window.customers[kept], REPLICATES, rng)
    weights = np.concatenate([np.ones((1, len(rows)), dtype=np.uint8), drawn])
    base = ranking.auc(outcome, _scores(model, rows), weights)
    found = []
    for columns in [*([c] for c in rows), *together]:
        shuffled = pd.concat([_permuted(rows, columns, order) for order in orders], ignore_index=True)
        parts = np.split(_scores(model, shuffled), permutations)
        drops = base - np.array([ranking.auc(outcome, part, weights) for part in parts])
        shares = next((g for g in together if columns[0] in g), []) if len(columns) == 1 else []
        about = {
            "permuted": " + ".join(columns),
            "columns": tuple(columns),
            "together": len(columns) > 1,
            "shares_with": ", ".join(c for c in shares if c != columns[0]),
            "auc": base[0],
        }
        found.append(about | _interval(drops, window.level, rng))
    return pd.DataFrame(found).sort_values("auc_drop", ascending=False, kind="stable", ignore_index=True)


def _interval(drops: np.ndarray, level: float, rng: np.random.Generator) -> dict[str, float]:
    """Return the mean drop with its interval from drops (permutations, 1 + B), the first as observed."""
    mean, count = drops.mean(axis=0), len(drops)
    spread = {"seed_variance": drops[:, 0].var(ddof=1) / count, "seed_df": count - 1} if count > 1 else {}
    lower, upper = resampling.interval_from_replicates(mean[0], mean[1:], level=level, rng=rng, **spread)
    return {"auc_drop": mean[0], "lower": lower, "upper": upper}


def _permuted(rows: pd.DataFrame, columns: Sequence[str], order: np.ndarray) -> pd.DataFrame:
    """Return rows with some columns, as one block, taken from other rows."""
    return rows.assign(**{c: rows[c].array.take(order) for c in columns})


def _scores(model: Any, rows: pd.DataFrame) -> np.ndarray:
    """Return the probabilities of class 1, (n,)."""
    return np.asarray(model.predict_proba(rows), dtype=float)[:, 1]
