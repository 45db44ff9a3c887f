"""Problems as files: frames in parquet, readable facts in git, and a digest that holds them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crmlab import store
from crmlab.errors import DataError
from crmlab.problems.problem import FRAMES, HISTORY, Problem
from crmlab.store.seal import SEAL, is_whole, sealed


def save(problem: Problem) -> None:
    """Write the frames and facts of a problem, each to a temporary name first."""
    with store.replacing_folder(store.problem_folder(problem.task, problem.name)) as folder:
        for frame in (*FRAMES, *([HISTORY] if problem.history is not None else [])):
            store.write_frame(folder / f"{frame}.parquet", getattr(problem, frame))
    store.write_json(store.facts_file(problem.task, problem.name), sealed(problem.facts))


def load(task: str, name: str) -> Problem:
    """Read a problem and check that its facts are whole and its frames are the ones that they describe.

    Raises DataError where it was not made yet, or where facts or frames were changed or damaged.
    """
    made_by = f"crmlab problem {task} {name}"
    facts = store.read_json(store.facts_file(task, name), made_by=made_by)
    if not is_whole(facts):
        raise DataError(
            f"{store.show(store.facts_file(task, name))} was edited after it was written, or has an earlier "
            f"form: run `{made_by}`"
        )
    del facts[SEAL]
    folder = store.problem_folder(task, name)
    there = [HISTORY] if (folder / f"{HISTORY}.parquet").is_file() else []
    frames = {f: store.read_frame(folder / f"{f}.parquet", made_by=made_by) for f in (*FRAMES, *there)}
    found = digest(frames, facts)
    if found != facts["digest"]:
        raise DataError(
            f"{store.show(folder)} has the digest {found[:12]}, and its facts say {facts['digest'][:12]}: "
            f"the files were changed or damaged; run `{made_by}` again"
        )
    return Problem(task, name, facts["spec"], **frames, facts=facts)


def digest(frames: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> str:
    """Return the digest of the frames and of the facts that the harness hands to methods."""
    handed = {name: facts[name] for name in ("roles", "horizon_days", "folds")}
    named = [f for f in (*FRAMES, HISTORY) if f in frames]
    return store.digest_of([*(store.digest(frames[f]) for f in named), handed])
