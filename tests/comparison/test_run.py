"""Runs: the same bytes however many workers, reuse by key, and every way in which a method can end."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.comparison.run import load_model, run
from crmlab.errors import DataError
from crmlab.kinds import Fitting
from crmlab.params import Entry
from crmlab.vocabulary import CRASHED, FAILED, NOT_APPLICABLE, OK, TIMED_OUT

ROSTER = [
    Entry("classification/prevalence", refits=1),
    Entry("classification/logit", {"C": 0.5}, refits=1),
    Entry("classification/forest", {"n_estimators": 5, "min_samples_leaf": 5}, refits=1),
]
THREE = Fitting(3)


# --- runs that end well -------------------------------------------------------------------------
@pytest.fixture(scope="module")
def runs(make, tmp_path_factory):
    """The same roster by two workers, again, and afresh by one worker; with a project around it."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / store.PARAMS).write_text("seed: 1\n")
    problem, said = make.rolling(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        first = run(problem, ROSTER, THREE, workers=2, progress=said.append)
        bytes_of_two = {r.key: _bytes(r.key) for r in first}
        again = run(problem, ROSTER, THREE, workers=2)
        fresh = run(problem, ROSTER, THREE, workers=1, fresh=True)
        bytes_of_one = {r.key: _bytes(r.key) for r in fresh}
        yield {
            "problem": problem,
            "first": first,
            "again": again,
            "fresh": fresh,
            "bytes": (bytes_of_two, bytes_of_one),
            "said": said,
        }


def _bytes(key: str) -> bytes:
    """Return the bytes of a run's answers."""
    return (store.run_folder(key) / "answers.parquet").read_bytes()


def test_runs_come_in_the_order_of_the_roster(runs):
    assert [r.method for r in runs["first"]] == [e.method for e in ROSTER]
    assert [r.status for r in runs["first"]] == [OK] * 3
    assert [r.control for r in runs["first"]] == ["chance", None, None]
    assert runs["first"][1].label == "Logistic regression"


def test_every_fold_is_answered_row_by_row(runs):
    problem = runs["problem"]
    tests = problem.folds[problem.folds["part"] == "test"]
    for r in runs["first"]:
        assert list(r.answers) == ["fold", "row_id", "score"]
        pd.testing.assert_frame_equal(
            r.answers[["fold", "row_id"]], tests[["fold", "row_id"]].reset_index(drop=True)
        )
        assert r.cost["fits"] == 4


def test_one_and_two_workers_give_the_same_bytes(runs):
    two, one = runs["bytes"]
    assert two == one
    assert len(two) == 3


def test_a_run_in_the_store_is_reused(runs):
    assert [r.reused for r in runs["first"]] == [False] * 3
    assert [r.reused for r in runs["again"]] == [True] * 3
    assert [r.reused for r in runs["fresh"]] == [False] * 3
    # the cost is the first fit's: nothing was fitted again
    assert [r.cost for r in runs["again"]] == [r.cost for r in runs["first"]]


def test_there_is_one_progress_line_and_it_is_cleared(runs):
    assert runs["said"][0].startswith("method 1 of 3 (classification/prevalence, classification/logit), ")
    assert runs["said"][-1] == ""


def test_a_kept_model_is_the_last_one_fitted_on_all_train_rows(runs):
    kept, problem = runs["first"][1], runs["problem"]
    model = load_model(kept.key)
    whole = max(f["fold"] for f in problem.facts["folds"])
    columns = list(problem.facts["roles"])
    own = kept.answers[kept.answers["fold"] == whole]
    np.testing.assert_array_equal(
        model.predict_proba(problem.fold(whole).test_rows[columns])[:, 1], own["score"]
    )


def test_refits_are_fitted_on_other_customers(runs):
    for r in runs["first"]:
        assert r.refits[["fold", "refit"]].drop_duplicates().to_numpy().tolist() == [[0, 1], [1, 1]]
        once, refit = (a.loc[a["fold"] == 1, "score"].to_numpy() for a in (r.answers, r.refits))
        assert not np.array_equal(once, refit)


@pytest.fixture
def keep_whole(runs):
    """Put the first run's files back after a test that damages them."""
    folder = store.run_folder(runs["first"][0].key)
    kept = {file: file.read_bytes() for file in folder.iterdir()}
    yield folder
    for file, content in kept.items():
        file.write_bytes(content)


def test_a_changed_model_is_refused(runs, keep_whole):
    # a pickle runs code when it is read: it must be refused before that
    (keep_whole / "model.pickle").write_bytes(pickle.dumps(Explosive()))
    with pytest.raises(DataError, match=r"model of run \w+ is not the one that was written: run .*--fresh"):
        load_model(runs["first"][0].key)


class Explosive:
    """Fails the test when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a changed pickle was read",)


def test_a_run_without_a_model_file_is_no_run(runs, keep_whole):
    (keep_whole / "run.json").unlink()
    with pytest.raises(DataError, match=r"run.json is missing"):
        load_model(runs["first"][0].key)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda f: store.write_frame(f, pd.read_parquet(f).assign(score=0.5)),
            "not the ones that were written",
        ),
        (lambda f: f.write_bytes(f.read_bytes()[:100]), r"answers.parquet cannot be read"),
        (lambda f: (f.parent / "run.json").write_text('{"run_'), r"run.json is not JSON"),
    ],
)
def test_damaged_answers_are_refused(runs, keep_whole, damage, message):
    damage(keep_whole / "answers.parquet")
    with pytest.raises(DataError, match=message) as caught:
        run(runs["problem"], ROSTER[:1], THREE)
    assert "--fresh" in str(caught.value)


# --- runs that do not ---------------------------------------------------------------------------
RECORDING = """
def fit(self, X, y):
    self.record('fit', X, y)
    return self
def predict_proba(self, X):
    self.record('predict', X)
    return np.full((len(X), 2), 0.5)
def record(self, *received):
    number = len(list(pathlib.Path('.').glob('received.*')))
    pathlib.Path(f'received.{number}').write_bytes(pickle.dumps(received))
"""
HIDDEN = {"value": 987654.25, "purchases": 424242, "truth": 0.123456789}
"""What only scoring may read, as values that occur nowhere else."""

ENDINGS = {
    "good": "",
    "raises": "def fit(self, X, y):\n    raise RuntimeError('no luck\\ntoday')",
    "rambles": "def fit(self, X, y):\n    raise ValueError('why ' * 500)",
    "declines": "def fit(self, X, y):\n    raise NotApplicable('needs the moon')",
    "wanders": "def fit(self, X, y):\n    raise DidNotConverge('still climbing')",
    "exits": "def fit(self, X, y):\n    os._exit(3)",
    "exits_with_words": "def fit(self, X, y):\n    print('out of luck', flush=True)\n    os._exit(4)",
    "leaves": "def fit(self, X, y):\n    sys.exit('done')",
    "is_killed": "def fit(self, X, y):\n    os.kill(os.getpid(), signal.SIGKILL)",
    "sleeps": "def fit(self, X, y):\n    time.sleep(600)",
    "prints": "def fit(self, X, y):\n    print('x' * 10**5)\n    os.write(1, b'y' * 10**5)\n    return self",
    "nans": "def predict_proba(self, X):\n    return np.full((len(X), 2), np.nan)",
    "is_short": "def predict_proba(self, X):\n    return np.full((len(X) - 1, 2), 0.5)",
    "cannot_be_kept": "def fit(self, X, y):\n    self.rule = lambda x: x\n    return self",
    "records": RECORDING,
    "last": "",
}


WHOLE = ["good", "prints", "records", "last"]


@pytest.fixture(scope="module")
def endings(copy_package, make):
    """One call of run over methods that end in every way, by name; what one was handed; the store."""
    package, problem = copy_package(), make.rolling()
    problem.solution[list(HIDDEN)] = list(HIDDEN.values())
    problem.rows["visits"] = problem.rows["row_id"].astype(float)  # tells the rows apart
    imports = [
        "import os, pathlib, pickle, signal, sys, time",
        "from crmlab.errors import NotApplicable",
        "from crmlab.maths.convergence import DidNotConverge",
    ]
    for name, body in ENDINGS.items():
        package.add(f"methods/classification/{name}.py", make.method(body, imports=imports))
    package.add("methods/classification/breaks.py", make.method("", imports=["1 / 0"]))
    methods = [f"classification/{name}" for name in (*ENDINGS, "breaks")]
    found = package.runs(problem, methods, seconds_per_run=3.0)
    kept = package.project / "experiments" / "store"
    received = [f.read_bytes() for f in sorted(package.project.glob("received.*"))]
    return found | {"problem": problem, "received": received, "store": {p.name for p in kept.iterdir()}}


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("raises", FAILED, "RuntimeError: no luck today"),
        ("rambles", FAILED, "ValueError: " + "why " * 71 + "wh …"),
        (
            "breaks",
            FAILED,
            "source/crmlab/methods/classification/breaks.py, line 3: ZeroDivisionError: division by zero. "
            "Mend the file, and start again",
        ),
        ("declines", NOT_APPLICABLE, "needs the moon"),
        ("wanders", "did_not_converge", "still climbing"),
        ("exits", CRASHED, "the process died (exit code 3)"),
        ("exits_with_words", CRASHED, "the process died (exit code 4): out of luck"),
        ("leaves", CRASHED, "the process died (exit code 1): done"),
        ("is_killed", CRASHED, "the process died (signal 9)"),
        ("sleeps", TIMED_OUT, "stopped after the limit of 3 s"),
        ("nans", FAILED, "ValueError: classification/nans answered score with 60 missing values"),
        ("is_short", FAILED, "ValueError: classification/is_short answered 59 rows of 60"),
    ],
)
def test_a_run_that_does_not_end_well_is_a_row_with_its_reason(endings, name, status, reason):
    assert (endings[name]["status"], endings[name]["reason"]) == (status, reason)
    assert endings[name]["key"] not in endings["store"]


def test_a_model_that_cannot_be_kept_is_a_failure(endings):
    assert endings["cannot_be_kept"]["status"] == FAILED
    assert "pickle" in endings["cannot_be_kept"]["reason"]


@pytest.mark.parametrize("name", WHOLE)
def test_the_other_methods_finish(endings, name):
    assert endings[name]["status"] == OK
    assert endings[name]["key"] in endings["store"]


def test_the_store_holds_whole_runs_only(endings):
    assert endings["store"] == {endings[name]["key"] for name in WHOLE}


# --- what a method is handed --------------------------------------------------------------------
def test_a_method_is_never_handed_the_solution(endings):
    problem, files = endings["problem"], endings["received"]
    received = [pickle.loads(content) for content in files]
    assert [r[0] for r in received] == ["fit", "predict"] * 2
    outcome = problem.solution["outcome"].to_numpy()
    for (_, train, y), (_, test) in zip(received[::2], received[1::2], strict=True):
        assert list(train) == list(test) == ["visits", "days_since_last", "channel"]
        trained_on, tested_on = (set(frame["visits"].astype(int)) for frame in (train, test))
        assert not trained_on & tested_on
        np.testing.assert_array_equal(y, outcome[train["visits"].astype(int)])
        earlier = problem.rows.loc[problem.rows["row_id"].isin(trained_on), "origin"].max()
        assert earlier < problem.rows.loc[problem.rows["row_id"].isin(tested_on), "origin"].min()
    for value in HIDDEN.values():
        assert np.asarray(value).tobytes() not in b"".join(files)


# --- a parent that dies -------------------------------------------------------------------------
SLOW = """
def fit(self, X, y):
    pathlib.Path(f'started.{os.getpid()}').touch()
    while not pathlib.Path('go').exists():
        time.sleep(0.01)
    return self
"""


def test_a_parent_killed_in_the_middle_leaves_nothing_half_written(copied_package, make):
    package, problem = copied_package, make.rolling()
    package.add("methods/classification/slow.py", make.method(SLOW, imports=["import os, pathlib, time"]))
    package.keep(problem)
    code = (
        "import pathlib, pickle\n"
        "from crmlab.params import Entry\nfrom crmlab.kinds import Fitting\n"
        "from crmlab.comparison.run import run\n"
        "problem = pickle.loads(pathlib.Path('problem.pickle').read_bytes())\n"
        "run(problem, [Entry('classification/slow')], Fitting(1))\n"
    )
    parent = subprocess.Popen(**package.command("-c", code), stderr=subprocess.DEVNULL)
    worker = _wait_for(lambda: next(package.project.glob("started.*"), None))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    kept = package.project / "experiments" / "store"
    assert not kept.exists()

    # the orphan ends by itself, though its fit would go on for ever
    _wait_for(lambda: _has_ended(int(worker.suffix[1:])))
    assert not kept.exists()
    (package.project / "go").touch()
    again = package.runs(problem, ["classification/slow"])
    assert again["slow"]["status"] == OK


def _wait_for(what, seconds: float = 60.0):
    """Return what a call gives once it gives something."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found


def _has_ended(pid: int) -> bool:
    """Tell whether a process has ended, also where nobody has collected it."""
    try:
        os.kill(pid, 0)
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return True


# --- a source that changes ----------------------------------------------------------------------
EDITS_ITSELF = """
def fit(self, X, y):
    source = pathlib.Path(harness.__file__)
    source.write_text(source.read_text() + '\\nA_WORD = 1\\n')
    return self
"""


def test_a_run_during_which_a_source_changed_is_not_kept(copied_package, make):
    """The answers may be the new code's, and the key names the old one."""
    imports = ["import pathlib", "from crmlab.comparison import harness"]
    copied_package.add("methods/classification/edits.py", make.method(EDITS_ITSELF, imports=imports))
    found = copied_package.runs(make.rolling(), ["classification/edits"])["edits"]
    assert found["status"] == FAILED
    assert "harness.py was changed" in found["reason"]
    assert not (copied_package.project / "experiments" / "store").exists()
