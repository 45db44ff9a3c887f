"""Buy-till-you-die fits: ours, and beside them the package lifetimes, in CPU seconds and likelihood."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from _environment import environment, said
from _in_a_row import in_a_row
from _results import keep

from crmlab.maths import btyd
from crmlab.seeds import generator
from crmlab.studies._purchases import lived

PACKAGES = ("lifetimes==0.11.3", "pandas==1.5.3", "numpy==1.26.4", "scipy==1.11.4", "autograd==1.6.2")
"""lifetimes is not maintained: it needs a pandas, numpy and scipy of its time."""

TRUTH = btyd.ParetoNBD(0.553, 10.578, 0.606, 11.669)
"""CDNOW's customers (Fader, Hardie and Lee 2005)."""

AT_LEAST = 0.5
"""CPU seconds of fits in a row on either side, and three fits: one that follows a pause is not the median."""

BESIDE = (btyd.BGNBD, btyd.ParetoNBD)
MODELS = (btyd.NBD, btyd.BGNBD, btyd.MBGNBD, btyd.MBGCNBD, btyd.ParetoNBD, btyd.BGBB)
NOTES = {
    "customers": "Pareto/NBD at the estimates for CDNOW, observed for 27 to 39 weeks, on whole days",
    "ratio": "lifetimes' CPU seconds over ours, medians; empty where lifetimes was not asked",
    "fits": f"ours, in turns of {AT_LEAST} CPU seconds and three fits at least; lifetimes' turns are as long",
    "log-likelihood less": "how much lower lifetimes' maximum is, by our formula at its parameters",
    "different": "customers whose (x, t_x, T) differ: a fit takes equal ones together",
}


def main(arguments: list[str] | None = None) -> None:
    """Fit every model at every size, lifetimes where it is small enough; keep the table."""
    asked = _options().parse_args(arguments or [])
    with tempfile.TemporaryDirectory() as folder:
        python = None if asked.alone else environment(Path(folder), "lifetimes", PACKAGES)
        rows = [
            measured(model, n, Path(folder), python if n <= asked.most else None, asked.repeats)
            for n in asked.rows
            for model in MODELS
        ]
    notes = NOTES if python or asked.alone else NOTES | {"lifetimes": "could not be installed here"}
    keep("btyd", "Maximum-likelihood fits of buy-till-you-die models", rows, notes=notes)


def measured(
    model: type[btyd.Model], n: int, folder: Path, python: Path | None, repeats: int
) -> dict[str, object]:
    """Return one row: median CPU seconds of both fits, taken in turn, and the ratio."""
    x, t_x, T = customers(n, weeks=model is not btyd.BGBB)
    seconds, theirs = [], []
    for _ in range(repeats):
        seconds += in_a_row(lambda: btyd.fit(model, x, t_x, T), AT_LEAST)
        if python and model in BESIDE:
            theirs.append(of_lifetimes(python, folder, model, x, t_x, T))
    _, estimate = btyd.fit(model, x, t_x, T)
    row: dict[str, object] = {
        "model": model.name,
        "customers": n,
        "different": len(btyd.customers.Customers.of(x, t_x, T).counts),
        "ours s": round(median(seconds), 4),
        "lifetimes s": "",
        "ratio": "",
        "log-likelihood less": "",
        "fits": len(seconds),
    }
    if theirs:
        slow = median(second for found in theirs for second in found["seconds"])
        reached = model(*theirs[-1]["parameters"]).log_likelihood(x, t_x, T).sum()
        row["lifetimes s"], row["ratio"] = round(slow, 3), round(slow / median(seconds), 1)
        row["log-likelihood less"] = round(estimate.log_likelihood - float(reached), 3)
    return row


def of_lifetimes(
    python: Path, folder: Path, model: type[btyd.Model], x: np.ndarray, t_x: np.ndarray, T: np.ndarray
) -> dict[str, list[float]]:
    """Return the CPU seconds of some fits by lifetimes and its parameters, in our order."""
    file = folder / "customers.npz"
    np.savez(file, x=x, t_x=t_x, T=T)
    return said(python, "_lifetimes.py", str(file), model.name, str(AT_LEAST))


def customers(n: int, *, weeks: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (x, t_x, T) of n customers on whole days, in weeks or days; one purchase a day at most."""
    rng = generator(1, "customers", n)
    days = rng.integers(27 * 7, 39 * 7, n).astype(np.float64)
    x, t_x, _ = lived(TRUTH, days / 7, horizon=0.0, rng=rng)
    last = np.where(x > 0, np.clip(np.round(t_x * 7), np.maximum(x, 1), days), 0.0)
    x, unit = np.minimum(x, last), 7.0 if weeks else 1.0
    return x, last / unit, days / unit


def _options() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    options = argparse.ArgumentParser(prog="python benchmarks btyd")
    options.add_argument("--rows", type=int, nargs="+", default=[2_357, 20_000, 200_000])
    options.add_argument("--most", type=int, default=20_000, help="customers that lifetimes is given")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--alone", action="store_true", help="do not install and run lifetimes")
    return options
