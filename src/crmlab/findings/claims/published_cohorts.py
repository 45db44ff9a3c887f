"""Published cohorts: how far retention curves that saw seven years lie from the five that came after.

The classic test of such models: two segments of a subscription business, observed for 12 years.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths import retention_curves

COHORTS: Final[Mapping[str, tuple[float, ...]]] = {
    "High end": (100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4),
    "Regular": (100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3),
}
"""Fader and Hardie (2007), table 1: per cent of a cohort still there after 0 to 12 years."""

SEEN: Final = 7
"""Years that a curve is fitted on, as in the paper."""

MEMBERS: Final = 1_000
"""Whom a cohort is taken to have had at first, as in the paper: it scales the likelihood, not its maximum."""


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of the published cohorts.

    table: a row per cohort and curve, best first within a cohort: `cohort`, `curve`, `error` (the mean
    absolute error over the years after SEEN, in percentage points), `last` (forecast of the last year, per
    cent) and `observed` (what was published for it). years: that the cohorts were watched.
    """

    years: int
    table: pd.DataFrame

    def head(self) -> pd.DataFrame:
        """Return the table for reading."""
        shown = pd.DataFrame(
            {
                "Cohort": self.table["cohort"],
                "Curve": self.table["curve"],
                f"Mean error, years {SEEN + 1} to {self.years} (points)": self.table["error"].map(
                    "{:.2f}".format
                ),
                f"Still there after {self.years} years": self.table["last"].map("{:.1f} %".format),
                "Published": self.table["observed"].map("{:.1f} %".format),
            }
        )
        return shown.set_index("Cohort")

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say, per cohort, which curve came nearest and how far carrying on the last rate was off."""
        return tuple(self._said(cohort) for cohort in self.table["cohort"].unique())

    def _said(self, cohort: str) -> str:
        """Say it of one cohort."""
        own = self.table[self.table["cohort"] == cohort].set_index("curve")
        best, rule = own.iloc[0], own.loc[LAST_RATE]
        text = (
            f"{cohort} cohort, fitted on {SEEN} years: {best.name} comes nearest to the years after, "
            f"{best.error:.2f} percentage points off on average"
        )
        if best.name == LAST_RATE:
            return f"{text}; no model does better than carrying on the last rate."
        return f"{text}; carrying on the last year's rate is {rule.error:.2f} off."


LAST_RATE: Final = "Last year's rate, carried on"


def find(cohorts: Mapping[str, Sequence[float]] = COHORTS) -> Forecasts:
    """Return the forecasts of every curve for every cohort, without its years after SEEN.

    cohorts: per cent of each still there after 0, 1, ... years, for the same number of years. Raises
    NotApplicable where one was watched too short to have years after SEEN.
    """
    short = [cohort for cohort, per_cent in cohorts.items() if len(per_cent) <= SEEN + 1]
    if short:
        raise NotApplicable(f"{', '.join(short)}: no year after the first {SEEN} to hold a forecast against")
    rows = [
        {
            "cohort": cohort,
            "curve": curve,
            "error": float(np.abs(forecast[SEEN + 1 :] - observed[SEEN + 1 :]).mean()),
            "last": float(forecast[-1]),
            "observed": float(observed[-1]),
        }
        for cohort, per_cent in cohorts.items()
        for observed in [np.array(per_cent)]
        for curve, draw in CURVES.items()
        for forecast in [draw(observed[: SEEN + 1], np.arange(len(observed)))]
    ]
    table = pd.DataFrame(rows)
    table["cohort"] = pd.Categorical(table["cohort"], list(cohorts), ordered=True)
    ordered = table.sort_values(["cohort", "error"], kind="stable", ignore_index=True)
    return Forecasts(len(next(iter(cohorts.values()))) - 1, ordered.astype({"cohort": "str"}))


def _fitted(model: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the curve of a model: fitted on the years seen (per cent), for all years, in per cent."""

    def curve(seen: np.ndarray, years: np.ndarray) -> np.ndarray:
        there = seen * MEMBERS / 100
        last = np.append(np.arange(1, len(seen)), len(seen) - 1)
        event, counts = np.append(np.ones(len(seen) - 1), 0), np.append(-np.diff(there), there[-1])
        found = retention_curves.fit(np.zeros(len(last)), last, event, model=model, counts=counts)
        return 100 * np.exp(retention_curves.log_survivor(years, *found.parameters))

    return curve


def _last_rate(seen: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return the curve that loses the same share every year as in the last one seen."""
    beyond = np.maximum(years - (len(seen) - 1), 0)
    return np.append(seen, np.full(len(years) - len(seen), seen[-1])) * (seen[-1] / seen[-2]) ** beyond


def _mean_rate(seen: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return the geometric curve: one rate for everyone and every year, by maximum likelihood."""
    rate = seen[1:].sum() / seen[:-1].sum()
    return 100 * rate**years


CURVES: Final[Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "Shifted-beta-geometric": _fitted(retention_curves.SHIFTED_BETA_GEOMETRIC),
    "Beta-discrete-Weibull": _fitted(retention_curves.BETA_DISCRETE_WEIBULL),
    "One rate for all": _mean_rate,
    LAST_RATE: _last_rate,
}
