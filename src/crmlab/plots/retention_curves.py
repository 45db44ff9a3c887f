"""Retention curves: how many of those who joined are still there after each renewal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import windows
from crmlab.errors import NotApplicable
from crmlab.maths import retention_curves as maths
from crmlab.plots import _style, _survivors

AGE = "member_days"
BEYOND = 12
"""Renewals after the last observed one, to which the fitted curves are drawn on."""

TICK = 3
"""Renewals between two marks of the axis."""


def draw(comparison: Any) -> _style.Picture:
    """Show the share still there after each monthly renewal: observed, fitted, and carried on.

    The black steps are the Kaplan-Meier curve of the last window's test rows, each at risk only from the
    renewals that it had passed at the cutoff on (left truncation); its band is pointwise 95 %
    (Greenwood, on the scale of log(−log S); a bootstrap of the customers where one has several rows), and
    only the test rows vary in it. The lines are the retention curves as fitted on the train rows. Right of
    the last step they are a forecast that no data here can contradict. Raises NotApplicable where no
    method fitted a retention curve.
    """
    fitted = _fitted(comparison)
    if not fitted:
        raise NotApplicable("no method fitted a retention curve")
    members = _members(comparison)
    last = int(members.loc[members["event"] > 0, "duration_days"].max()) if members["event"].any() else 1
    when = np.arange(last + 1)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "retention by renewals"),
            f"{len(members):,} test rows of the last window; "
            f"band: {_survivors.varies(members)} (pointwise 95 %)",
            height=4.8,
        )
        share, lower, upper = _survivors.with_band(members, when, "renewals")
        axes.fill_between(when, lower, upper, step="post", color="black", alpha=0.15, linewidth=0)
        axes.step(when, share, where="post", color="black", linewidth=1.3, label="observed")
        renewals = np.arange(last + BEYOND + 1)
        for method, parameters in fitted.items():
            fit = np.exp(maths.log_survivor(renewals, *parameters))
            axes.plot(renewals, fit, marker=".", **_style.line(comparison, method))
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


def _members(comparison: Any) -> pd.DataFrame:
    """Return the last window's test rows in renewals: `customer, entry, duration_days, event`."""
    problem = comparison.problem
    fold = windows(comparison)[-1]["fold"]
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
    renewals = pd.DataFrame({"row_id": frame.index, "entry": passed, "duration_days": last, "event": event})
    # who has met no renewal while under observation says nothing
    return _survivors.owned(comparison, renewals[last > passed])
