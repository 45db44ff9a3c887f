"""Scores: every method by every metric, with intervals that say what varies, and all differences.

Two designs, by the problem's protocol:

- *fixed test rows* (chronological, rolling): the estimate is the mean over windows. Test customers are
weighted anew (Poisson bootstrap, one weight per customer over all windows), and every window is fitted
again on bootstrap samples of the customers, the same for all windows and methods, so that the variance of
the mean over windows, and of each difference, is measured; the estimate is one of the fits; -
*cross-validation*: mean over splits, corrected resampled t (Nadeau and Bengio 2003).

How differences become tests is in crmlab.maths.leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.comparison.design import SEGMENT_BEFORE, Asked, Design
from crmlab.comparison.measured import Measured
from crmlab.comparison.run import Run
from crmlab.vocabulary import CHANCE, NOT_APPLICABLE, OK, ORACLE


@dataclass(frozen=True)
class Scores:
    """The scores of one comparison.

    values: one row per method and metric (method, metric, value, lower, upper, reason).
    folds: one row per method, metric and window (method, metric, fold, window, value).
    refits: one row per method, metric and refit (method, metric, refit, value): the mean over the windows.
    pairs: {metric: frame with a, b and the columns of crmlab.maths.leads}; difference = a - b.
    picked: {judged metric: the interval of the best that accounts for its having been picked, or None}.
    chance: {metric: value of an uninformative answer, or nan}.
    events: how many events stand behind the intervals (see crmlab.comparison.design).
    """

    values: pd.DataFrame
    folds: pd.DataFrame
    refits: pd.DataFrame
    pairs: Mapping[str, pd.DataFrame]
    picked: Mapping[str, tuple[float, float] | None]
    chance: Mapping[str, float]
    events: int


def score(
    problem: Any,
    runs: Sequence[Run],
    metrics: Sequence[str],
    economics: Mapping[str, float],
    *,
    level: float,
    replicates: int,
    seed: int,
    judging: Sequence[str] = (),
) -> Scores:
    """Score all runs that ended well on a problem by all metrics.

    level: of every interval, such as .95. replicates: bootstrap weightings. economics: prices by
    the name that the metrics ask for. judging: the metrics by which a verdict is given: where their number of
    weightings leaves it open on which side of the threshold a lead lies, MOST weightings are taken.
    """
    design = Design(problem, replicates=replicates, seed=seed, level=level)
    answered = [run for run in runs if run.status == OK]
    rows, folds, refits, pairs, picked, chance = [], [], [], {}, {}, {}
    for name in metrics:
        metric = registry.metric(name)
        money = {price: economics[price] for price in registry.prices(name)}
        asked = Asked(metric, money, registry.wants_inner(name))
        chance[name] = design.chance(asked)
        measured: dict[str, Measured] = {}
        for run in answered:
            lacking = [c for c in metric.reads if c not in run.answers and c != SEGMENT_BEFORE]
            if lacking:
                rows.append(_no_value(run, name, f"the answer has no {lacking[0]}"))
                continue
            found = design.measure(asked, run)
            of = {"method": run.method, "metric": name}
            folds += [of | row for row in found.folds]
            refits += [of | {"refit": r, "value": v} for r, v in enumerate(found.fits.tolist()) if r]
            if np.isnan(found.value):
                rows.append(_no_value(run, name, "not defined on these test rows"))
                continue
            measured[run.method] = found
        intervals = design.intervals(measured, metric, name)
        rows += intervals
        pairs[name] = design.pairs(measured, name)
        field = [r for r in answered if r.control not in (CHANCE, ORACLE) and r.method in measured]
        if name in judging and field:
            sign = 1 if metric.higher_is_better else -1
            best = max(field, key=lambda r: sign * measured[r.method].value)
            pairs[name] = design.sharpened(pairs[name], best, field, asked)
            own = next(row for row in intervals if row["method"] == best.method)
            among = {r.method: measured[r.method] for r in field}
            picked[name] = design.picked(among, own, higher=metric.higher_is_better)
    rows += [_no_value(run, name, run.reason) for run in runs if run.status != OK for name in metrics]
    values = pd.DataFrame(rows, columns=["method", "metric", "value", "lower", "upper", "reason"])
    again = pd.DataFrame(refits, columns=["method", "metric", "refit", "value"])
    windows = pd.DataFrame(folds, columns=["method", "metric", "fold", "window", "value"])
    return Scores(values, windows, again, pairs, picked, chance, design.events)


def _no_value(run: Run, metric: str, reason: str) -> dict[str, Any]:
    """Return the row of a method that a metric cannot judge."""
    return {"method": run.method, "metric": metric, "value": np.nan, "lower": np.nan, "upper": np.nan} | {
        "reason": reason or NOT_APPLICABLE
    }
