"""Retention curves: how many of those who joined are still there after each renewal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths import retention_curves as maths
from crmlab.maths.survival import Curve, kaplan_meier
from crmlab.plots import _style
from crmlab.plots._answers import first_fits

AGE = "member_days"
BEYOND = 12
"""Renewals after the last observed one, to which the fitted curves are drawn on."""

TICK = 3
"""Renewals between two marks of the axis."""


def draw(comparison: Any) -> _style.Picture:
    """Show the share still there after each monthly renewal: observed, fitted, and carried on.

    The black steps are the Kaplan-Meier curve of the last window's test rows, each at risk only from the
    renewals that it had passed at the cutoff on (left truncation); its band is pointwise 95 %
    (Greenwood, on the scale of log(−log S)), and only the test rows vary in it. The lines are
    the retention curves as fitted on the train rows. Right of the last step they are a forecast that no
    data here can contradict. Raises NotApplicable where no method fitted a retention curve.
    """
    fitted = _fitted(comparison)
    if not fitted:
        raise NotApplicable("no method fitted a retention curve")
    found, members = _observed(comparison)
    last = int(found.times.max(initial=1))
    when = np.arange(last + 1)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "retention by renewals"),
            f"{members:,} test rows of the last window; band: test rows (pointwise 95 %)",
            height=4.8,
        )
        lower, upper = found.interval_at(when)
        axes.fill_between(when, lower, upper, step="post", color="black", alpha=0.15, linewidth=0)
        axes.step(when, found.at(when), where="post", color="black", linewidth=1.3, label="observed")
        renewals = np.arange(last + BEYOND + 1)
        for method, parameters in fitted.items():
            share = np.exp(maths.log_survivor(renewals, *parameters))
            axes.plot(renewals, share, marker=".", **_style.line(comparison, method))
        axes.axvline(last, color=_style.QUIET, linestyle=":", linewidth=1)
        axes.set(xlim=(0, renewals[-1]), ylim=(0, 1.02), xlabel="Monthly renewals since the contract began")
        axes.set(xticks=np.arange(0, renewals[-1] + 1, TICK), ylabel="Share still there")
        _style.percent(axes.yaxis)
        _style.legend_below(figure, axes)
    return figure


def _fitted(comparison: Any) -> dict[str, tuple[float, ...]]:
    """Return the parameters of each retention curve by method, as the last window's model tells them."""
    found = {}
    for run in comparison.runs:
        said = run.details[max(run.details)] if run.details else {}
        if "alpha" in said and "beta" in said and run.kind == "survival":
            found[run.method] = tuple(said[name] for name in ("alpha", "beta", "c") if name in said)
    return found


def _observed(comparison: Any) -> tuple[Curve, int]:
    """Return the last window's curve over renewals, and how many rows it is of."""
    problem = comparison.problem
    fold = first_fits(comparison)[-1]["fold"]
    tested = problem.folds[(problem.folds["fold"] == fold) & (problem.folds["part"] == "test")]["row_id"]
    rows = problem.rows.set_index("row_id").loc[tested]
    if AGE not in rows or not rows[AGE].notna().any():
        raise NotApplicable(f"the rows have no column '{AGE}' that says how old a contract is")
    frame = pd.concat([rows[AGE], problem.solution.set_index("row_id").loc[tested]], axis=1).dropna(
        subset=AGE
    )
    gap = problem.facts.get("gap_days") or 0
    event = frame["event"].to_numpy()
    passed, last = maths.in_renewals(
        frame[AGE].to_numpy(dtype=float) + 1 + gap, frame["duration_days"].to_numpy(dtype=float), event
    )
    # who has met no renewal while under observation says nothing
    met = last > passed
    return kaplan_meier(last[met], event[met], entry=passed[met]), int(met.sum())
