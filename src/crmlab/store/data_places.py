"""Where data lie, from raw files to posed problems."""

from __future__ import annotations

from pathlib import Path

from crmlab.store.project import confined, project


def sources_folder() -> Path:
    """Which source files are behind each kind of stage, for DVC."""
    return project() / "data" / "sources"


def raw_folder(dataset: str) -> Path:
    """Files as published."""
    return project() / "data" / "raw" / confined(dataset)


def tables_folder(dataset: str) -> Path:
    """Canonical tables, one parquet file each."""
    return project() / "data" / "tables" / confined(dataset)


def ledger_folder(dataset: str) -> Path:
    """What the tables come to day by day: made of them alone, deletable, and made again on demand."""
    return project() / "data" / "ledgers" / dataset


def sent_file(dataset: str) -> Path:
    """Who was contacted by which list on which day, as recorded by `crmlab sent`; out of git."""
    return project() / "data" / "sent" / f"{confined(dataset)}.csv"


def truth_folder(dataset: str) -> Path:
    """What only the oracle and tests may read: the truth behind a simulated data set."""
    return tables_folder(dataset) / "truth"


def fingerprint_file(dataset: str) -> Path:
    """The readable fingerprint of a data set's tables (in git)."""
    return project() / "data" / "tables" / f"{confined(dataset)}.json"


def problem_folder(task: str, problem: str) -> Path:
    """rows, folds and solution of a problem."""
    return project() / "data" / "problems" / confined(task) / confined(problem)


def facts_file(task: str, problem: str) -> Path:
    """The readable facts of a problem (in git)."""
    return project() / "data" / "problems" / confined(task) / f"{confined(problem)}.json"
