"""What several test files share: small problems without data files, and a package that a test may edit."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from crmlab.comparison.threads import same_digits_everywhere

same_digits_everywhere()  # before numpy is imported

import numpy as np
import pandas as pd
import pytest

from crmlab import params, registry, store
from crmlab.comparison.compare import Comparison, compare
from crmlab.comparison.run import Run
from crmlab.history.windows import Window
from crmlab.kinds import Fitting
from crmlab.problems import files, folds
from crmlab.problems.problem import Problem
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, NUMERIC, OK

# nbformat's validator would import it, for seconds (it builds 38 grammars), to check addresses, of which
# a notebook has none
sys.modules.setdefault("rfc3987_syntax", None)

pytest_plugins = ("planted",)

ROLES = {"visits": NUMERIC, "days_since_last": NUMERIC, "channel": CATEGORICAL}
ORIGINS = pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01"])


# --- small problems -----------------------------------------------------------------------------
def posed(
    rows: pd.DataFrame,
    solution: pd.DataFrame,
    split: folds.Folds,
    protocol: str,
    *,
    task: str = "churn",
    name: str = "small",
    roles: dict[str, str] = ROLES,
) -> Problem:
    """Return a problem of the given frames, with the facts that runs and scores read."""
    facts = {
        "task": task,
        "problem": name,
        "dataset": "made_up",
        "protocol": protocol,
        "horizon_days": 90,
        "n_rows": len(rows),
        "base_rate": float(solution["outcome"].mean()),
        "roles": dict(roles),
        "folds": split.facts,
        "problem_key": "none",
        "spec": {},
    }
    frames = {"rows": rows, "folds": split.frame, "solution": solution}
    facts["digest"] = files.digest(frames, facts)
    return Problem(task, name, {}, rows, split.frame, solution, facts)


def customers(n: int, *, origin: pd.Timestamp | None = None, seed: int = 1) -> pd.DataFrame:
    """Return n customers: row_id, customer, origin, three feature columns, and the solution's columns."""
    rng = generator(seed, "customers", origin)
    days = rng.uniform(0, 200, n).round()
    truth = 1 / (1 + np.exp(-(days - 100) / 25))
    outcome = (rng.random(n) < truth).astype(np.int64)
    return pd.DataFrame(
        {
            "customer": [f"c{i:04d}" for i in range(n)],
            "origin": pd.Series([origin or pd.NaT] * n, dtype="datetime64[us]"),
            "visits": rng.poisson(3, n).astype(float),
            "days_since_last": days,
            "channel": pd.Series(rng.choice(["web", "shop"], n), dtype="str"),
            "outcome": outcome,
            "value": np.where(outcome == 1, 0.0, rng.gamma(2, 30, n)),
            "purchases": np.where(outcome == 1, 0, 1 + rng.poisson(1, n)),
            "truth": truth,
        }
    )


def _parts(frame: pd.DataFrame, *, truth: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split customers into rows and solution, numbered."""
    frame.insert(0, "row_id", np.arange(len(frame), dtype=np.int64))
    outcomes = ["outcome", "value", "purchases", *(["truth"] if truth else [])]
    return frame.drop(columns=["outcome", "value", "purchases", "truth"]), frame[["row_id", *outcomes]]


def rolling_problem(*, n: int = 60, truth: bool = True, **changes: Any) -> Problem:
    """Return a rolling problem: three origins, the last two of which test."""
    frame = pd.concat([customers(n, origin=o) for o in ORIGINS], ignore_index=True)
    rows, solution = _parts(frame, truth=truth)
    windows = [Window(o.to_pydatetime(), 90) for o in ORIGINS]
    split = folds.rolling(rows["origin"], train=windows[:2], test=windows[1:])
    return posed(rows, solution, split, "rolling", **changes)


def resampled_problem(*, n: int = 60, parts: int = 3, repeats: int = 2, **changes: Any) -> Problem:
    """Return a problem of repeated cross-validation without known truth."""
    rows, solution = _parts(customers(n), truth=False)
    split = folds.cross_validation(solution["outcome"].to_numpy(), folds=parts, repeats=repeats, seed=1)
    return posed(rows, solution, split, "cross_validation", **changes)


def answered(problem: Problem, name: str, column: str = "score", **about: Any) -> Run:
    """Return the finished run of a made-up method; its answers come from `about['answer']`.

    answer: called with (fact of the window and `refit`, solution of its test rows); returns their answers.
    about: `refits`, how many there are beside the first fits (default 0), and what else the run says.
    """
    answer, refits = about.pop("answer"), about.pop("refits", 0)
    solution, parts = problem.solution.set_index("row_id"), {False: [], True: []}
    for refit, fact in itertools.product(range(refits + 1), problem.facts["folds"]):
        fold = problem.folds[(problem.folds["fold"] == fact["fold"]) & (problem.folds["part"] == "test")]
        values = answer(fact | {"refit": refit}, solution.loc[fold["row_id"]])
        place = {"fold": fact["fold"]} | ({"refit": refit} if refit else {})
        parts[refit > 0].append(pd.DataFrame(place | {"row_id": fold["row_id"].to_numpy(), column: values}))
    kept = {"label": name, "control": None, "parameters": {}, "key": name, "status": OK} | about
    first, again = (pd.concat(p, ignore_index=True) if p else None for p in parts.values())
    return Run(f"classification/{name}", answers=first, refits=again, **kept)


# --- places to work in --------------------------------------------------------------------------
ELSEWHERE = ("DVC_ROOT", "DVC_EXP_NAME", "MLFLOW_TRACKING_URI", "CRMLAB_PROGRESS")
"""Variables that would lead out of a test's own project."""


KEEPING = {
    "margin_share": 0.5,
    "customer_value": 200.0,
    "incentive_cost": 5.0,
    "contact_cost": 1.0,
    "accept_alpha": 6.0,
    "accept_beta": 14.0,
    "budget_per_1000": 100.0,
}
"""Prices of keeping customers, by the names that the churn task has for them."""


@contextmanager
def in_project(folder: Path) -> Iterator[Path]:
    """Make a folder an empty project and work in it, for the tests of a whole module."""
    (folder / store.PARAMS).write_text("seed: 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ELSEWHERE:
            patch.delenv(name, raising=False)
        yield folder


@contextmanager
def compared(folder: Path, posed: Problem, task: params.Task) -> Iterator[Comparison]:
    """Compare a task's methods on a problem, in a project of its own."""
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), {task.name: task})
    with in_project(folder):
        files.save(posed)
        yield compare(task.name, posed.name, settings=settings)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project as the current folder, apart from the one that the tests run in."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / store.PARAMS).write_text("seed: 1\n")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return folder


