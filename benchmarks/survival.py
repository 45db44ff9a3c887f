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
    "shared times": "at which some end and others are censored; 0 where every censoring was moved a quarter "
    "of the unit later",
    "up to": "the weight of who ends at a time is 1 over the chance to be followed up to it or longer: ours",
    "beyond": "it is 1 over the chance to be followed beyond it: the package's, and ours with beyond=True",
}


def main(options: Sequence[str] = ()) -> None:
    """Compare in both ways on three data sets, as published and without shared times; keep the table."""
    if options:
        raise SystemExit("survival takes no options.")
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder), "sksurv", PACKAGES)
        if python is None:
            raise SystemExit("nothing was measured")
        rows = [row(found, beyond) for found in said(python, "_sksurv.py") for beyond in (True, False)]
    keep("survival", "Measures of survival beside scikit-survival 0.28.0", rows, notes=NOTES)


def row(found: dict, beyond: bool) -> dict[str, object]:
    """Return the largest difference of each measure on one data set."""
    duration, event, curves, times = (np.array(found[k]) for k in ("duration", "event", "curves", "times"))
    one = np.ones((1, len(duration)))
    given = duration, event, curves, times, one
    ours = {
        "concordance": survival_scores.concordance(
            duration, event, np.array(found["risk"]), one, beyond=beyond
        ),
        "brier": survival_scores.brier(*given, beyond=beyond)[0],
        "integrated brier": survival_scores.integrated_brier(*given, beyond=beyond),
        "auc": survival_scores.auc_over_time(*given, beyond=beyond)[0],
        "mean auc": survival_scores.mean_auc(*given, beyond=beyond),
    }
    shared = np.intersect1d(duration[event > 0], duration[event == 0])
    return {
        "data": found["data"],
        "rows": len(duration),
        "ends": int(event.sum()),
        "shared times": len(shared),
        "followed": "beyond" if beyond else "up to",
        **{m: f"{np.abs(ours[m] - np.array(found[m])).max():.1e}" for m in MEASURES},
    }
