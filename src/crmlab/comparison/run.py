"""Runs: every method of a roster on one problem, in two long-lived workers, kept by key.

A run whose key is in the store is reused. One that crashes, takes too long, fails or does not
apply is a row with its reason, and stops nobody else.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

import pandas as pd

from crmlab import registry, store
from crmlab.comparison import keys, oracle_lists
from crmlab.comparison.threads import ONE_THREAD
from crmlab.errors import DataError, UsageError
from crmlab.kinds import Fitting
from crmlab.params import Entry
from crmlab.store.seal import is_whole
from crmlab.vocabulary import CRASHED, OK, TIMED_OUT

MADE_BY = "crmlab compare TASK PROBLEM --fresh"


@dataclass(frozen=True)
class Run:
    """One method on one problem: what it was, how it ended, what it answered, what it cost."""

    method: str
    label: str
    control: str | None
    parameters: dict[str, Any]
    key: str
    status: str
    reason: str = ""
    answers: pd.DataFrame | None = None
    cost: dict[str, float] | None = None
    reused: bool = False
    details: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """What each fold's model says of its own fit, by fold."""
    refits: pd.DataFrame | None = None
    """The answers of refits on bootstrap samples of the customers (fold, refit, row_id, ...)."""
    inner: pd.DataFrame | None = None
    """Scores of inner hold-out rows of the train part (fold, row_id, score), where the task asks for them."""

    @property
    def note(self) -> str:
        """What the last window's model says of itself in one sentence, or nothing."""
        return self.details[max(self.details)].get("note", "") if self.details else ""

    @property
    def kind(self) -> str:
        """The folder that the method lies in."""
        return self.method.split("/")[0]


def run(
    problem: Any,
    roster: Sequence[Entry],
    fitting: Fitting,
    *,
    workers: int = 2,
    seconds_per_run: float = 600.0,
    fresh: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Run]:
    """Run every method of the roster on a problem; return one Run per entry, in roster order.

    Where the task asks for lists and the shop's true affinities are known, the oracle's run comes last.
    fresh: refit everything, also what the store holds. progress: is told one line per change.
    """
    surroundings = keys.environment()
    jobs = [
        {
            "key": keys.run_key(
                problem.facts["digest"], e.method, e.parameters, fitted, environment=surroundings
            ),
            "method": e.method,
            "parameters": dict(e.parameters),
            "fitting": fitted,
        }
        for e in roster
        for fitted in [e.fitting(fitting)]
    ]
    # two commands on one problem do not fit the same methods at the same time
    with store.locked(f"run.{problem.task}.{problem.name}"):
        waiting = [job for job in jobs if fresh or not _kept(job["key"])]
        records = _work_off(problem, waiting, workers, seconds_per_run, progress) if waiting else {}
    return [
        *(_finished(job, records.get(job["key"])) for job in jobs),
        *oracle_lists.runs(problem, roster, Run),
    ]


def load_model(key: str) -> Any:
    """Return the model of a kept run.

    The store holds our own pickles; one whose SHA-256 differs from its record is refused.
    Raises DataError when the run is not in the store or a file of it was changed.
    """
    record = _read_record(key)
    path = store.run_folder(key) / "model.pickle"
    if not path.is_file():
        raise DataError(f"{store.show(path)} is missing: run `{MADE_BY}`")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != record["model_sha256"]:
        raise _changed("the model", key)
    return pickle.loads(content)


def _read_record(key: str) -> dict[str, Any]:
    """Return what run.json says of a kept run: cost, details, and the digests of the other files.

    Raises DataError where it is missing or was changed.
    """
    record = store.read_json(store.run_folder(key) / "run.json", made_by=MADE_BY)
    if not is_whole(record):
        raise _changed("the record", key)
    return record


def _read_answers(key: str, name: str, digest: str) -> pd.DataFrame:
    """Return a frame of a kept run. Raises DataError where it is missing or was changed."""
    frame = store.read_frame(store.run_folder(key) / f"{name}.parquet", made_by=MADE_BY)
    if store.digest(frame) != digest:
        raise _changed("the answers" if name == "answers" else f"the answers of {name}", key)
    return frame


def _changed(what: str, key: str) -> DataError:
    """Return the error of a file of a kept run that is not as it was written."""
    not_it = "are not the ones that were" if what.endswith("s") else "is not the one that was"
    return DataError(f"{what} of run {key} {not_it} written: run `{MADE_BY}` again")


def _kept(key: str) -> bool:
    """Tell whether the store holds a whole run under this key."""
    folder = store.run_folder(key)
    return all((folder / f).is_file() for f in ("run.json", "answers.parquet", "model.pickle"))


