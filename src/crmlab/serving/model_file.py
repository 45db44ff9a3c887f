"""A model as a file that can leave the machine: skops format, checked before it is loaded.

A safe format alone does not make loading safe, because the list of types to trust is read from
the file itself: the SHA-256 and our own list of modules are checked as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import registry
from crmlab.errors import DataError
from crmlab.kinds import Context
from crmlab.vocabulary import CATEGORICAL

TRUSTED = ("collections.OrderedDict", "crmlab.", "lightgbm.", "numpy.", "pandas.", "scipy.", "sklearn.")
"""Where a model file's types may come from; anything else is refused before it is loaded.

`builtins` is not among them: it would admit `eval`.
"""


def dump(model: Any, path: Path) -> str:
    """Write a model in the skops format; return the file's SHA-256.

    Raises DataError for a type outside the TRUSTED modules.
    """
    import skops.io

    skops.io.dump(model, path)
    _checked_types(path)
    return sha256(path)


def load(path: Path, facts_file: Path) -> tuple[Any, dict[str, Any]]:
    """Return a model and its facts. Raises DataError for a changed file or a foreign type."""
    import skops.io

    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    if sha256(path) != facts["sha256"]:
        raise DataError(f"{path.name} is not the file that was logged (its SHA-256 differs)")
    return skops.io.load(path, trusted=_checked_types(path)), facts


def answer(model: Any, rows: pd.DataFrame, facts: Mapping[str, Any]) -> pd.DataFrame:
    """Answer new rows: the columns of the model's kind, one row per row of `rows`.

    Where the facts of an action name segments: `segment`, `name`, and how sure the segment is.
    """
    kind = registry.module("kinds", facts["kind"])
    context = Context(horizon_days=facts["horizon_days"], seed=0, roles=facts["roles"])
    found = kind.answer(model, rows[facts["columns"]].reset_index(drop=True), context)
    names = _segment_names(facts)
    if not names:
        return found
    # a segment that had no customers when it was named
    called = [names.get(s, f"segment {s}") for s in found["segment"]]
    sure = found[[c for c in kind.CLOSENESS if c in found]]
    return pd.concat([found[["segment"]].assign(name=called), sure], axis=1)


def _segment_names(facts: Mapping[str, Any]) -> dict[int, str]:
    """Return the names of segments that an action's facts carry (see crmlab.declare.action)."""
    carried = (known.get("segments", {}) for known in facts.get("actions", {}).values())
    return {int(segment): fact["name"] for segments in carried for segment, fact in segments.items()}


def synthetic_rows(rows: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Return five made-up rows in the shape of `rows`: quantiles and frequent levels, no customer.

    Histories of purchases are made possible ones: quantiles of single columns need not go together.
    """
    made = {}
    for column in rows:
        known = rows[column].dropna()
        if roles.get(column) == CATEGORICAL or not pd.api.types.is_numeric_dtype(known):
            levels = list(known.astype(str).value_counts().index[:5]) or ["unknown"]
            made[column] = [levels[i % len(levels)] for i in range(5)]
        else:
            spread = known.astype(float).quantile([0.1, 0.3, 0.5, 0.7, 0.9]) if len(known) else [0.0] * 5
            made[column] = [float(f"{v:.4g}") for v in spread]
    return _possible(pd.DataFrame(made))


def _possible(made: pd.DataFrame) -> pd.DataFrame:
    """Return made-up customers with whole purchase counts, the last of them within the days known."""
    if not {"frequency", "T_days"} <= set(made):
        return made
    days = made["T_days"].round()
    bought = made["frequency"].round().where(days >= 1, 0.0)
    if "recency_days" in made:
        last = made["recency_days"].round()
    elif "days_since_last" in made:
        last = (days - made["days_since_last"]).round()
    else:
        return made.assign(T_days=days, frequency=bought)
    last = last.clip(1, days.clip(1)).where(bought > 0, 0.0)
    both = {"recency_days": last, "days_since_last": days - last}
    return made.assign(T_days=days, frequency=bought, **{c: v for c, v in both.items() if c in made})


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _checked_types(path: Path) -> list[str]:
    """Return the types in a model file, after refusing any that lies outside TRUSTED modules."""
    import skops.io

    types = skops.io.get_untrusted_types(file=path)
    foreign = [t for t in types if not t.startswith(TRUSTED)]
    if foreign:
        raise DataError(f"{path.name} holds the type {foreign[0]}, which crmlab does not load")
    return types
