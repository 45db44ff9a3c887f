"""The key of a problem: a hash of everything that makes it, from files in git alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crmlab import registry, store
from crmlab.params.protocols import protocol
from crmlab.problems.baskets_read import baskets_read
from crmlab.problems.reads import ORACLE, families_of, tables_read

DEFINED_BY: Final = "crmlab.history.gather"
"""What features are, whether they come from it or from the ledger, which is ground and equal to it."""

COMPARED: Final = ("overrides", "without", "replicates", "refits", "task", "problem")
"""What params.yaml says of a problem that does not make it: it names it, or changes the comparison only."""


def posed_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a spec that makes the problem."""
    return {k: v for k, v in spec.items() if k not in COMPARED}


def problem_key(task: str, name: str, spec: Mapping[str, Any], *, seed: int) -> str:
    """Return the hash of what makes a problem.

    That is: its name and spec with its feature families; the digests of the tables that it reads, and what
    the data set declares of their columns and span; the code of these families, of these tables' schemas
    and of the frames, and on events of the task; the oracle's, where the truth is asked for; the seed, where
    it divides rows. Raises DataError where the fingerprint is missing.
    """
    dataset = spec["dataset"]
    fingerprint = store.read_json(
        store.fingerprint_file(dataset),
        made_by=f"crmlab tables {dataset}",
        holding=["tables", "barred", "span"],
    )
    there, declared = fingerprint["tables"], registry.find("tasks", task)
    if protocol(spec["protocol"]).on_baskets:
        return _of_baskets(task, name, spec, fingerprint)
    families = [] if "labelled" in there else families_of(declared, spec, there)
    read = tables_read(declared, spec, families, there)
    modules = [
        "crmlab.problems.from_labelled" if "labelled" in there else "crmlab.problems.from_events",
        *([] if "labelled" in there else [DEFINED_BY]),
        *(f"crmlab.canonical.{table}" for table in read),
        *(f"crmlab.features.{family}" for family in families),
        *([] if "labelled" in there else [f"crmlab.tasks.{task}"]),
    ]
    content = {
        "name": [task, name],
        "spec": posed_spec(spec) | {"features": families},
        "tables": {table: there[table]["digest"] for table in read},
        "declared": [fingerprint["barred"], fingerprint["span"]],
        "seed": seed if protocol(spec["protocol"]).resampled else None,
    }
    if "truth" in fingerprint and declared.truth:
        modules.append(ORACLE)
        content["truth"] = fingerprint["truth"]
    return store.digest_of(content | {"sources": registry.source_digest(*modules)})


def _of_baskets(task: str, name: str, spec: Mapping[str, Any], fingerprint: Mapping[str, Any]) -> str:
    """Return the hash of what makes a problem of baskets: no feature family, no seed."""
    there = fingerprint["tables"]
    read = baskets_read(there)
    modules = [
        "crmlab.problems.from_baskets",
        *(f"crmlab.canonical.{table}" for table in read),
        f"crmlab.tasks.{task}",
    ]
    content = {
        "name": [task, name],
        "spec": posed_spec(spec),
        "tables": {table: there[table]["digest"] for table in read},
        "declared": [fingerprint["barred"], fingerprint["span"]],
    }
    return store.digest_of(content | {"sources": registry.source_digest(*modules)})
