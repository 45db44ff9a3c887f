"""Tree rules: whom the outcome happens to, in rules that fit on a slip of paper, counted on the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.explain import tree
from crmlab.explain.window import last_window

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


@dataclass(frozen=True)
class TreeRules:
    """The rules of the last window's tree.

    table: one row per rule, the highest precision on the test rows first (see `explain.tree.rules`).
    base_rate: the share of the test rows with an outcome of 1.
    """

    base_rate: float
    level: float
    people: str
    positive: str
    rows: str
    """What the test rows are called."""
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many rules still lie above the base rate, which one the most, and which do not hold."""
        found = self.table
        above = found[(found["train_lift"] > 1) & (found["precision_lower"] > self.base_rate)]
        said = [
            f"{len(above)} of {len(found)} rules hold more {self.people} who {self.positive} than the base "
            f"rate of {self.base_rate:.1%}, in training and, by their {self.level:.0%} intervals, on "
            f"{self.rows}."
        ]
        if len(above):
            best = above.iloc[0]
            said.append(
                f"Most do with {best.rule}: {best.precision:.1%} of {best.n:,} {self.positive} "
                f"({best.precision_lower:.1%} to {best.precision_upper:.1%}), {best.lift:.2f} times the base "
                "rate."
            )
        noted = int((found["note"] != "").sum())
        if noted:
            said.append(f"Of {noted} the note says why not to use {'them' if noted > 1 else 'it'}.")
        return tuple(said)

    def head(self) -> pd.DataFrame:
        """Return the table for readers: precision is the share of a rule's customers with an outcome of 1."""
        found = self.table
        shown = {
            "Customers": [f"{n:,}" for n in found["n"]],
            "Support": [f"{s:.1%}" for s in found["support"]],
            "Precision": _with_interval(found, "precision", ".1%"),
            "Lift": _with_interval(found, "lift", ".2f"),
            "Precision, train": _with_interval(found, "train_precision", ".1%"),
            "Note": found["note"].tolist(),
        }
        return pd.DataFrame(shown).set_axis(found["rule"].rename("Rule"))


def find(comparison: Comparison) -> TreeRules:
    """Return the rules of a shallow tree of a comparison's last window, each counted again on the test rows.

    Raises NotApplicable where the window holds one class, or the tree finds nothing to split.
    """
    window = last_window(comparison)
    table = tree.rules(window)
    if table.empty:
        raise NotApplicable("the tree finds nothing to split: no rule can be learned from the train rows")
    return TreeRules(window.base_rate, window.level, window.people, window.positive, window.rows, table)


def _with_interval(found: pd.DataFrame, name: str, form: str) -> list[str]:
    """Return a column with its interval as texts, nothing where it has no value."""
    ends = found[[name, f"{name}_lower", f"{name}_upper"]].itertuples(index=False)
    return ["" if pd.isna(v) else f"{v:{form}} [{low:{form}}, {high:{form}}]" for v, low, high in ends]
