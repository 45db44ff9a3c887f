"""A worker process: fits one method after another and leaves each finished run in the store.

Started by run.py as `python -m crmlab.comparison.worker READ_FD WRITE_FD`, with one BLAS/OpenMP thread.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import resource
import select
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from crmlab import store
from crmlab.comparison import harness, keys
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.kinds import Fitting
from crmlab.maths import convergence
from crmlab.maths.convergence import DidNotConverge
from crmlab.problems.problem import Problem
from crmlab.store.seal import sealed
from crmlab.vocabulary import FAILED, NOT_APPLICABLE, OK

LONGEST: Final = 300
"""So many letters of a reason are kept: a table's cell, and a line of a record."""


def main(read: int, write: int) -> None:
    """Receive the problem, then jobs, until the other end closes."""
    threading.Thread(target=_end_with_the_command, args=(write, os.getppid()), daemon=True).start()
    inbox, outbox = Connection(read, writable=False), Connection(write, readable=False)
    try:
        problem = inbox.recv()
        while True:
            job = inbox.recv()
            outbox.send(None)  # begun: the limit of a run does not count what came before
            outbox.send(_work(problem, **job))
    except (EOFError, BrokenPipeError):
        return


def _end_with_the_command(write: int, parent: int) -> None:
    """End this process, whatever it computes, when nobody is left at the other end of its pipe.

    A command that is killed cannot end its workers, and a fit may hang for ever.
    """
    hung_up = select.poll()
    hung_up.register(write, 0)  # an error at the other end is always told
    while os.getppid() == parent and not hung_up.poll(1000):
        pass
    os._exit(1)


def _in_one_line(reason: str) -> str:
    """Return a reason as one line of at most LONGEST letters."""
    line = " ".join(reason.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"


def _work(
    problem: Any,
    *,
    key: str,
    method: str,
    parameters: dict,
    fitting: Fitting,
) -> dict[str, Any]:
    """Do one run; return its record. Only a finished run is kept in the store."""
    _reset_peak_memory()
    cpu, clock = time.process_time(), time.perf_counter()
    record = {"run_key": key, "method": method, "parameters": parameters, "status": OK, "reason": ""}
    try:
        answered = harness.answer_folds(problem, method, parameters, fitting)
        _refuse_another_key(key, problem, method, parameters, fitting)
        content = pickle.dumps(answered.model)
    except NotApplicable as error:
        return record | {"status": NOT_APPLICABLE, "reason": _in_one_line(str(error))}
    except DidNotConverge as error:
        return record | {"status": convergence.STATUS, "reason": _in_one_line(str(error))}
    except CrmlabError as error:
        return record | {"status": FAILED, "reason": _in_one_line(str(error))}
    except Exception as error:  # a method may raise anything: it becomes a row with its reason
        traceback.print_exc()
        return record | {"status": FAILED, "reason": _in_one_line(f"{type(error).__name__}: {error}")}
    record["cost"] = {
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "seconds": round(time.perf_counter() - clock, 3),
        "peak_memory_mb": round(_peak_memory_mb(), 1),
        "fits": len(problem.fold_numbers()) + _refits(answered),
    }
    record["details"] = {str(fold): said for fold, said in answered.details.items() if said}
    with store.replacing_folder(store.run_folder(key)) as folder:
        store.write_frame(folder / "answers.parquet", answered.answers)
        record["answers_digest"] = store.digest(answered.answers)
        for name, frame in (("inner", answered.inner), ("refits", answered.refits)):
            record[f"{name}_digest"] = None
            if frame is not None:
                store.write_frame(folder / f"{name}.parquet", frame)
                record[f"{name}_digest"] = store.digest(frame)
        (folder / "model.pickle").write_bytes(content)
        record["model_sha256"] = hashlib.sha256(content).hexdigest()
        store.write_json(folder / "run.json", sealed(record))
    return record


def _refits(answered: harness.Answered) -> int:
    """Return how many refits answered."""
    return 0 if answered.refits is None else len(answered.refits[["fold", "refit"]].drop_duplicates())


def _refuse_another_key(key: str, problem: Problem, method: str, parameters: dict, fitting: Fitting) -> None:
    """Raise CrmlabError where a source was changed while the method ran: the key would name other code."""
    now = keys.run_key(problem.facts["digest"], method, parameters, fitting, environment=keys.environment())
    if now != key:
        raise CrmlabError("a source file was changed while the method ran: compare again")


def _reset_peak_memory() -> None:
    """Let the kernel forget the peak memory of earlier runs (Linux; elsewhere the peak is total)."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")


def _peak_memory_mb() -> float:
    """Return the peak resident memory in MB since the last reset."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
