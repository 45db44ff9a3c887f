"""Hazards: the hazard ratios of service episodes for the end of a membership, and what they imply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.history.service_episodes import QUICK, SLOW, spans
from crmlab.maths import counting_process
from crmlab.seeds import generator

DRAWS: Final = 4000


@dataclass(frozen=True)
class Contrast:
    """The hazard ratio of slow answers over that of quick ones that satisfied, with its interval."""

    ratio: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Recovery:
    """What a quick answer that satisfies is worth, in place of a slow one, by the fitted hazards.

    saved: the probability of leaving within the memory that it takes away. value: of a member, a year's
    fees and margin. worth: saved times value, with its interval; in currency.
    """

    saved: float
    value: float
    worth: float
    lower: float
    upper: float


def ratios(
    spells: pd.DataFrame, happened: pd.DataFrame, *, level: float
) -> tuple[counting_process.Hazards, pd.DataFrame, float]:
    """Return the fit, a table per kind of episode, and the rate of events per day outside all of them.

    The table: `kind`, `ratio` with a Wald interval `lower`, `upper`, `events` and `days`. A kind in which
    no event, or every event, fell is left out: its ratio cannot be estimated. Time runs in days since a
    spell began. Raises DataError without events, CrmlabError where the fit does not converge.
    """
    cut = spans(spells, happened)
    names = [c for c in cut.columns[3:] if 0 < cut.loc[cut["event"], c].sum() < cut["event"].sum()]
    found = counting_process.fit(cut["start"], cut["stop"], cut["event"], cut[names].to_numpy())
    error = norm.ppf((1 + level) / 2) * np.sqrt(np.diag(found.covariance))
    days = cut["stop"] - cut["start"]
    table = pd.DataFrame(
        {
            "kind": names,
            "ratio": np.exp(found.log_ratios),
            "lower": np.exp(found.log_ratios - error),
            "upper": np.exp(found.log_ratios + error),
            "events": [int(cut.loc[cut["event"], name].sum()) for name in names],
            "days": [float((days * cut[name]).sum()) for name in names],
        }
    )
    free = (cut[names] == 0).all(axis=1)
    return found, table, float(cut.loc[free, "event"].sum() / max(days[free].sum(), 1.0))


def contrast(found: counting_process.Hazards, table: pd.DataFrame, *, level: float) -> Contrast | None:
    """Return the ratio of slow answers over that of quick ones that satisfied, with a Wald interval.

    found, table: as from `ratios`. None without both ratios.
    """
    names = table["kind"].tolist()
    if not {SLOW, QUICK} <= set(names):
        return None
    slow, quick = names.index(SLOW), names.index(QUICK)
    log, covariance = found.log_ratios[slow] - found.log_ratios[quick], found.covariance
    spread = covariance[slow, slow] + covariance[quick, quick] - 2 * covariance[slow, quick]
    error = norm.ppf((1 + level) / 2) * np.sqrt(spread)
    return Contrast(*(float(np.exp(log + side * error)) for side in (0, -1, 1)))


def recovery(
    found: counting_process.Hazards,
    table: pd.DataFrame,
    *,
    rate: float,
    value: float,
    memory_days: float,
    level: float,
    seed: int,
) -> Recovery | None:
    """Return what a quick answer that satisfies saves in place of a slow one; None without both ratios.

    By a constant hazard λ, the `rate` per day outside all episodes: saved = exp(−λ·q·memory) −
    exp(−λ·s·memory) for the ratios q and s. The interval varies both ratios together (normal on the log
    scale), not λ and not the value, a member's, in currency.
    """
    names = table["kind"].tolist()
    if not {SLOW, QUICK} <= set(names):
        return None
    at = [names.index(QUICK), names.index(SLOW)]
    base = rate * memory_days
    drawn = generator(seed, "recovery").multivariate_normal(
        found.log_ratios[at], found.covariance[np.ix_(at, at)], DRAWS, method="cholesky"
    )
    saved, *replicates = (
        np.exp(-base * np.exp(q)) - np.exp(-base * np.exp(s)) for q, s in [found.log_ratios[at], *drawn]
    )
    lower, upper = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2]) * value
    return Recovery(float(saved), value, float(saved) * value, float(lower), float(upper))
