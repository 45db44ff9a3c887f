"""The parts of a profile: customer by item, what is added up and what it is divided by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.history.purchase_lines import purchase_lines
from crmlab.maths.encoding import MISSING
from crmlab.segments import loyalty
from crmlab.segments.assigned import Assigned, known_tables
from crmlab.segments.suppression import LEAST
from crmlab.vocabulary import ROW_KEYS

LEVELS: Final = 20
"""At most so many levels are told apart, those of most customers.

A level with fewer than `suppression.LEAST` customers per segment on average is not told apart
either: most of its cells would be hidden.
"""

OTHER: Final = "(other)"


@dataclass(frozen=True)
class Part:
    """Items that are measured alike: `above` and `below` (n, p), whose sums' ratio is a cell's mean.

    counted: (n, p), who makes up a cell. adds_up: the items divide one whole.
    """

    name: str
    items: list[str]
    above: np.ndarray
    below: np.ndarray
    counted: np.ndarray
    adds_up: bool = False


def column_parts(assigned: Assigned) -> list[Part]:
    """Return the parts of the columns: one of all numbers, one per text and per yes-or-no column."""
    rows = assigned.rows[[c for c in assigned.rows if c not in ROW_KEYS]]
    return _parts_of("column", rows, _least(assigned))


def next_parts(assigned: Assigned) -> list[Part]:
    """Return the parts of what the customers did in the window after the cutoff."""
    known = [c for c in ("outcome", "value", "purchases") if c in assigned.solution]
    happened = assigned.solution[known].rename(columns={"outcome": assigned.positive})
    return _parts_of("next", happened, _least(assigned))


def loyalty_parts(assigned: Assigned) -> list[Part]:
    """Return the part of the loyalty scales that the tables carry, 0 to 100."""
    return _parts_of("loyalty", loyalty.scales(assigned).dropna(axis=1, how="all"), _least(assigned))


def association_parts(assigned: Assigned) -> list[Part]:
    """Return the parts of what was bought where before the cutoff.

    category: share of spend (as ordered). channel, country: share of orders. Those that the tables
    carry; none where the tables do not lie on this machine.
    """
    known, connection = known_tables(assigned)
    if "transactions" not in known:
        return []
    lines, parts = purchase_lines(known), []
    if "products" in known:
        named = lines.inner_join(known["products"].select("product", "category"), "product")
        spent = named.group_by("customer", level="category").agg(amount=named.amount.sum().cast("float64"))
        parts.append(_shares("category", connection.to_pyarrow(spent).to_pandas(), assigned))
    for column in ("channel", "country"):
        if column in lines.columns:
            orders = lines.group_by("customer", "order_id").agg(level=lines[column].min())
            made = orders.group_by("customer", "level").agg(amount=orders.count().cast("float64"))
            parts.append(_shares(column, connection.to_pyarrow(made).to_pandas(), assigned))
    return [part for part in parts if part.items]


def _least(assigned: Assigned) -> int:
    """Return how many customers a level needs to be told apart."""
    return LEAST * len(assigned.segments)


def _parts_of(name: str, columns: pd.DataFrame, least: int) -> list[Part]:
    """Return the parts of a frame: numbers together, each text and yes-or-no column for itself."""
    texts = {c: _levels(columns[c], least) for c in columns if _is_text(columns[c])}
    numbers = columns.drop(columns=list(texts)).astype(np.float64)
    known = numbers.notna().to_numpy()
    parts = [Part(name, list(numbers), numbers.fillna(0).to_numpy(), known.astype(np.float64), known)]
    for column, levels in texts.items():
        names = sorted(levels.unique())
        isin = np.column_stack([(levels == level).to_numpy() for level in names])
        items = [f"{column} = {level}" for level in names]
        parts.append(Part(name, items, isin.astype(np.float64), np.ones(isin.shape), isin, adds_up=True))
    return [part for part in parts if part.items]


def _is_text(column: pd.Series) -> bool:
    """Tell whether a column is text, or answers yes or no by 1 and 0."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return True
    return set(column.dropna().unique()) == {0, 1}


def _levels(column: pd.Series, least: int) -> pd.Series:
    """Return a column's values as text, rarer ones than `least` as OTHER, 1 and 0 as yes and no."""
    if pd.api.types.is_numeric_dtype(column):
        column = column.astype(np.float64).map({1.0: "yes", 0.0: "no"})
    texts = column.astype(object).where(column.notna(), MISSING).astype(str)
    return _frequent(texts, least)


def _frequent(levels: pd.Series, least: int) -> pd.Series:
    """Return the levels, those that are not told apart as OTHER."""
    counts = levels.value_counts()
    return levels.where(levels.isin(counts.index[counts >= least][:LEVELS]), OTHER)


def _shares(name: str, amounts: pd.DataFrame, assigned: Assigned) -> Part:
    """Return a part from the amounts per customer and level (columns customer, level, amount)."""
    amounts = amounts[amounts["customer"].isin(assigned.rows["customer"])].dropna(subset="level")
    amounts = amounts.assign(level=_frequent(amounts["level"], _least(assigned)))
    wide = amounts.pivot_table(index="customer", columns="level", values="amount", aggfunc="sum")
    above = wide.reindex(assigned.rows["customer"]).fillna(0).to_numpy(dtype=np.float64)
    below = np.repeat(above.sum(axis=1, keepdims=True), above.shape[1], axis=1)
    return Part(name, [str(level) for level in wide], above, below, above > 0, adds_up=True)
