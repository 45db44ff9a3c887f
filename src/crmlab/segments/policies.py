"""What to do for a segment: its place by value, recency and loyalty, and the policy for that place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd
import yaml
from scipy.stats import binomtest

from crmlab import store
from crmlab.errors import NotApplicable, UsageError, did_you_mean
from crmlab.segments import loyalty
from crmlab.segments.assigned import Assigned
from crmlab.segments.names import names
from crmlab.segments.suppression import hidden

LEVELS: Final = ("low", "mid", "high")
ANY: Final = "any"
AXES: Final = ("value", "recency", "loyalty")
KEYS: Final = (*AXES, "policy")
NO_FILE: Final = "none: the project has no policies.yaml"


@dataclass(frozen=True)
class Policies:
    """A checked policies.yaml. by_place: (value, recency, loyalty) → policy, all 27."""

    scales: tuple[str, ...]
    by_place: Mapping[tuple[str, ...], str]

    def of(self, place: Mapping[str, str]) -> str:
        """Return the policy for a place, such as {value: high, recency: low, loyalty: mid}."""
        return self.by_place[tuple(place[axis] for axis in AXES)]


def load() -> Policies:
    """Read and check the project's policies.yaml; without one, no place has a policy (and says so).

    Raises UsageError with the line for an unknown key, level or scale, a line that no place reaches,
    and for a place that no line meets.
    """
    path = store.policies_file()
    if not path.is_file():
        return Policies(tuple(loyalty.ITEMS), dict.fromkeys(product(LEVELS, repeat=3), NO_FILE))
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(f"{path.name} is not YAML: {error}") from None
    parts = _mapping(tree, path.name, ("loyalty", "places"))
    if not all(isinstance(part, yaml.SequenceNode) for part in parts.values()):
        raise UsageError(f"{path.name}: `loyalty` and `places` must be lists")
    scales = tuple(_word(node, path.name, "loyalty", tuple(loyalty.ITEMS)) for node in parts["loyalty"].value)
    by_place: dict[tuple[str, ...], str] = {}
    for node in parts["places"].value:
        fields = _mapping(node, path.name, KEYS)
        where = [_word(fields[axis], path.name, axis, (*LEVELS, ANY)) for axis in AXES]
        new = [p for p in product(*(LEVELS if w == ANY else (w,) for w in where)) if p not in by_place]
        if not new:
            raise UsageError(f"{_line(node, path.name)}: the lines above meet every place of this one")
        by_place |= dict.fromkeys(new, fields["policy"].value)
    for place in product(LEVELS, repeat=3):
        if place not in by_place:
            place_words = ", ".join(f"{axis}: {at}" for axis, at in zip(AXES, place, strict=True))
            where = _line(parts["places"], path.name)
            raise UsageError(
                f"{where}: no line meets {{{place_words}}}; add one, or end with `any` for all three"
            )
    return Policies(scales, by_place)


def places(assigned: Assigned, policies: Policies) -> pd.DataFrame:
    """Return where each segment lies, a row per segment: `value`, `recency`, `loyalty`, `loyalty_scale`.

    Customers are cut into thirds of all (a value is as high as the number of edges that it exceeds,
    so ties stay together and a third may be empty): by total_spend, by days_since_last turned round,
    and by the first loyalty scale of the policies for which at least half of them have data. A segment
    has the median level of its customers, the lower one of two. loyalty_scale: "" where no scale has
    the data; the level is then mid. Raises NotApplicable without those two columns.
    """
    absent = [c for c in ("total_spend", "days_since_last") if c not in assigned.rows]
    if absent:
        raise NotApplicable(f"a place in the policies needs the column {', '.join(absent)}")
    found = loyalty.scales(assigned)
    scale = next((s for s in policies.scales if found[s].notna().mean() >= 0.5), "")
    thirds = {
        "value": _third(assigned.rows["total_spend"]),
        "recency": _third(-assigned.rows["days_since_last"]),
        "loyalty": _third(found[scale]) if scale else pd.Series(1.0, index=found.index),
    }
    middle = pd.DataFrame(thirds).groupby(assigned.labels).quantile(0.5, interpolation="lower")
    # a segment without anyone who has data on the scale
    levels = middle.fillna(1).astype(int).map(lambda at: LEVELS[at])
    return levels.rename_axis("segment").assign(loyalty_scale=scale)


def policy_table(assigned: Assigned, policies: Policies, *, level: float = 0.95) -> pd.DataFrame:
    """Return one row per segment: who they are, where they lie, and what to do for them.

    Columns: `segment`, `name`, `customers` and `share` of all (None where hidden: too few), `value`,
    `recency`, `loyalty`, `loyalty_scale`, `policy`, `reach` (share with consent; None where the tables
    carry none) with `_lower` and `_upper` (Wilson 1927). Raises NotApplicable as `places` does.
    """
    where, called = places(assigned, policies), names(assigned)
    sizes = pd.Series(assigned.labels).value_counts().sort_index().to_numpy()
    unseen = hidden(sizes[:, None])[:, 0]
    rows = []
    for (segment, place), size, few in zip(where.iterrows(), sizes, unseen, strict=True):
        row = {"segment": int(segment), "name": called[segment], "customers": None, "share": None}
        if not few:
            row |= {"customers": int(size), "share": size / sizes.sum()}
        row |= {**place, "policy": policies.of(place)}
        rows.append(row | ({} if few else _reach(assigned, segment, level)))
    columns = [*row, *(f"reach{end}" for end in ("", "_lower", "_upper"))]
    return pd.DataFrame(rows).reindex(columns=dict.fromkeys(columns)).astype({"customers": "Int64"})


def with_policy(answers: pd.DataFrame, facts: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return a model's answers with `policy` after `name`, from the policies.yaml of today.

    facts: per segment (as text) its name and place, as `outputs.facts` gives them. Unchanged where
    the places are not known. Raises UsageError as `load` does.
    """
    if not all(set(AXES) <= set(fact) for fact in facts.values()):
        return answers
    policies = load()
    said = {segment: policies.of(fact) for segment, fact in facts.items()}
    answers = answers.copy()
    answers.insert(answers.columns.get_loc("name") + 1, "policy", answers["segment"].astype(str).map(said))
    return answers


