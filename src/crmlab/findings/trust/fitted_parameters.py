"""Fitted parameters: the parameters that methods fitted, how sure they are, and in what they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.vocabulary import OK

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run

LIFETIME: Final = ("lifetime", "lifetime_covariates", "lifetime_value")
"""Kinds of which every method fits parameters: one without them has no fit."""

SCALES: Final = {"alpha": ("r", "time"), "beta": ("s", "time"), "gamma": ("q", "currency")}
"""What has a unit: the scale of a gamma distribution, known by its shape beside it. Shapes have none."""

DAYS_PER_WEEK: Final = 7.0
"""The unit of time of fits that do not name theirs: those of lifetime value."""

TIMES: Final = {1.0: "days", DAYS_PER_WEEK: "weeks"}
CHOSEN, UNKNOWN = "chosen", "not known"
ERROR: Final = "_standard_error"
COLUMNS: Final = (
    "method", "label", "parameter", "unit", "estimate", "standard_error", "lower", "upper", "state",
)  # fmt: skip


@dataclass(frozen=True)
class Estimates:
    """The parameters of the fits for the last window, and what to say of them.

    table: one row per method and parameter, the best method first: `method`, `label`, `parameter`, `unit`
    ("" for a pure number), `estimate`, `standard_error`, and its interval `lower`, `upper` (nan where no
    error is known), and `state`: "" or why there is no error, CHOSEN or UNKNOWN. level: of the intervals.
    cutoff: of the last window, None where rows have no time. without: (state, labels) of the methods that
    have no fit. remarks: what a reader of these methods must know besides.
    """

    level: float
    cutoff: str | None
    table: pd.DataFrame
    without: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say which fits these are, what an interval means, and who has none."""
        methods, when = self.table["method"].nunique(), f" (cutoff {self.cutoff})" if self.cutoff else ""
        said = [
            f"{len(self.table)} parameters of {methods} {'methods' if methods > 1 else 'method'}, as fitted "
            f"for the last window{when}.",
            "Standard errors come from the curvature of the likelihood. The interval of a positive parameter "
            "is taken on the scale of its logarithm, that of a coefficient on its own. The parameters of one "
            "method vary together: each interval is of that parameter alone.",
        ]
        for state, why in (
            (CHOSEN, "Chosen among a few values and not estimated"),
            (UNKNOWN, "Without a known error, as the likelihood is flat or the maximum at a bound"),
        ):
            own = self.table[self.table["state"] == state]
            if len(own):
                said.append(f"{why}: {', '.join(own['parameter'] + ' of ' + own['label'])}.")
        if self.without:
            said.append(f"No fit, so no estimates: {_states(self.without)}.")
        return (*said, *self.remarks)

    def head(self) -> pd.DataFrame:
        """Return the table for readers: a row per parameter, indexed by the method's label."""
        rows = list(self.table.itertuples())
        shown = {
            "Parameter": [r.parameter for r in rows],
            "Unit": [r.unit for r in rows],
            "Estimate": [f"{r.estimate:.4g}" for r in rows],
            "Standard error": [r.state or f"{r.standard_error:.3g}" for r in rows],
            f"{self.level:.0%} interval": [
                "" if r.state else f"{r.lower:.4g} to {r.upper:.4g}" for r in rows
            ],
        }
        return pd.DataFrame(shown, index=pd.Index([r.label for r in rows], name="Method"))