def _finished(job: dict[str, Any], fitted: dict[str, Any] | None) -> Run:
    """Return the Run behind a job, with its answers read back from the store.

    fitted: the worker's record, None where the run was in the store already.
    """
    identity = {name: job[name] for name in ("method", "parameters", "key")}
    identity["label"], identity["control"] = _declared(job["method"])
    if fitted is not None and fitted["status"] != OK:
        return Run(**identity, status=fitted["status"], reason=fitted["reason"])
    key = job["key"]
    record = _read_record(key)
    further = {name: record[f"{name}_digest"] for name in ("inner", "refits")}
    return Run(
        **identity,
        status=OK,
        answers=_read_answers(key, "answers", record["answers_digest"]),
        cost=record["cost"],
        reused=fitted is None,
        details={int(fold): said for fold, said in record["details"].items()},
        **{name: _read_answers(key, name, digest) for name, digest in further.items() if digest},
    )


def _declared(method: str) -> tuple[str, str | None]:
    """Return label and control of a method; of one that cannot be imported, whose run says so, its name."""
    with contextlib.suppress(UsageError):
        declared = registry.find("methods", method)
        return declared.label, declared.control
    return method.split("/")[-1], None


# --- the two workers --------------------------------------------------------------------------
class _Worker:
    """One worker process with its pipe and the job it is on."""

    def __init__(self, problem: Any) -> None:
        to_read, write = os.pipe()
        read, to_write = os.pipe()
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by end()
        command = [sys.executable, "-m", "crmlab.comparison.worker", str(to_read), str(to_write)]
        self.process = subprocess.Popen(
            command,
            pass_fds=(to_read, to_write),
            env=os.environ | ONE_THREAD,
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
        )
        os.close(to_read)
        os.close(to_write)
        self.outbox, self.inbox = Connection(write, readable=False), Connection(read, writable=False)
        self.problem = problem
        self.job: dict[str, Any] | None = None
        self.since, self.already_written = math.inf, 0

    def start(self, job: dict[str, Any]) -> None:
        """Give the worker a job, and the problem before its first one."""
        self.job, self.already_written = job, os.fstat(self.errors.fileno()).st_size
        self.since = math.inf
        # a process that has died is noticed at its inbox, like any other death
        with contextlib.suppress(BrokenPipeError):
            # not before all workers were started: this waits until the process has imported
            if self.problem is not None:
                self.outbox.send(self.problem)
                self.problem = None
            self.outbox.send(job)

    def last_words(self) -> str:
        """Return the last line the process wrote during its job, or its first letters."""
        self.errors.seek(self.already_written)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def end(self) -> None:
        """Stop the process and free what it held."""
        self.process.kill()
        self.process.wait()
        for thing in (self.outbox, self.inbox, self.errors):
            thing.close()


def _work_off(
    problem: Any,
    jobs: list[dict[str, Any]],
    workers: int,
    seconds_per_run: float,
    progress: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    """Let the workers do all jobs; return the record of each by key."""
    records: dict[str, dict[str, Any]] = {}
    queue = list(jobs)
    began = time.monotonic()
    team = [_Worker(problem) for _ in range(min(workers, len(jobs)))]
    try:
        while queue or any(w.job for w in team):
            for place, worker in enumerate(team):
                if worker.job is None and queue:
                    team[place] = _started(worker, queue.pop(0), problem)
            busy = [w for w in team if w.job]
            names = ", ".join(w.job["method"] for w in busy)
            elapsed = time.monotonic() - began
            progress(f"method {len(records) + 1} of {len(jobs)} ({names}), {elapsed:.0f} s")
            ready = wait([w.inbox for w in busy], timeout=1.0)
            for worker in team:
                if worker.job and (record := _outcome(worker, worker.inbox in ready, seconds_per_run)):
                    records[worker.job["key"]] = record
                    worker.job = None
                    if record["status"] in (CRASHED, TIMED_OUT):
                        worker.end()
    finally:
        for worker in team:
            worker.end()
    progress("")
    return records


def _started(worker: _Worker, job: dict[str, Any], problem: Any) -> _Worker:
    """Start a job; a worker whose process has ended is replaced first."""
    if worker.process.poll() is not None:
        worker.end()
        worker = _Worker(problem)
    worker.start(job)
    return worker


def _outcome(worker: _Worker, ready: bool, seconds_per_run: float) -> dict[str, Any] | None:
    """Return the record of the worker's job if it has ended, however it ended.

    The limit counts from when the worker has begun, which it says by None.
    """
    if ready:
        try:
            record = worker.inbox.recv()
            if record is None:
                worker.since = time.monotonic()
            return record
        except (EOFError, OSError, pickle.UnpicklingError):
            code = worker.process.wait()
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            words = worker.last_words()
            return {
                "status": CRASHED,
                "reason": f"the process died ({how})" + (f": {words}" if words else ""),
            }
    if time.monotonic() - worker.since > seconds_per_run:
        return {"status": TIMED_OUT, "reason": f"stopped after the limit of {seconds_per_run:g} s"}
    return None
