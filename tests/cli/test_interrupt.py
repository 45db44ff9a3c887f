"""A signal in the middle of work: one line, the exit code that shells expect, and no process left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from crmlab import store
from crmlab.cli import interrupt
from crmlab.comparison.committed import FORMAT
from crmlab.params.checking import TOP_KEYS
from crmlab.problems.on_demand import posed
from crmlab.store.seal import sealed

PARAMS = Path(__file__).parents[2] / "params.yaml"
SECONDS = 12
"""Within which a command must have ended, and all that it started."""

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def every_signal(quick: signal.Signals) -> list:
    """Return the signals as parameters: one handler takes them all, so one is enough for the default tier."""
    return [each if each == quick else pytest.param(each, marks=pytest.mark.slow) for each in SIGNALS]


ENDLESS = "import pathlib\npathlib.Path('begun').touch()\nwhile True: pass"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a project whose only method fits for minutes, with committed scores, and a notebook likewise."""
    folder = tmp_path_factory.mktemp("interrupted")
    content = yaml.safe_load(PARAMS.read_text())
    content = {k: v for k, v in content.items() if k in TOP_KEYS or k == "churn"}
    content["churn"]["methods"] = {"classification": {"forest": {"n_estimators": 100_000}}}
    content |= {
        "problems": {"churn-telco_churn": content["problems"]["churn-telco_churn"]},
        "pages": {},
        "beside": {},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    (folder / "notebooks").mkdir()
    parameters = new_code_cell('problem = "all"', metadata={"tags": ["parameters"]})
    endless = new_notebook(cells=[parameters, new_code_cell(ENDLESS)])
    nbformat.write(endless, folder / "notebooks" / "endless.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        random = np.random.default_rng(3)
        labelled = pd.DataFrame(
            {
                "row_id": [f"{n:04d}" for n in range(400)],
                "outcome": random.integers(0, 2, 400),
                "period": pd.Series([None] * 400, dtype="Int64"),
                "tenure": random.gamma(2.0, 12.0, 400),
            }
        )
        store.write_frame(store.tables_folder("telco_churn") / "labelled.parquet", labelled)
        described = {"labelled": {"digest": store.digest(labelled), "roles": {"tenure": "numeric"}}}
        facts = {"dataset": "telco_churn", "barred": {}, "span": None, "tables": described}
        store.write_json(store.fingerprint_file("telco_churn"), facts)
        posed("churn", "telco_churn")
        verdict = {"champion": None, "chosen": None, "lead_is_real": False, "contenders": [], "sentences": []}
        record = sealed(
            {
                "format": FORMAT,
                "methods": {},
                "differences": [],
                "verdict": verdict,
                "money": None,
                "summary": {},
            }
        )
        store.write_json(store.scores_file("churn", "telco_churn"), record)
    return folder


def children(of: int) -> set[int]:
    """Return all processes that a process has started, and those that they have."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    found = {of}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {of}


def alive(process: int) -> bool:
    """Say whether a process runs, as anything but a corpse that nobody has collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(true, *, seconds: float = 60) -> None:
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def started(project: Path, *words: str) -> subprocess.Popen:
    """Start a command in the project."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DVC_ROOT", "CRMLAB_PROGRESS")}
    return subprocess.Popen(
        [sys.executable, "-m", "crmlab.cli", *words],
        cwd=project,
        env=kept | {"OPENBLAS_CORETYPE": "Haswell"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeding_signals,
    )


def heeding_signals() -> None:
    """Let a child heed the signals that this process ignores, as it does under nohup or in the background."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)


def fits(process: subprocess.Popen) -> bool:
    """Say whether a command's workers have used a second of the processor, which is after their imports."""
    if process.poll() is not None:
        raise AssertionError(process.communicate())
    ticks = 0
    for child in children(process.pid):
        if "crmlab.comparison.worker" in Path(f"/proc/{child}/cmdline").read_text():
            ticks += int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11])
    return ticks > 3 * os.sysconf("SC_CLK_TCK")


def ended_by(process: subprocess.Popen, sent: signal.Signals) -> str:
    """Send a signal; return what the command said once it has ended with its code, and all it started."""
    begun = children(process.pid)
    assert begun
    process.send_signal(sent)
    try:
        out, said = process.communicate(timeout=SECONDS)
    finally:  # one that did not end would hold its lock against the next test
        process.kill()
    wait_until(lambda: not [child for child in begun if alive(child)], seconds=SECONDS)
    assert out == ""
    assert process.returncode == 128 + sent
    return said


def is_free(lock: Path) -> bool:
    """Say whether nobody holds a lock."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


@pytest.mark.parametrize("sent", every_signal(signal.SIGTERM))
def test_a_comparison_ends_with_its_workers(project, sent):
    process = started(project, "compare", "churn", "telco_churn", "--fresh")
    wait_until(lambda: fits(process))
    assert ended_by(process, sent) == f"crmlab: stopped by {sent.name}\n"
    assert is_free(project / "experiments" / "locks" / "run.churn.telco_churn.lock")
    assert not list(project.rglob("*.part"))


def test_a_check_that_was_interrupted_has_not_held(project):
    process = started(project, "verify")
    wait_until(lambda: fits(process))
    assert ended_by(process, signal.SIGINT) == "crmlab: stopped by SIGINT\n"


@pytest.mark.parametrize("sent", every_signal(signal.SIGHUP))
def test_a_notebook_ends_with_its_kernel(project, sent):
    begun = project / "begun"
    begun.unlink(missing_ok=True)
    process = started(project, "notebook", "endless")
    wait_until(begun.exists)
    assert ended_by(process, sent) == f"crmlab: stopped by {sent.name}\n"
    assert is_free(project / "experiments" / "locks" / "notebook.endless.all.lock")
    assert not (project / "experiments" / "notebooks").exists()


# --- the handler itself -------------------------------------------------------------------------
DEAF = """
import os, signal, sys, time
from crmlab.cli import interrupt

def deaf():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    except interrupt.Interrupted:
        {goes_on}
    return 0

interrupt.PATIENCE = 1.0
sys.exit(interrupt.guarded(deaf))
"""


@pytest.mark.parametrize("goes_on", ["pass", "raise RuntimeError('Query interrupted')", "time.sleep(60)"])
def test_a_command_that_swallows_the_signal_has_not_succeeded(goes_on):
    command = [sys.executable, "-c", DEAF.format(goes_on=goes_on)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (143, "crmlab: stopped by SIGTERM\n")


def test_without_a_signal_handlers_and_errors_are_as_before():
    before = [signal.getsignal(each) for each in interrupt.ENDING]
    assert interrupt.guarded(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        interrupt.guarded(lambda: 1 // 0)
    assert [signal.getsignal(each) for each in interrupt.ENDING] == before