def find(comparison: Comparison) -> Estimates:
    """Return the estimates of every method of a comparison that keeps them, from the fit of the last window.

    Of a cross-validation that is its last split. Raises NotApplicable where no method keeps any.
    """
    last = comparison.problem.last_fold()
    runs = [comparison.run_of(method) for method in comparison.order()]
    kept = {r.method: r for r in runs if r.status == OK and _parameters(_details(r, last.number))}
    kinds = {*LIFETIME, *(r.kind for r in kept.values())}
    failed = sorted((r.status.replace("_", " "), r.label) for r in runs if r.status != OK and r.kind in kinds)
    without = tuple((s, ", ".join(x for _, x in g)) for s, g in groupby(failed, key=lambda f: f[0]))
    if not kept:
        ended = f": {_states(without)}" if without else ""
        raise NotApplicable(f"no method kept the parameters of a fit{ended}")
    z = NormalDist().inv_cdf((1 + comparison.level) / 2)
    rows = [row for run in kept.values() for row in _rows(run, _details(run, last.number), z)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    remarks = tuple(_remarks(list(kept.values()), table, comparison.level))
    return Estimates(comparison.level, last.cutoff, table, without, remarks)


def _details(run: Run, fold: int) -> Mapping[str, Any]:
    """Return what a method's fit for a fold reports of itself."""
    return run.details.get(fold, {})


def _parameters(told: Mapping[str, Any]) -> dict[str, tuple[float, float | None, bool]]:
    """Return {parameter: (estimate, its standard error or None, whether it was estimated)} of a fit.

    As `parameters` and `standard_errors`, or side by side: `alpha` and `alpha_standard_error`.
    """
    if "standard_errors" in told:
        errors = told["standard_errors"]
        return {n: (value, errors.get(n), n in errors) for n, value in told["parameters"].items()}
    names = [n.removesuffix(ERROR) for n in told if n.endswith(ERROR)]
    return {n: (told[n], told[n + ERROR], True) for n in names}


def _rows(run: Run, told: Mapping[str, Any], z: float) -> Iterator[dict[str, Any]]:
    """Yield one row per parameter of a fit; z: standard errors from an estimate to its interval's ends."""
    known = _parameters(told)
    for name, (estimate, error, estimated) in known.items():
        lower, upper = (np.nan, np.nan) if error is None else _interval(name, estimate, z * error)
        yield {
            "method": run.method,
            "label": run.label,
            "parameter": name,
            "unit": _unit(name, known, told),
            "estimate": float(estimate),
            "standard_error": np.nan if error is None else float(error),
            "lower": lower,
            "upper": upper,
            "state": "" if error is not None else UNKNOWN if estimated else CHOSEN,
        }


def _interval(name: str, estimate: float, half: float) -> tuple[float, float]:
    """Return the ends of an interval whose half is so many standard errors; a positive one stays positive."""
    if _is_coefficient(name):
        return estimate - half, estimate + half
    with np.errstate(over="ignore"):  # nothing is known of a parameter that may be infinite
        lower, upper = estimate * np.exp([-half / estimate, half / estimate])
    return float(lower), float(upper)


def _is_coefficient(name: str) -> bool:
    """Tell whether a parameter is a covariate's coefficient, such as `purchase: source=ads`."""
    return ": " in name


def _unit(name: str, known: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Return what a parameter is counted in: a time, money, the log of a factor, or "" for a pure number."""
    if _is_coefficient(name):
        return _factor(name.split(": ", 1)[1], told["covariates"]["columns"])
    shape, unit = SCALES.get(name, ("", ""))
    if shape not in known:
        return ""
    days = told.get("days_per_unit", DAYS_PER_WEEK)
    return TIMES.get(days, f"{days:g} days") if unit == "time" else unit


def _factor(covariate: str, columns: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what a coefficient compares: `source=ads` with the reference level, `age_years` per step."""
    column = max((c for c in columns if covariate == c or covariate.startswith(f"{c}=")), key=len)
    refers = columns[column]
    if "reference" in refers:
        return f"log of a factor, against {refers['reference']}"
    if covariate != column:
        return "log of a factor, against the mean"
    return f"log of a factor, per standard deviation ({refers['standard_deviation']:.3g})"


def _states(without: tuple[tuple[str, str], ...]) -> str:
    """Return methods without a fit by how their runs ended."""
    return "; ".join(f"{labels} ({state})" for state, labels in without)


def _remarks(runs: list[Run], table: pd.DataFrame, level: float) -> Iterator[str]:
    """Yield what a reader of these methods' estimates must know besides."""
    own = table[table["parameter"].map(_is_coefficient)]
    if len(own):
        found = int(((own["lower"] > 0) | (own["upper"] < 0)).sum())
        yield (
            f"Of {len(own)} coefficients {found} have an interval without 0; if no covariate told anything, "
            f"about {len(own) * (1 - level):.0f} would. Beside them stand the parameters of a customer at "
            "the reference levels and means."
        )
    held = {r.parameters["ridge"] for r in runs if r.method in set(own["method"]) and r.parameters["ridge"]}
    if held:
        yield (
            f"Coefficients are held near 0 by a penalty (ridge {', '.join(f'{h:g}' for h in sorted(held))}): "
            "their errors are those of the penalised likelihood and leave out how far it moves an estimate."
        )
    if any(r.kind == "survival" for r in runs):
        yield (
            "Time is counted in monthly renewals. The errors take rows for independent; where one member "
            "stands in rows of several cutoffs, they are too small."
        )
