"""Tree rules: the leaves of a shallow tree of the train rows, each judged again on the test rows."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from crmlab.explain.conditions import Condition, between, holding, missing_only, text_of
from crmlab.explain.evidence import FEWEST, evidence
from crmlab.explain.window import LastWindow
from crmlab.maths.encoding import RARE, levels_of
from crmlab.seeds import seed_of
from crmlab.vocabulary import CATEGORICAL, NUMERIC

DEPTH: Final = 3
"""A rule has at most so many conditions."""

SHARE: Final = 0.02
"""A rule covers at least this share of the train rows."""

LEVELS: Final = 20
"""At most so many levels of a text may stand in a rule."""

TRAIN: Final = (
    "rule",
    "conditions",
    "train_n",
    "train_precision",
    "train_precision_lower",
    "train_precision_upper",
    "train_lift",
)

Path = dict[str, Condition]
"""The conditions so far, by column."""


def rules(window: LastWindow) -> pd.DataFrame:
    """Return one row per rule, the highest precision on the test rows first.

    The rules are the leaves of a decision tree (Breiman, Friedman, Olshen and Stone 1984) on the
    train rows, at most DEPTH deep, with at least SHARE of them in each leaf. Columns: `rule`,
    `conditions`, `train_n`, `train_precision` with its Wilson interval, `train_lift`; then on the
    test rows `n`, `support`, `precision`, `lift`, each with its interval (see `evidence`), and a
    `note` where the rule does not hold any more, has turned round, or has too few test customers to tell.
    """
    found = [tuple(path.values()) for path in grown(window)]
    train = pd.DataFrame([_in_training(c, window) for c in found], columns=list(TRAIN))
    test = evidence(window, [holding(c, window.test) for c in found], level=window.level)
    test.columns = test.columns.str.replace("rate", "precision")
    table = pd.concat([train, test], axis=1)
    table["note"] = [_note(row, window.base_rate) for row in table.itertuples()]
    order = {"by": ["precision", "train_precision"], "ascending": False, "kind": "stable"}
    return table.sort_values(**order, ignore_index=True)


def _in_training(conditions: tuple[Condition, ...], window: LastWindow) -> dict[str, object]:
    """Return what a rule says and how it did on the train rows: the TRAIN columns."""
    mine = window.train_outcome[holding(conditions, window.train)]
    bounds = binomtest(int(mine.sum()), len(mine)).proportion_ci(window.level, method="wilson")
    rate = mine.mean()
    lift = rate / window.train_outcome.mean()
    values = (text_of(conditions), conditions, len(mine), rate, bounds.low, bounds.high, lift)
    return dict(zip(TRAIN, values, strict=True))


def grown(window: LastWindow) -> list[Path]:
    """Return the conditions of each leaf of the tree, none where it does not split."""
    from sklearn.tree import DecisionTreeClassifier

    shown, meaning = readable(window)
    fewest = max(1, int(np.ceil(SHARE * len(shown))))
    seed = seed_of(window.seed, "why", "rules")
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=fewest, random_state=seed)
    tree.fit(shown.to_numpy(dtype=np.float32), window.train_outcome)
    return _leaves(tree.tree_, window.train, meaning, 0, {}) if tree.tree_.node_count > 1 else []


def readable(window: LastWindow) -> tuple[pd.DataFrame, list[tuple[str, str | None]]]:
    """Return the train rows as numbers and one mark per frequent level, and what each column means.

    A meaning is (column, level), with None for a number.
    """
    train = window.train
    marks, meaning = {}, []
    for column in window.columns(NUMERIC):
        marks[len(meaning)] = train[column].astype(float)
        meaning.append((column, None))
    for column in window.columns(CATEGORICAL):
        levels = levels_of(train[[column]])[column]
        counts = levels.value_counts()
        for name in counts.index[counts >= RARE][:LEVELS]:
            marks[len(meaning)] = (levels == name).astype(float)
            meaning.append((column, name))
    return pd.DataFrame(marks, index=train.index), meaning


def _leaves(
    tree: object, train: pd.DataFrame, meaning: list[tuple[str, str | None]], node: int, path: Path
) -> list[Path]:
    """Return the conditions of each leaf under a node."""
    if tree.children_left[node] == -1:
        return [path]
    column, level = meaning[tree.feature[node]]
    if level is None:
        sides = _by_number(tree, train, column, node, path.get(column))
    else:
        sides = _by_level(column, level, path.get(column))
    children = (tree.children_left[node], tree.children_right[node])
    return [
        leaf
        for child, side in zip(children, sides, strict=True)
        for leaf in _leaves(tree, train, meaning, child, path | {column: side})
    ]


def _by_number(
    tree: object, train: pd.DataFrame, column: str, node: int, so_far: Condition | None
) -> tuple[Condition, Condition]:
    """Return the conditions to the left and to the right of a split of a number."""
    values = train[column]
    known = so_far or Condition(column, unknown=bool(values.isna().any()))
    goes_left = bool(tree.missing_go_to_left[node])
    if np.isinf(tree.threshold[node]):
        # the known to the left, the unknown to the right
        return between(values, known.lower, known.upper), missing_only(column)
    # the tree sends values equal to its threshold to the left, conditions are open above
    cut = np.nextafter(float(tree.threshold[node]), np.inf)
    lower, upper = max(known.lower, cut), min(known.upper, cut)
    return (
        between(values, known.lower, upper, unknown=known.unknown and goes_left),
        between(values, lower, known.upper, unknown=known.unknown and not goes_left),
    )


def _by_level(column: str, level: str, so_far: Condition | None) -> tuple[Condition, Condition]:
    """Return the conditions without and with a level."""
    left_out = so_far.levels if so_far else ()
    return Condition(column, levels=(*left_out, level), without=True), Condition(column, levels=(level,))


def _note(row: object, base_rate: float) -> str:
    """Say what keeps a rule from being used."""
    if row.n < FEWEST:
        return f"{row.n} test customers: fewer than {FEWEST}"
    if row.train_lift > 1 and row.precision_lower <= base_rate:
        return "above the base rate in training, no longer in the test rows"
    if row.train_lift < 1 and row.precision_lower > base_rate:
        return "below the base rate in training, above it in the test rows"
    return ""
