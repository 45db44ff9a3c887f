"""Items: what may stand in an association rule, cut from the columns of one origin's customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from crmlab.explain.conditions import Condition, between, missing_only, plain
from crmlab.explain.evidence import FEWEST
from crmlab.history.service_episodes import SATISFIED, SLOW_HOURS
from crmlab.maths.encoding import levels_of
from crmlab.vocabulary import CATEGORICAL, NUMERIC

SUPPORT: Final = 0.02
"""At least this share of the customers meets a rule and churns: the least support."""

BINS: Final = 4
"""Numbers are cut at the quartiles, into fewer parts where these would be too small to reach SUPPORT."""

SERVICE: Final = (
    *("tickets", "open_tickets", "response_hours_mean", "satisfaction_mean", "days_since_ticket"),
    *("return_lines", "return_value", "return_share", "returned_line_share", "days_since_return"),
)
"""The columns of the feature families service and returns: where they hold something, service happened."""

CUTS: Final = {"response_hours_mean": SLOW_HOURS, "satisfaction_mean": float(SATISFIED)}
"""Cuts that are known beforehand: a slow answer and a satisfied customer, as for the hazard ratios."""


@dataclass(frozen=True)
class Item:
    """What may stand in a rule: a condition on one column, and how it reads."""

    text: str
    condition: Condition
    event: bool = False
    """Whether it says that a service event happened."""


def items_of(rows: pd.DataFrame, roles: Mapping[str, str], counts: Collection[str]) -> list[Item]:
    """Return the items of the rows (n, p) of one origin: counts first, then other numbers, then texts.

    roles: of the columns. counts: the columns that count. An item that holds for too few, for all, or for
    the same rows as one before it is left out.
    """
    few = least(len(rows))
    numbers = sorted((c for c in rows if roles[c] == NUMERIC), key=lambda c: c not in counts)
    every = [i for c in numbers for i in (_of_count if c in counts else _of_number)(rows[c], few)]
    every += [i for c in rows if roles[c] == CATEGORICAL for i in _of_text(rows[c], few)]
    kept: dict[bytes, Item] = {}
    for item in every:
        mask = item.condition.holds(rows)
        if few <= mask.sum() < len(rows):
            kept.setdefault(mask.tobytes(), item)
    return list(kept.values())


def least(n: int) -> int:
    """Return how many of n customers a rule needs who meet it and churned."""
    return max(FEWEST, int(np.ceil(SUPPORT * n)))


def _of_count(values: pd.Series, few: int) -> list[Item]:
    """Return none, some and many of what is counted (n,), cut at the median of those who have any.

    Of shares and sums it is none, low and high. A column of 0 and 1 is no count; where one of the two parts
    is too small there is any.
    """
    name, known = str(values.name), values.dropna().to_numpy(dtype=float)
    above = np.sort(known[known > 0])
    if not len(above) or known.min() < 0 or set(known) <= {0.0, 1.0}:
        return _of_number(values, few, is_count=True)
    none = Item(f"no {name}", between(values, -np.inf, above[0]))
    happened = name in SERVICE
    middle = max(_rounded(np.quantile(above, 0.5)), above[above > above[0]].min(initial=np.inf))
    if min((above < middle).sum(), (above >= middle).sum()) < few:
        return [none, Item(f"any {name}", between(values, above[0], np.inf), happened)]
    some, many = between(values, above[0], middle), between(values, middle, np.inf)
    limit, more = plain(some.upper), plain(many.lower)
    if (above == np.round(above)).all():
        span = " to ".join(dict.fromkeys(map(plain, (above[0], above[above < middle].max()))))
        texts = f"some {name} ({span})", f"many {name} ({more} or more)"
    else:
        texts = f"low {name} (below {limit})", f"high {name} ({more} or more)"
    return [none, Item(texts[0], some, happened), Item(texts[1], many, happened)]


def _of_number(values: pd.Series, few: int, *, is_count: bool = False) -> list[Item]:
    """Return the bins of a number (n,), cut at its quantiles or at CUTS, and that it is not known.

    is_count: whether 0 says that nothing happened; of the others it is said by a missing value.
    """
    name, known = str(values.name), values.dropna().to_numpy(dtype=float)
    levels = np.unique(known)
    bins = int(np.clip(len(known) // few, 1, BINS))
    if not len(known):
        return []
    if name in CUTS:
        cuts = [CUTS[name]]
    elif len(levels) <= 2:
        cuts = levels[1:]
    else:
        cuts = np.unique([_rounded(c) for c in np.quantile(known, np.arange(1, bins) / bins)])
    edges = [-np.inf, *(c for c in cuts if c > known.min()), np.inf]
    found = [between(values, low, high) for low, high in pairwise(edges)]
    items = [Item(c.text, c, name in SERVICE and not (is_count and c.lower <= 0)) for c in found]
    return [*items, Item(f"{name} unknown", missing_only(name))]


def _rounded(cut: float) -> float:
    """Return a cut with three digits: a bin need not part the customers to the last one."""
    return float(f"{cut:.3g}")


def _of_text(values: pd.Series, few: int) -> list[Item]:
    """Return the levels of a text (n,) that are frequent enough."""
    counts = levels_of(values.to_frame()).iloc[:, 0].value_counts()
    found = [Condition(str(values.name), levels=(level,)) for level in counts.index[counts >= few]]
    return [Item(c.text, c) for c in found]
