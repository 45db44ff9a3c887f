"""What churn and value cost from tables to scores: real data, and a large simulated shop."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import yaml
from _results import keep

from crmlab import store
from crmlab.comparison.compare import compare
from crmlab.data import tables
from crmlab.datasets import demo_shop
from crmlab.problems import on_demand
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate

SIMULATED = "demo_shop"
VISITORS_PER_CUSTOMER = 5.2
"""By the simulator's defaults: about 193 of 1,000 visitors buy."""

SECONDS_APART = 0.2
"""How often memory is looked at."""

NOTES = {
    "CPU s": "of the stage with the processes that it started",
    "peak MiB": "of the stage's processes together (a comparison: one and two workers), every .2 seconds",
    "customers": "of the tables: all who bought; of a problem: those who had bought before its last cutoff",
    "comparison": "every method of the problem's roster in params.yaml, nothing reused, with refits, "
    "scoring, intervals and all pairs; no notebook. The simulated shop has the whole roster in the sizes of "
    "the real data, not the shorter one of the embedded default",
}


def main(arguments: Sequence[str] = ()) -> None:
    """Measure each stage in a process of its own, in a project of its own; keep the table."""
    asked = _options().parse_args(list(arguments))
    if asked.stage:
        print(json.dumps(stage(asked.stage, asked.task, asked.problem, asked.customers)))
        return
    rows = [row for problem in asked.problems for row in whole(problem, asked.tasks, asked.customers)]
    keep("churn", "Churn and value, the whole way", rows, notes=NOTES)


def whole(problem: str, tasks: Sequence[str], customers: int) -> list[dict[str, object]]:
    """Return a row per stage of one problem's way, and one for the comparison of each task."""
    with tempfile.TemporaryDirectory(prefix="crmlab-churn-") as folder:
        project = Path(folder)
        settings = yaml.safe_load((store.project() / store.PARAMS).read_text(encoding="utf-8"))
        # what is asked is how long it takes, not whether it keeps the limit
        settings["limits"]["seconds_per_run"] = 7200
        for task in tasks:
            settings["problems"][f"{task}-{SIMULATED}"] |= {"without": [], "overrides": {}}
        (project / store.PARAMS).write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        stages = [(task, name) for task in tasks for name in ("problem", "comparison")]
        if problem == SIMULATED:
            stages = [("", "tables"), *stages]
        else:
            place = project / store.tables_folder(problem).relative_to(store.project())
            place.parent.mkdir(parents=True)
            place.symlink_to(store.tables_folder(problem))
            fingerprint = project / store.fingerprint_file(problem).relative_to(store.project())
            fingerprint.parent.mkdir(parents=True, exist_ok=True)
            fingerprint.write_bytes(store.fingerprint_file(problem).read_bytes())
        return [measured(project, name, task, problem, customers) for task, name in stages]


def measured(project: Path, name: str, task: str, problem: str, customers: int) -> dict[str, object]:
    """Return one row: what a stage says of itself, and its CPU seconds and memory."""
    command = [sys.executable, str(Path(__file__).parent), "churn", "--stage", name, "--task", task]
    command += ["--problem", problem, "--customers", str(customers)]
    ended, peak = threading.Event(), [0]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as child:
        watcher = threading.Thread(target=watch, args=(child.pid, ended, peak))
        watcher.start()
        printed = child.stdout.read()
        ended.set()
        watcher.join()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{name} of {task} {problem} ended with exit code {child.returncode}")
    said = json.loads(printed.splitlines()[-1])
    row = {
        "problem": problem,
        "stage": f"{name} {task}".strip(),
        "customers": said["customers"],
        "rows": said["rows"],
        "CPU s": round(used.ru_utime + used.ru_stime, 1),
        "peak MiB": round(peak[0] / 2**20),
        "slowest": said.get("slowest", ""),
    }
    print(*row.values(), flush=True)
    return row


def watch(pid: int, ended: threading.Event, peak: list[int]) -> None:
    """Keep in `peak` the most bytes that a process and its descendants held together, sampled."""
    while not ended.wait(SECONDS_APART):
        held = 0
        for process in family(pid):
            with contextlib.suppress(psutil.Error):
                held += process.memory_info().rss
        peak[0] = max(peak[0], held)


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants, none where it has ended."""
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def stage(name: str, task: str, problem: str, customers: int) -> dict[str, object]:
    """Do one stage here and return how much there was of what."""
    if name == "tables":
        shop = simulate(Shop(visitors=round(VISITORS_PER_CUSTOMER * customers)), seed=demo_shop.SEED)
        demo_shop._simulated = lambda: shop
        tables.make_tables(problem)
        lines = shop.tables["transactions"]
        return {"customers": int(lines["customer"].nunique()), "rows": len(lines)}
    if name == "problem":
        made = on_demand.posed(task, problem)
        return {"customers": int(made.rows["customer"].nunique()), "rows": len(made.rows)}
    comparison = compare(task, problem, fresh=True)
    costs = comparison.costs()
    comparison.save()
    failed = costs.loc[~costs["status"].isin(["ok", "not_applicable"])]
    if len(failed):
        sys.exit(f"not every method ended: {failed.to_dict('records')}")
    costs = costs.dropna(subset=["cpu_seconds"]).sort_values("cpu_seconds", ascending=False)
    slowest = ", ".join(f"{c.Method} {c.cpu_seconds:.0f} s" for c in costs.head(3).itertuples())
    rows = comparison.problem.rows
    return {
        "customers": int(rows["customer"].nunique()),
        "rows": len(rows),
        "slowest": slowest,
    }


def _options() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    options = argparse.ArgumentParser(prog="python benchmarks churn")
    options.add_argument("--problems", nargs="+", default=["online_retail_ii", SIMULATED])
    options.add_argument("--tasks", nargs="+", default=["churn", "value"])
    options.add_argument("--customers", type=int, default=200_000, help="of the simulated shop, about")
    options.add_argument("--stage", help="do this stage here and print what there was")
    options.add_argument("--task", default="churn")
    options.add_argument("--problem", default=SIMULATED)
    return options
