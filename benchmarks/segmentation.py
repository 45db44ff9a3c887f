"""Segmentation at scale: what each method costs on 100,000 customers, and how its cost grows."""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _results import keep

from crmlab import registry
from crmlab.findings.trust.one_kind_of_buyer import Buyers
from crmlab.kinds import Context, clustering
from crmlab.maths.btyd import GammaGamma, ParetoNBD
from crmlab.seeds import generator

KINDS = (
    Buyers(ParetoNBD(0.553, 10.578, 0.606, 11.669), GammaGamma(6.25, 3.74, 15.44)),
    Buyers(ParetoNBD(8.0, 40.0, 1.0, 200.0), GammaGamma(6.0, 8.0, 200.0)),
)
"""Two kinds of buyers: CDNOW's (Fader, Hardie and Lee 2005), and regular ones who spend more."""

CLAIMS = ("kmeans", "bisecting_kmeans", "rfm_quintiles", "value_tiers", "gaussian_mixture", "lifetime_value")
"""The methods that take a million customers."""

GROWTH = {
    "exponent": "b of seconds ∝ customers^b, the slope over all sizes; what does not grow holds it down",
    "last step": "b between the two largest sizes",
}


def main(arguments: list[str] | None = None) -> None:
    """Measure every method, each in a process of its own; keep both tables."""
    asked = _options().parse_args(arguments or [])
    if asked.one:
        # CPU seconds, not time on the clock: a busy machine must not change what is found
        resource.setrlimit(resource.RLIMIT_CPU, (int(asked.seconds), int(asked.seconds) + 1))
        print(json.dumps(one(asked.one, asked.rows, asked.refits)))
        return
    every = asked.methods or [
        n.split("/")[1] for n in registry.names("methods") if n.startswith("clustering/")
    ]
    limit = asked.seconds
    if "whole" in asked.parts:
        whole = [shown(m, asked.rows, asked.refits, limit) for m in every]
        keep("segmentation", f"Segmentation of {asked.rows:,} customers, {asked.refits} refits each", whole)
    if "growth" in asked.parts:
        growing = [grown(m, asked.growth, limit) for m in CLAIMS if m in every]
        keep("segmentation_growth", "How the cost of a segmentation grows", growing, notes=GROWTH)


def shown(method: str, n: int, refits: int, limit: float) -> dict[str, object]:
    """Return one row: CPU seconds and peak memory of fit, refits and answer, segments, and the note."""
    cost = measured(method, n, refits, limit)
    return {
        "method": method,
        "CPU s": cost.get("seconds", ""),
        "peak MiB": cost.get("peak_mib", ""),
        "segments": cost.get("segments", ""),
        "note": cost.get("reason") or cost.get("note", ""),
    }


def grown(method: str, sizes: list[int], limit: float) -> dict[str, object]:
    """Return one row: CPU seconds of fit and answer at each size, and the exponent of the growth."""
    costs = [measured(method, n, 0, limit) for n in sizes]
    seconds = {f"{n:,} CPU s": c.get("seconds", c.get("reason")) for n, c in zip(sizes, costs, strict=True)}
    # 0 is below the tick of the clock: it has no logarithm and says nothing
    known = np.log([[n, c["seconds"]] for n, c in zip(sizes, costs, strict=True) if c.get("seconds")])
    return (
        {"method": method}
        | seconds
        | {
            "exponent": _slope(known),
            "last step": _slope(known[-2:]),
            "peak MiB": costs[-1].get("peak_mib", ""),
        }
    )


def _slope(logs: np.ndarray) -> float | str:
    """Return the slope of log seconds over log customers (m, 2), or nothing for fewer than two sizes."""
    return round(float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0]), 2) if len(logs) > 1 else ""


def measured(method: str, n: int, refits: int, limit: float) -> dict[str, object]:
    """Return what one method cost in a fresh process, or the `reason` why it has no cost."""
    command = [sys.executable, str(Path(__file__).parent), "segmentation", "--one", method]
    command += ["--rows", str(n), "--refits", str(refits), "--seconds", str(limit)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == -signal.SIGXCPU:
        return {"reason": f"more than {limit:g} CPU s"}
    if done.returncode:
        return {"reason": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def one(method: str, n: int, refits: int) -> dict[str, object]:
    """Fit and answer here, and return the cost; peak memory is that of the whole process."""
    declared = registry.find("methods", f"clustering/{method}")
    rows = customers(n, seed=1)
    context = Context(horizon_days=90, seed=1, roles={}, stability_refits=refits)
    began = time.process_time()
    model = clustering.fit(lambda seed, **fixed: declared(seed=seed, **fixed), rows, None, context)
    answer = clustering.answer(model, rows, context)
    return {
        "seconds": round(time.process_time() - began, 4),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "segments": int(answer["segment"].nunique()),
        "note": getattr(model, "details_", {}).get("note", ""),
    }


def customers(n: int, *, seed: int) -> pd.DataFrame:
    """Return n simulated customers with the columns that segmentation clusters; a third is regular."""
    rng = generator(seed, "customers")
    days = np.split(rng.integers(30, 700, n), [2 * n // 3])
    rows = pd.concat([kind.drawn(T, rng) for kind, T in zip(KINDS, days, strict=True)], ignore_index=True)
    orders = rows["frequency"] + 1
    rows["basket_units"] = 1 + rng.poisson(4 * rng.gamma(2, 0.5, n)).astype(float)
    rows["products"] = 1 + rng.poisson(2.0 * orders).astype(float)
    rows["order_channel"] = rng.choice(np.array(["web", "app", "store"], dtype=object), n, p=[0.6, 0.3, 0.1])
    rows["order_country"] = rng.choice(np.array(["GB", "DE", "FR", "NL"], dtype=object), n)
    return rows.astype({"order_channel": "str", "order_country": "str"})


def _options() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    options = argparse.ArgumentParser(prog="python benchmarks segmentation")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--refits", type=int, default=10)
    options.add_argument("--growth", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--parts", nargs="+", default=["whole", "growth"], choices=["whole", "growth"])
    options.add_argument("--methods", nargs="+")
    options.add_argument("--seconds", type=float, default=600.0, help="CPU limit of one method")
    options.add_argument("--one", help="measure this method in this process and print its cost")
    return options
