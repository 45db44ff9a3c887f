"""Judging a board: 20 methods, 7 windows, 10,000 customers in each, beside the code of before.

python benchmarks verdict --before ../earlier/src

The answers are made up, the same on both sides: before, the last window alone was fitted again; now every
window is, on one sample of the customers for all methods.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd
from _results import keep

METHODS, WINDOWS, CUSTOMERS, REFITS, REPLICATES = 20, 7, 10_000, 4, 1000


def main(arguments: Sequence[str] = ()) -> None:
    """Measure in processes of their own, in turn; keep the table."""
    parser = argparse.ArgumentParser(prog="python benchmarks verdict")
    parser.add_argument("--before", help="the src folder of the code to compare with")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--stage", choices=("now", "before"), help=argparse.SUPPRESS)
    asked = parser.parse_args(list(arguments))
    if asked.stage:
        print(json.dumps(judged(every_window=asked.stage == "now")))
        return
    sides = {"now": None} | ({"before": asked.before} if asked.before else {})
    took: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(asked.repeats):
        for side, source in sides.items():
            took[side].append(_in_a_process(side, source))
    row = {
        "what": f"{METHODS} methods, {WINDOWS} windows, {CUSTOMERS:,} customers, {REPLICATES:,} weightings",
        "goal": "at most 2",
        "CPU s now": _told(took["now"]),
        "CPU s before": _told(took["before"]) if asked.before else "",
        "ratio": f"{median(took['now']) / median(took['before']):.2f}" if asked.before else "",
        "n": asked.repeats,
    }
    notes = {"before": "the commit before all windows were fitted again, in a process of its own"}
    keep("verdict", "Judging a board", [row], notes=notes)


def _told(values: Sequence[float]) -> str:
    """Return the median with the range."""
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def _in_a_process(side: str, source: str | None) -> float:
    """Return the CPU seconds of judging once, in a new process with these sources."""
    command = [sys.executable, "benchmarks", "verdict", "--stage", side]
    more = {"PYTHONPATH": source} if source else {}
    done = subprocess.run(command, env=os.environ | more, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def judged(*, every_window: bool) -> float:
    """Return the CPU seconds of scoring and judging made-up answers."""
    from crmlab import registry
    from crmlab.comparison.score import score
    from crmlab.comparison.verdict import judge
    from crmlab.problems.problem import Problem

    rng = np.random.default_rng(1)
    n = WINDOWS * CUSTOMERS
    rows = pd.DataFrame(
        {"row_id": np.arange(n), "customer": np.tile(np.arange(CUSTOMERS).astype(str), WINDOWS)}
    )
    outcome = (rng.random(n) < 0.3).astype(np.int64)
    plan = [(w, 0) for w in range(WINDOWS)]
    plan += [] if every_window else [(WINDOWS - 1, r) for r in range(1, REFITS + 1)]
    ids = [np.arange(w * CUSTOMERS, (w + 1) * CUSTOMERS) for w, _ in plan]
    sizes = {"n_train": CUSTOMERS, "n_test": CUSTOMERS, "cutoff": None}
    facts = [{"fold": f, "window": w, "refit": r} | sizes for f, (w, r) in enumerate(plan)]
    folds = pd.concat(
        [pd.DataFrame({"fold": f, "row_id": i, "part": "test"}) for f, i in enumerate(ids)], ignore_index=True
    )
    solution = pd.DataFrame({"row_id": rows["row_id"], "outcome": outcome})
    known = {"protocol": "rolling", "folds": facts}
    problem = Problem("study", "world", {}, rows, folds, solution, known)
    runs = [_run(rng, m, outcome, ids, every_window) for m in range(METHODS)]
    begin = time.process_time()
    more = {"judging": ["auc"]} if every_window else {}
    scores = score(problem, runs, ["auc"], {}, level=0.95, replicates=REPLICATES, seed=1, **more)
    metric = registry.metric("auc")
    judge(runs, scores.values, scores.pairs["auc"], metric, chance=scores.chance["auc"], level=0.95)
    return time.process_time() - begin


def _run(rng: np.random.Generator, number: int, outcome: np.ndarray, ids: list[np.ndarray], refits: bool):
    """Return the run of a method whose scores have a part of the outcome in them."""
    from crmlab.comparison.run import Run

    def scored(fold: int, **more: int) -> pd.DataFrame:
        score = 0.5 * outcome[ids[fold]] + rng.normal(0, 1, CUSTOMERS)
        return pd.DataFrame({"fold": fold} | more | {"row_id": ids[fold], "score": score})

    answers = pd.concat([scored(f) for f in range(len(ids))], ignore_index=True)
    more = {}
    if refits:
        again = [scored(f, refit=r) for r in range(1, REFITS + 1) for f in range(len(ids))]
        more["refits"] = pd.concat(again, ignore_index=True)
    name = f"classification/m{number:02d}"
    return Run(name, name, None, {}, name, "ok", answers=answers, **more)