def _third(values: pd.Series) -> pd.Series:
    """Return 0, 1 or 2 per customer: how many of the two inner thirds' edges a value exceeds."""
    edges = values.quantile([1 / 3, 2 / 3]).to_numpy()
    return pd.Series(np.searchsorted(edges, values), index=values.index).where(values.notna())


def _reach(assigned: Assigned, segment: int, level: float) -> dict[str, float]:
    """Return the share of a segment's customers who consent to be contacted, with its interval."""
    if "consent" not in assigned.rows:
        return {}
    known = assigned.rows.loc[assigned.labels == segment, "consent"].dropna()
    if known.empty:
        return {}
    bounds = binomtest(int(known.sum()), len(known)).proportion_ci(level, method="wilson")
    return {"reach": float(known.mean()), "reach_lower": bounds.low, "reach_upper": bounds.high}


# --- reading ------------------------------------------------------------------------------------
def _mapping(node: Any, file: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a mapping, which must be exactly `keys`."""
    if not isinstance(node, yaml.MappingNode):
        where = _line(node, file) if node is not None else file
        raise UsageError(f"{where}: must hold {', '.join(keys)}")
    fields = {}
    for key, value in node.value:
        if key.value not in keys:
            raise UsageError(f"{_line(key, file)}: unknown key '{key.value}'.{did_you_mean(key.value, keys)}")
        fields[key.value] = value
    missing = [k for k in keys if k not in fields]
    if missing:
        raise UsageError(f"{_line(node, file)}: {missing[0]} is missing")
    return fields


def _word(node: Any, file: str, what: str, known: tuple[str, ...]) -> str:
    """Return a word of a list of known ones."""
    if node.value not in known:
        raise UsageError(f"{_line(node, file)}: {what} '{node.value}'.{did_you_mean(str(node.value), known)}")
    return node.value


def _line(node: Any, file: str) -> str:
    """Return where a node stands."""
    return f"{file}, line {node.start_mark.line + 1}"
