"""The door and the ledger: from a file of orders to features at many cutoffs, beside what was there before.

python benchmarks ledger --lines 1000000 10000000 --before ../earlier/src --polars /path/to/python
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from _results import keep
from _shop_log import draw

DATASET = "bench_log"
CUTOFFS = [f"2023-{month:02d}-01" for month in range(1, 13)] + ["2024-01-01"]
NOTES = {
    "reached, beside": "CPU seconds, the median of n processes that ran in turn (range in brackets); or MB "
    "of peak memory of the process; or an exponent",
    "door": "`crmlab tables NAME --csv FILE`: from the file to checked parquet with its fingerprint",
    "features": "31 columns of five families on orders, ledger open; numeric: those without the text mode",
    "plain": "25 columns without netting of returns, so less than the 31; scan: the columns they read, once",
    "before": "an earlier commit (here the last one before the door on DuckDB), in a process of its own",
}

THROUGH = {
    "CPU s, MB": "of one process each: seconds on the processor, and its peak memory (goal: at most 1,500 MB)"
}


def main(arguments: Sequence[str] = ()) -> None:
    """Measure every stage in processes of their own; keep the table."""
    asked = _options().parse_args(list(arguments))
    if asked.stage:
        print(json.dumps(STAGES[asked.stage](asked.file)))
        return
    with tempfile.TemporaryDirectory(prefix="crmlab-ledger-", dir=asked.folder) as folder:
        if asked.through:
            rows = [_through(Path(folder), n) for n in asked.lines]
            keep(
                "ledger_through", "Whether a file of orders goes through door and ledger", rows, notes=THROUGH
            )
            return
        rows: list[dict[str, object]] = []
        for n in asked.lines:
            rows += _of_size(Path(folder), n, asked)
            # a run that is cut short leaves the sizes that it finished
            keep(
                "ledger", "From a file of orders to features at any cutoff", rows + _growth(rows), notes=NOTES
            )


# --- the stages, each in a process of its own ----------------------------------------------------
def door(file: str) -> dict[str, object]:
    """Bring the file in."""
    from_csv = _either("crmlab.data.own_data", "crmlab.own_data").from_csv
    return _timed(lambda: from_csv(DATASET, Path(file)))


def ledger(file: str) -> dict[str, object]:
    """Code the tables and build the ledger."""
    from crmlab.history.ledger import open_ledger

    return _timed(lambda: open_ledger(DATASET))


def one(file: str, *, families: Sequence[str] | None = None, cutoffs: Sequence[str] = CUTOFFS[-1:]):
    """Compute the features of everybody at a cutoff (or several) from the ledger."""
    import datetime as dt

    from crmlab.history.ledger import open_ledger

    opened = open_ledger(DATASET)
    chosen = families or ("purchases", "basket", "rhythm", "returns", "channels")

    def compute() -> None:
        for cutoff in cutoffs:
            for family in chosen:
                opened.at(dt.datetime.fromisoformat(cutoff), family)

    return _timed(compute)


def numeric(file: str) -> dict[str, object]:
    """Compute the numeric features at a cutoff."""
    return one(file, families=("purchases", "basket", "rhythm", "returns"))


def many(file: str) -> dict[str, object]:
    """Compute the features at 13 cutoffs."""
    return one(file, cutoffs=CUTOFFS)


def families(file: str, cutoffs: Sequence[str] = CUTOFFS) -> dict[str, object]:
    """Compute the features at 13 cutoffs by the families themselves, as before."""
    import datetime as dt

    from crmlab import store

    gathering = _either("crmlab.history.gather", "crmlab.features._gather")
    chosen = ("purchases", "basket", "rhythm", "returns", "channels")

    def compute() -> None:
        engine = store.engine()
        tables = store.open_tables(DATASET, engine)
        for day in cutoffs:
            cutoff = dt.datetime.fromisoformat(day)
            known = gathering.as_known(tables, cutoff, engine)
            people = known["purchase_lines"].select("customer").distinct()
            gathering.gather(
                known, engine.to_pyarrow(people).to_pandas(), engine, cutoff=cutoff, families=chosen
            )

    return _timed(compute)


def families_once(file: str) -> dict[str, object]:
    """Compute the features at one cutoff by the families themselves."""
    return families(file, CUTOFFS[-1:])


STAGES: dict[str, Callable[[str], dict[str, object]]] = {
    "door": door,
    "ledger": ledger,
    "one": one,
    "numeric": numeric,
    "many": many,
    "families": families,
    "families_once": families_once,
}


def _either(today: str, earlier: str) -> Any:
    """Return a module that an earlier commit had by another name."""
    try:
        return importlib.import_module(today)
    except ModuleNotFoundError:
        return importlib.import_module(earlier)


def _timed(act: Callable[[], object]) -> dict[str, object]:
    """Return the CPU seconds of doing something here, and the peak memory of the process."""
    began = time.process_time()
    act()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": time.process_time() - began, "mb": peak}


def _project(folder: Path, lines: int) -> tuple[Path, Path]:
    """Return a new project for a file of so many lines, and the file."""
    project = folder / f"of_{lines}"
    project.mkdir()
    (project / "params.yaml").write_text("seed: 1\n")
    file = project / "orders.csv"
    draw(file, lines)
    return project, file


def _run(stage: str, project: Path, file: Path, source: str | None = None) -> dict[str, float]:
    """Return what a stage said of itself, run in a process with these sources (default: our own)."""
    command = [sys.executable, str(Path(__file__).parent), "ledger", "--stage", stage, "--file", str(file)]
    return _said(command, project, {"PYTHONPATH": source or str(Path(__file__).parents[1] / "src")})


def _through(folder: Path, lines: int) -> dict[str, object]:
    """Return the one row of a file that goes through door and ledger once."""
    project, file = _project(folder, lines)
    row: dict[str, object] = {"file": f"{lines:,} lines"}
    for stage in ("door", "ledger"):
        done = _run(stage, project, file)
        print(stage, done, flush=True)
        row |= {f"{stage}: CPU s": round(done["seconds"], 1), f"{stage}: MB": round(done["mb"])}
        # what follows needs the room
        file.unlink(missing_ok=True)
    return row


# --- the table -----------------------------------------------------------------------------------
def _of_size(folder: Path, lines: int, asked: argparse.Namespace) -> list[dict[str, object]]:
    """Return the rows for a file of so many lines."""
    project, file = _project(folder, lines)
    repeats, size = asked.repeats, f"{lines:,} lines"

    def run(stage: str, *, before: bool = False) -> dict[str, float]:
        return _run(stage, project, file, asked.before if before else None)

    def plain(way: str) -> dict[str, float]:
        parquet = project / "data/tables" / DATASET / "transactions.parquet"
        python = asked.polars if way == "polars" else sys.executable
        script = str(Path(__file__).with_name("_plain_features.py"))
        return _said([python, script, way, str(parquet), CUTOFFS[-1]], project, {"POLARS_MAX_THREADS": "2"})

    small = lines <= 2_000_000 and not asked.quick
    early = asked.before and lines <= 2_000_000
    doors = [(run("door"), run("door", before=True) if early else None) for _ in range(repeats)]
    built = []
    for _ in range(repeats):
        for left in (project / "data/ledgers").glob("*/contents.json"):
            left.unlink()
        built.append(run("ledger"))
    turns = [
        {
            "one": run("one"),
            "numeric": run("numeric"),
            "many": run("many"),
            "duckdb": plain("duckdb"),
            "scan": plain("scan"),
            **({"polars": plain("polars")} if asked.polars else {}),
            **({"families": run("families"), "families_once": run("families_once")} if small else {}),
            **({"before": run("families", before=True)} if asked.before and small else {}),
        }
        for _ in range(repeats)
    ]
    of = {name: [turn[name] for turn in turns] for name in turns[0]}
    of |= {"door": [new for new, _ in doors], "ledger": built}
    if doors[0][1]:
        of["door before"] = [old for _, old in doors]
    if asked.polars:
        faster = min(("duckdb", "polars"), key=lambda way: median(r["seconds"] for r in of[way]))
    else:
        faster = "duckdb"
    found = [
        _row(
            size,
            "31 features at a cutoff / the better of plain DuckDB and polars",
            "≤ 0.5",
            of,
            "one",
            faster,
        ),
        _row(size, "31 features at a cutoff / bare scan", "≤ 5 at 10 M", of, "one", "scan"),
        _row(size, "numeric features at a cutoff / bare scan", "≤ 1.5 at 10 M", of, "numeric", "scan"),
        _row(size, "door", "", of, "door"),
        _row(size, "coding and ledger", "", of, "ledger"),
    ]
    whole = [{"seconds": a["seconds"] + b["seconds"]} for a, b in zip(of["door"], of["ledger"], strict=True)]
    found.append(
        _row(size, "door, coding and ledger together, CPU s", "≤ 65 at 10 M", of | {"whole": whole}, "whole")
    )
    for stage, goal in (("door", "≤ 1.3 GB at 10 M, 1.5 GB at 100 M"), ("ledger", "≤ 1.3 GB at 10 M")):
        found.append(_row(size, f"{stage}: peak MB", goal, of, stage, unit="mb"))
    found.append(_row(size, "peak MB of 13 cutoffs / of one, ledger", "≤ 1.1", of, "many", "one", unit="mb"))
    if small:
        flat = _row(
            size,
            "peak MB of 13 cutoffs / of one, families",
            "≤ 1.1",
            of,
            "families",
            "families_once",
            unit="mb",
        )
        found.append(flat)
    if "door before" in of:
        found.append(_row(size, "door / before", "≤ 0.33 (goal 0.25)", of, "door", "door before"))
    if "before" in of:
        all_in = [
            {"seconds": a["seconds"] + b["seconds"]} for a, b in zip(of["many"], of["ledger"], strict=True)
        ]
        text = "13 cutoffs with the build / before"
        found.append(_row(size, text, "≤ 0.25", of | {"all": all_in}, "all", "before"))
    for row in found:
        print(*row.values(), flush=True)
    return found


def _row(
    size: str, what: str, goal: str, of: dict[str, list], ours: str, other: str = "", *, unit: str = "seconds"
) -> dict[str, object]:
    """Return one row: what was reached, beside what, their ratio, n and the range."""
    mine = [r[unit] for r in of[ours]]
    theirs = [r[unit] for r in of[other]] if other else []
    return {
        "file": size,
        "what": what,
        "goal": goal,
        "reached": _shown(mine),
        "beside": f"{_shown(theirs)} {other}" if theirs else "",
        "ratio": f"{median(mine) / median(theirs):.2f}" if theirs else "",
        "n": len(mine),
        "value": round(median(mine), 3),
    }


def _shown(values: list[float]) -> str:
    """Return the median and the range."""
    spread = f" ({min(values):.3g} to {max(values):.3g})" if len(values) > 1 else ""
    return f"{median(values):.3g}{spread}"


def _growth(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the exponents by which the cost of a stage grows from one size to the next."""
    import math

    found = []
    sizes = list(dict.fromkeys(row["file"] for row in rows))
    for what in ("door", "coding and ledger", "31 features at a cutoff / bare scan"):
        cost = {row["file"]: row["value"] for row in rows if row["what"] == what}
        for small, large in itertools.pairwise(sizes):
            lines = [int(size.split()[0].replace(",", "")) for size in (small, large)]
            b = math.log(cost[large] / cost[small]) / math.log(lines[1] / lines[0])
            said = {"file": f"{small} → {large}", "what": f"growth exponent: {what.split(' /')[0]}"}
            found.append(
                said | {"goal": "≤ 1.1", "reached": f"{b:.2f}", "beside": "", "ratio": "", "n": 1, "value": b}
            )
    return found


def _said(command: Sequence[str], folder: Path, surroundings: dict[str, str]) -> dict[str, float]:
    """Run a command in a folder; return the JSON of the last line that it prints."""
    done = subprocess.run(command, cwd=folder, env=os.environ | surroundings, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command[-6:])} failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def _options() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    options = argparse.ArgumentParser(prog="python benchmarks ledger")
    options.add_argument("--lines", type=int, nargs="+", default=[1_000_000])
    options.add_argument("--repeats", type=int, default=3, help="of every stage")
    options.add_argument("--through", action="store_true", help="door and ledger only, once")
    options.add_argument("--before", help="the src folder of an earlier commit, to measure beside this one")
    options.add_argument("--polars", help="a Python that has polars, to measure beside DuckDB")
    options.add_argument("--quick", action="store_true", help="without 13 cutoffs by the families themselves")
    options.add_argument("--folder", help="where the files lie meanwhile")
    options.add_argument("--stage", choices=list(STAGES), help="do this stage here and print what it cost")
    options.add_argument("--file", default="", help="of the stage")
    return options
