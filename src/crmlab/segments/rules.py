"""The shortest readable rule that reproduces each segment, and how faithfully it does."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from crmlab.errors import NotApplicable
from crmlab.explain.conditions import plain
from crmlab.maths.encoding import MISSING
from crmlab.seeds import generator, seed_of
from crmlab.segments.assigned import Assigned
from crmlab.segments.suppression import hidden
from crmlab.vocabulary import CATEGORICAL, NUMERIC

LEAVES: Final = 8
"""A rule set has at most so many leaves, or as many as there are segments."""

WITHIN: Final = 0.01
"""The fewest leaves are taken whose fidelity is so near the best."""

FOLDS: Final = 5
CUSTOMERS: Final = 20_000
"""Rules are grown on a seeded sample of at most so many customers."""

LEVELS: Final = 20
"""At most so many levels of a text may stand in a rule."""

EVERYONE: Final = "everyone"

COLUMNS: Final = [
    "segment",
    "rule",
    *(f"{m}{end}" for m in ("fidelity", "precision", "recall") for end in ("", "_lower", "_upper")),
    "customers",
    "suppressed",
]

Limits = dict[str, tuple[float, float, bool]]
"""A path through the tree: per column the limits in lower < x <= upper, and whether unknown fits."""


def rules(assigned: Assigned, *, level: float = 0.95) -> pd.DataFrame:
    """Return one row per segment: its rule, and how well the rule gives the segment back.

    A decision tree (Breiman, Friedman, Olshen and Stone 1984) is grown on the clustered columns as
    they are, unscaled, with the segment as its label; it has the fewest leaves that come within 1
    point of the best fidelity. Columns: `segment`, `rule`, `fidelity` (share of all customers whose
    segment the rules give back), `precision` and `recall` of the segment, each with `_lower` and
    `_upper` (Wilson 1927), and `customers` they come from. All are out of sample, by
    cross-validation. A segment that no leaf names has the rule "" and no precision; one with too few
    customers to be shown has nothing but `suppressed`. Raises NotApplicable where no column was
    clustered.
    """
    columns = readable(assigned)
    labels = assigned.labels
    if len(labels) > CUSTOMERS:
        drawn = generator(assigned.seed, "segment rules").choice(len(labels), CUSTOMERS, replace=False)
        columns, labels = columns.iloc[np.sort(drawn)], labels[np.sort(drawn)]
    leaves, answers = _chosen(columns, labels, seed_of(assigned.seed, "segment rules"))
    tree = _tree(leaves).fit(columns, labels) if leaves > 1 else None
    texts = _texts(tree, columns) if tree else {int(answers[0]): EVERYONE}
    right = answers == labels
    fidelity = _share("fidelity", right.sum(), len(labels), level)
    sizes = np.array([(assigned.labels == s).sum() for s in assigned.segments])
    rows = []
    for segment, few in zip(assigned.segments, hidden(sizes[:, None])[:, 0], strict=True):
        if few:
            rows.append({"segment": segment, "rule": "", **fidelity, "suppressed": True})
            continue
        own, said = labels == segment, answers == segment
        row = {"segment": segment, "rule": texts.get(segment, ""), **fidelity}
        row |= _share("precision", (own & said).sum(), said.sum(), level)
        row |= _share("recall", (own & said).sum(), own.sum(), level)
        rows.append(row | {"customers": len(labels), "suppressed": False})
    return pd.DataFrame(rows).reindex(columns=COLUMNS).astype({"customers": "Int64"})


def readable(assigned: Assigned) -> pd.DataFrame:
    """Return the clustered columns as a reader knows them: numbers (float32), one column per level.

    Raises NotApplicable where there are none.
    """
    numbers, texts = assigned.columns(NUMERIC), assigned.columns(CATEGORICAL)
    found = {c: assigned.rows[c].astype(np.float32) for c in numbers}
    for column in texts:
        levels = assigned.rows[column].astype(object).fillna(MISSING).astype(str)
        for name in levels.value_counts().index[:LEVELS]:
            found[f"{column} = {name}"] = (levels == name).astype(np.float32)
    if not found:
        raise NotApplicable("no column was clustered: there is nothing to write a rule with")
    return pd.DataFrame(found)


def _chosen(columns: pd.DataFrame, labels: np.ndarray, seed: int) -> tuple[int, np.ndarray]:
    """Return the number of leaves, and the segments that such trees give customers they never saw."""
    count = len(np.unique(labels))
    if count == 1 or len(labels) < FOLDS:
        return 1, np.full(len(labels), labels[0])
    folds = KFold(FOLDS, shuffle=True, random_state=seed)
    answers = {
        leaves: cross_val_predict(_tree(leaves), columns, labels, cv=folds)
        for leaves in range(2, max(LEAVES, count) + 1)
    }
    fidelity = {leaves: float(np.mean(said == labels)) for leaves, said in answers.items()}
    leaves = min(n for n, value in fidelity.items() if value >= max(fidelity.values()) - WITHIN)
    return leaves, answers[leaves]


def _tree(leaves: int) -> DecisionTreeClassifier:
    """Return an unfitted tree; it grows where it gains most, so that fewer leaves are a prefix."""
    return DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)


def _texts(tree: DecisionTreeClassifier, columns: pd.DataFrame) -> dict[int, str]:
    """Return the rule of each segment that the tree names, its leaves joined by 'or'."""
    found: dict[int, list[str]] = {}
    for segment, limits in _leaves(tree, list(columns), 0, {}):
        found.setdefault(segment, []).append(
            " and ".join(_condition(c, *limit, columns[c]) for c, limit in limits.items()) or EVERYONE
        )
    return {
        s: texts[0] if len(texts) == 1 else " or ".join(f"({t})" for t in texts) for s, texts in found.items()
    }


def _leaves(
    tree: DecisionTreeClassifier, names: list[str], node: int, limits: Limits
) -> list[tuple[int, Limits]]:
    """Return the segment and the limits of each leaf under a node."""
    grown = tree.tree_
    if grown.children_left[node] == -1:
        return [(int(tree.classes_[np.argmax(grown.value[node][0])]), limits)]
    column, cut = names[grown.feature[node]], float(grown.threshold[node])
    lower, upper, unknown = limits.get(column, (-np.inf, np.inf, True))
    goes_left = bool(grown.missing_go_to_left[node])
    left = limits | {column: (lower, min(upper, cut), unknown and goes_left)}
    right = limits | {column: (max(lower, cut), upper, unknown and not goes_left)}
    return [
        *_leaves(tree, names, grown.children_left[node], left),
        *_leaves(tree, names, grown.children_right[node], right),
    ]


def _condition(column: str, lower: float, upper: float, unknown: bool, values: pd.Series) -> str:
    """Return one condition as text, its limits as short as the customers at hand allow."""
    if " = " in column and set(values.unique()) <= {0.0, 1.0}:
        return column if lower > 0 else column.replace(" = ", " is not ", 1)
    below, above = (_short(x, values) for x in (lower, upper))
    if np.isinf(lower):
        text = f"{column} <= {above}"
    elif np.isinf(upper):
        text = f"{column} > {below}"
    else:
        text = f"{below} < {column} <= {above}"
    return f"({text} or unknown)" if unknown and values.isna().any() else text


def _short(cut: float, values: pd.Series) -> str:
    """Return the shortest limit that puts no customer on the other side."""
    if np.isinf(cut):
        return ""
    known = values.dropna().to_numpy(dtype=np.float64)
    # no customer lies between the cut and the one below it
    lowest = known[known <= cut].max(initial=-np.inf)
    highest = known[known > cut].min(initial=np.inf)
    tried = [float(f"{cut:.{digits}g}") for digits in range(1, 9)]
    tried += [np.floor(cut * 10**places) / 10**places for places in range(4)]
    fitting = [x for x in tried if lowest <= x < highest] or [cut]
    return min((plain(x) for x in fitting), key=len)


def _share(name: str, part: Any, whole: Any, level: float) -> dict[str, float | None]:
    """Return a share with its Wilson interval under a name; None of nothing."""
    if whole == 0:
        return {name: None, f"{name}_lower": None, f"{name}_upper": None}
    bounds = binomtest(int(part), int(whole)).proportion_ci(level, method="wilson")
    return {name: part / whole, f"{name}_lower": bounds.low, f"{name}_upper": bounds.high}
