"""The way of one question in a clone of its own: once, again, changed, killed half way, asked for nonsense.

One clone serves all tests; each leaves it as the first `dvc repro` left it. That every stage of the embedded
default gives what is committed, and runs once, is asked by .ci/run of the repository itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from clone import Clone

pytestmark = pytest.mark.slow

STAGE = "comparison@churn-demo_shop"
SCORES = "experiments/scores/churn/demo_shop.json"
PREDICTIONS = "experiments/predictions/churn/demo_shop.parquet"
NOTEBOOK = "experiments/notebooks/churn/demo_shop.ipynb"
OUTPUTS = (SCORES, PREDICTIONS, NOTEBOOK)
WAY = ("sources", "fetch@demo_shop", "tables@demo_shop", "problem@churn-demo_shop", STAGE)
"""The stages behind the churn comparison, by themselves, as `make reproduce` asks for all."""


class Pipeline(Clone):
    """A clone in which the churn comparison of the embedded data set is looked at."""

    def restore(self) -> None:
        """Bring back what the last commit holds, with the outputs that belong to it."""
        self.run("git", "checkout", "--quiet", "--", ".")
        self.run("git", "clean", "--quiet", "--force", "-d")
        self.run(
            "dvc", "checkout", "--quiet", "--force", STAGE, "problem@churn-demo_shop", "tables@demo_shop"
        )

    def edit(self, old: str, new: str, path: str = "params.yaml") -> None:
        """Replace the only place in a file that reads `old`."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert len(re.findall(old, text)) == 1, f"{old} in {path}"
        (self.folder / path).write_text(re.sub(old, new, text), encoding="utf-8")

    def bytes(self, *paths: str) -> list[bytes]:
        """Return the content of files."""
        return [(self.folder / path).read_bytes() for path in paths]

    def scores(self) -> dict:
        """Return the churn scores."""
        return json.loads((self.folder / SCORES).read_text(encoding="utf-8"))

    def kept_runs(self) -> set[str]:
        """Return the keys in the run store."""
        return {p.parent.name for p in (self.folder / "experiments" / "store").glob("[!.]*/run.json")}

    def fitted_since(self, runs: set[str]) -> list[str]:
        """Return the methods of the kept runs that are not among `runs`."""
        store = self.folder / "experiments" / "store"
        new = sorted(self.kept_runs() - runs)
        return [json.loads((store / key / "run.json").read_text(encoding="utf-8"))["method"] for key in new]

    def champions(self) -> list[tuple]:
        """Return where the aliases of registered models stand."""
        with sqlite3.connect(f"file:{self.folder / 'mlflow.db'}?mode=ro", uri=True) as store:
            return sorted(store.execute("select name, alias, version from registered_model_aliases"))

    def processes(self, word: str) -> list[int]:
        """Return the processes that work in this clone and whose command has a word in it."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                here = (path / "cwd").readlink() == self.folder
                if here and word in (path / "cmdline").read_text().split("\0"):
                    found.append(int(path.name))
            except OSError:
                continue  # it has ended meanwhile, or is another user's
        return sorted(found)


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    """The clone after the stages of the churn comparison, and what git then said."""
    clone = Pipeline(tmp_path_factory.mktemp("pipeline") / "clone")
    clone.run("crmlab", "params")
    clone.run("dvc", "repro", "--single-item", *WAY)
    changed = clone.run("git", "status", "--porcelain")
    clone.commit("As the pipeline made it")
    return clone, changed


@pytest.fixture
def clone(reproduced):
    """The clone, left as it was found."""
    found, _ = reproduced
    yield found
    found.restore()


# --- once and again -----------------------------------------------------------------------------
def test_the_committed_numbers_come_out(reproduced):
    _, changed = reproduced
    assert changed == ""


def test_a_second_time_no_stage_runs(clone):
    said = clone.run("dvc", "repro", "--single-item", *WAY)
    assert "up to date" in said
    assert "Running stage" not in said


def test_fresh_fits_by_one_worker_give_what_two_gave(clone):
    before, story = clone.bytes(SCORES, PREDICTIONS), cells(clone)
    fitted = {p: p.stat().st_mtime_ns for p in (clone.folder / "experiments/store").glob("*/run.json")}
    clone.edit("workers: 2", "workers: 1")
    clone.run("crmlab", "notebook", "churn", "demo_shop", "-p", "fresh=True")
    assert clone.bytes(SCORES, PREDICTIONS) == before
    assert cells(clone) == story
    refitted = [p.parent.name for p, when in fitted.items() if p.stat().st_mtime_ns > when]
    assert sorted(refitted) == sorted(run_keys(clone.scores()))


def cells(clone):
    """Return the cells of the executed notebook but that with the parameters, which say `fresh`."""
    notebook = json.loads((clone.folder / NOTEBOOK).read_text(encoding="utf-8"))
    return [c for c in notebook["cells"] if "injected-parameters" not in c["metadata"].get("tags", [])]


def run_keys(scores):
    """Return the keys of the runs that were fitted; the oracle is not."""
    return [m["run_key"] for m in scores["methods"].values() if m["control"] != "oracle"]


# --- a change re-runs exactly what it touches ---------------------------------------------------
TWICE = ["classification/logit"] * 2
"""A changed method is fitted for the comparison, and once more for its cells in time."""


def test_an_experiment_fits_one_method_and_moves_no_champion(clone):
    runs, champions = clone.kept_runs(), clone.champions()
    assert champions
    clone.run("dvc", "exp", "run", "-S", "churn.methods.classification.logit.C=0.5", STAGE)
    assert clone.fitted_since(runs) == TWICE
    assert clone.champions() == champions
    assert "auc" in clone.run("dvc", "exp", "show", "--csv")
    assert "auc" in clone.run("dvc", "metrics", "diff")
    assert "0.5" in clone.run("dvc", "params", "diff")
    drawn = clone.run("dvc", "plots", "diff", "--json", "HEAD")
    assert "classification/logit" in drawn


def test_a_queued_experiment_finds_the_store_of_the_clone(clone):
    runs, champions = clone.kept_runs(), clone.champions()
    clone.run("dvc", "exp", "run", "--queue", "-S", "churn.methods.classification.logit.C=0.25", STAGE)
    clone.run("dvc", "exp", "run", "--run-all")
    assert clone.fitted_since(runs) == TWICE
    assert clone.champions() == champions


def test_a_price_scores_again_and_fits_nothing(clone):
    runs, before = clone.kept_runs(), clone.scores()
    clone.edit(r"contact_cost: 1\.0, accept_alpha", "contact_cost: 2.5, accept_alpha")
    clone.run("dvc", "repro", STAGE)
    after = clone.scores()
    assert clone.kept_runs() == runs
    assert after["score_key"] != before["score_key"]
    assert run_keys(after) == run_keys(before)
    profit = [
        s["methods"]["classification/logit"]["scores"]["churn_profit"]["value"] for s in (before, after)
    ]
    assert profit[1] < profit[0]


# --- killed half way ----------------------------------------------------------------------------
def begun_afresh(clone):
    """Start the stage with an empty run store; return the process once the first method is done."""
    shutil.rmtree(clone.folder / "experiments" / "store", ignore_errors=True)
    process = clone.start("dvc", "repro", "--force", "--single-item", STAGE)
    wait_until(lambda: clone.kept_runs() or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    return process


def wait_until(true, *, seconds=120):
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_killed_stage_runs_again_without_cleaning_up(clone):
    before = clone.bytes(*OUTPUTS)
    process = begun_afresh(clone)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    # the notebook's kernel is of another group: it notices by itself, and its workers after it
    wait_until(lambda: not clone.processes("crmlab.comparison.worker"))
    assert len(clone.kept_runs()) < len(run_keys(clone.scores()))
    clone.run("dvc", "repro", STAGE)
    assert clone.bytes(*OUTPUTS) == before
    assert clone.run("git", "status", "--porcelain") == ""


def test_a_killed_worker_is_a_row_and_the_next_run_fits_what_is_missing(clone):
    before = clone.bytes(*OUTPUTS)
    process = begun_afresh(clone)
    os.kill(clone.processes("crmlab.comparison.worker")[0], signal.SIGKILL)
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    [crashed] = [m for m in clone.scores()["methods"].values() if m["status"] == "crashed"]
    assert "signal 9" in crashed["reason"]
    clone.run("dvc", "repro", "--force", "--single-item", STAGE)
    assert clone.bytes(*OUTPUTS) == before


# --- bad input ----------------------------------------------------------------------------------
MISTAKES = {
    "parameter": (r"hiatus: \{column", "hiatus: {colum", "Did you mean 'column'"),
    "method": (r"hiatus: \{", "hiatsu: {", "Did you mean 'classification/hiatus'"),
    "metric": (r"calibration_error, churn_profit", "calibration_eror, churn_profit", "'calibration_error'"),
    "dataset": (
        r"problem: telco_churn\n    dataset: telco_churn",
        "problem: telco_churn\n    dataset: telco_chrun",
        "Did you mean 'telco_churn'",
    ),
    "key": (r"replicates: 1000", "replicate: 1000", "Did you mean 'replicates'"),
    "type": (r"level: 0\.95", "level: high", "is str, not a number"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_params_stops_before_anything_runs(clone, mistake):
    old, new, said = MISTAKES[mistake]
    runs, before = clone.kept_runs(), clone.bytes(SCORES)
    clone.edit(old, new)
    for command in (("crmlab", "params"), ("crmlab", "notebook", "churn", "demo_shop")):
        answer = clone.run(*command, code=2)
        assert said in answer
        assert "Traceback" not in answer
    assert (clone.kept_runs(), clone.bytes(SCORES)) == (runs, before)
    assert clone.run("git", "status", "--porcelain").split() == ["M", "params.yaml"]


def test_a_mistake_fails_the_stage_and_the_next_run_is_whole(clone):
    before = clone.bytes(*OUTPUTS)
    clone.edit(r"pareto_nbd: \{\}", "pareto_nbdd: {}")
    process = clone.start("dvc", "repro", STAGE)
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "Did you mean 'lifetime/pareto_nbd'" in said
    clone.run("git", "checkout", "--quiet", "--", "params.yaml")
    clone.run("dvc", "repro", STAGE)
    assert clone.bytes(*OUTPUTS) == before


def test_missing_tables_are_named_with_the_command_that_makes_them(clone):
    shutil.rmtree(clone.folder / "data" / "tables" / "demo_shop")
    said = clone.run("crmlab", "problem", "churn", "demo_shop", code=1)
    assert "run `crmlab tables demo_shop` first" in said
    assert "Traceback" not in said
    assert clone.run("git", "status", "--porcelain") == ""
