"""A worker process: fits one method after another and leaves each finished run in the store.

Started by run.py as `python -m crmlab.worker READ_FD WRITE_FD`, with one BLAS/OpenMP thread.
"""

from __future__ import annotations

import hashlib
import pickle
import resource
import sys
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crmlab import harness, store
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.maths import convergence
from crmlab.maths.convergence import DidNotConverge
from crmlab.vocabulary import FAILED, NOT_APPLICABLE, OK


def main(read: int, write: int) -> None:
    """Receive the problem, then jobs, until the other end closes."""
    inbox, outbox = Connection(read, writable=False), Connection(write, readable=False)
    try:
        problem = inbox.recv()
        while True:
            job = inbox.recv()
            outbox.send(None)  # begun: the limit of a run does not count what came before
            outbox.send(_work(problem, **job))
    except (EOFError, BrokenPipeError):
        return


def _work(
    problem: Any,
    *,
    key: str,
    method: str,
    parameters: dict,
    seed: int,
    stability_refits: int,
    inner_share: float,
) -> dict[str, Any]:
    """Do one run; return its record. Only a finished run is kept in the store."""
    _reset_peak_memory()
    cpu, clock = time.process_time(), time.perf_counter()
    record = {"run_key": key, "method": method, "parameters": parameters, "status": OK, "reason": ""}
    try:
        answered = harness.answer_folds(
            problem,
            method,
            parameters,
            seed=seed,
            stability_refits=stability_refits,
            inner_share=inner_share,
        )
        content = pickle.dumps(answered.model)
    except NotApplicable as error:
        return record | {"status": NOT_APPLICABLE, "reason": str(error)}
    except DidNotConverge as error:
        return record | {"status": convergence.STATUS, "reason": str(error)}
    except CrmlabError as error:
        return record | {"status": FAILED, "reason": str(error)}
    except Exception as error:  # a method may raise anything: it becomes a row with its reason
        traceback.print_exc()
        return record | {"status": FAILED, "reason": f"{type(error).__name__}: {error}"}
    record["cost"] = {
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "seconds": round(time.perf_counter() - clock, 3),
        "peak_memory_mb": round(_peak_memory_mb(), 1),
        "fits": len(problem.fold_numbers()),
    }
    record["details"] = {str(fold): said for fold, said in answered.details.items() if said}
    with store.replacing_folder(store.run_folder(key)) as folder:
        store.write_frame(folder / "answers.parquet", answered.answers)
        if answered.inner is not None:
            store.write_frame(folder / "inner.parquet", answered.inner)
        (folder / "model.pickle").write_bytes(content)
        record["model_sha256"] = hashlib.sha256(content).hexdigest()
        record["answers_digest"] = store.digest(answered.answers)
        store.write_json(folder / "run.json", record)
    return record


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
