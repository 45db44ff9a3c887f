"""Measures of survival beside scikit-survival's, on its own example data: how far the values lie apart."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _environment import environment, said
from _results import keep

from crmlab.maths import survival_scores

PACKAGES = ("scikit-survival==0.28.0",)
"""GPL-3.0: in an environment of its own, and in no other."""

MEASURES = ("concordance", "brier", "integrated brier", "auc", "mean auc")
NOTES = {
    "ties": "as published: some are censored at the time at which another ends",
    "no ties": "every censoring is moved a quarter of the unit later",
    "the difference": "the chance to be followed so long, G, is ours just before a time: who ends at it was "
    "watched up to it; the package takes it after those who are censored at that time",
}


def main(options: Sequence[str] = ()) -> None:
    """Compare all measures on three data sets, as published and without ties; keep the table."""
    if options:
        raise SystemExit("survival takes no options.")
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder), "sksurv", PACKAGES)
        if python is None:
            raise SystemExit("nothing was measured")
        rows = [row(found) for found in said(python, "_sksurv.py")]
    keep("survival", "Measures of survival beside scikit-survival 0.28.0", rows, notes=NOTES)


def row(found: dict) -> dict[str, object]:
    """Return the largest difference of each measure on one data set."""
    duration, event, curves, times = (np.array(found[k]) for k in ("duration", "event", "curves", "times"))
    one = np.ones((1, len(duration)))
    given = duration, event, curves, times, one
    ours = {
        "concordance": survival_scores.concordance(duration, event, np.array(found["risk"]), one),
        "brier": survival_scores.brier(*given)[0],
        "integrated brier": survival_scores.integrated_brier(*given),
        "auc": survival_scores.auc_over_time(*given)[0],
        "mean auc": survival_scores.mean_auc(*given),
    }
    shared = np.intersect1d(duration[event > 0], duration[event == 0])
    return {
        "data": found["data"],
        "rows": len(duration),
        "ends": int(event.sum()),
        "shared times": len(shared),
        **{m: f"{np.abs(ours[m] - np.array(found[m])).max():.1e}" for m in MEASURES},
    }