RUNS = """
import json, pathlib, pickle
from crmlab import store
from crmlab.params import Entry
from crmlab.comparison.run import run
from crmlab.kinds import Fitting
problem = pickle.loads(pathlib.Path("problem.pickle").read_bytes())
runs = run(problem, [Entry(m, {{}}) for m in {methods}], Fitting(**{fitting}), **{options})
print(json.dumps([
    [r.method.split("/")[1], r.status, r.reason, r.key, r.reused,
     None if r.answers is None else store.digest(r.answers)] for r in runs
]))
"""
FITTING = {f.name for f in fields(Fitting)}
FACTS_OF_RUN = ("status", "reason", "key", "reused", "digest")


class CopiedPackage:
    """A copy of the package with a project beside it, both free to edit, run in other processes."""

    def __init__(self, folder: Path) -> None:
        self.source, self.project = folder / "source" / "crmlab", folder / "copied_project"
        shutil.copytree(registry.PACKAGE, self.source)
        self.project.mkdir()
        (self.project / store.PARAMS).write_text("seed: 1\n")

    def add(self, path: str, text: str) -> None:
        """Write a file of the package, such as 'methods/classification/coin.py'."""
        (self.source / path).write_text(text, encoding="utf-8")

    def command(self, *arguments: str) -> dict[str, Any]:
        """Return what subprocess needs to run python with this package in its project."""
        changed = {"PYTHONPATH": str(self.source.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        kept = {k: v for k, v in os.environ.items() if k != "DVC_ROOT"}
        return {"args": [sys.executable, *arguments], "env": kept | changed, "cwd": self.project}

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run python with these arguments and return how it ended, whatever it was."""
        return subprocess.run(**self.command(*arguments), capture_output=True, text=True, timeout=120)

    def runs(self, problem: Problem, methods: Sequence[str], **options: Any) -> dict[str, dict[str, Any]]:
        """Run methods, with their defaults, in this package; return the facts of each run by its name."""
        self.keep(problem)
        fitting = {"seed": 1} | {name: options.pop(name) for name in FITTING & options.keys()}
        found = self.ask(RUNS.format(methods=list(methods), fitting=fitting, options=options))
        return {method: dict(zip(FACTS_OF_RUN, facts, strict=True)) for method, *facts in found}

    def keep(self, problem: Problem) -> None:
        """Write a problem to where RUNS finds it."""
        (self.project / "problem.pickle").write_bytes(pickle.dumps(problem))

    def ask(self, code: str) -> Any:
        """Run code that prints JSON as its last line, and return that."""
        ended = self.run("-c", code)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def copy_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], CopiedPackage]:
    """Return a function that makes a fresh copy of the package; fixtures of any scope may call it."""
    return lambda: CopiedPackage(tmp_path_factory.mktemp("copy"))


@pytest.fixture
def copied_package(copy_package: Callable[[], CopiedPackage]) -> CopiedPackage:
    """Return a copy of the package for one test."""
    return copy_package()


def method_file(body: str, *, imports: Sequence[str] = ()) -> str:
    """Return the text of a classification method: `body` is the inside of class Model.

    Model(seed) has fit and predict_proba unless the body says otherwise.
    """
    lines = "\n".join(f"    {line}" if line else "" for line in body.strip().splitlines())
    return "\n".join(
        [
            '"""A method for a test."""',
            "import numpy as np",
            *imports,
            "from crmlab.declare.method import method",
            "",
            "class Model:",
            "    def __init__(self, seed):",
            "        self.seed = seed",
            "    def fit(self, X, y):",
            "        return self",
            "    def predict_proba(self, X):",
            "        one = np.random.default_rng(self.seed).random(len(X))",
            "        return np.column_stack([1 - one, one])",
            lines,
            "",
            '@method(label="For a test")',
            "def make(seed: int = 0):",
            "    return Model(seed)",
            "",
        ]
    )


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Return the makers of this file: test files cannot import it."""
    return SimpleNamespace(
        rolling=rolling_problem,
        resampled=resampled_problem,
        answered=answered,
        posed=posed,
        method=method_file,
        in_project=in_project,
        compared=compared,
        KEEPING=KEEPING,
    )
