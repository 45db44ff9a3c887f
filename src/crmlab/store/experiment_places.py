"""Where results lie: runs, scores, predictions, lists, notebooks, studies."""

from __future__ import annotations

from pathlib import Path

from crmlab.store.project import confined, home, project, scratch_folder


def predictions_file(task: str, problem: str) -> Path:
    """The roster's answers on a problem."""
    return project() / "experiments" / "predictions" / confined(task) / f"{confined(problem)}.parquet"


def scores_file(task: str, problem: str) -> Path:
    """The record of a problem's comparison (in git)."""
    return project() / "experiments" / "scores" / confined(task) / f"{confined(problem)}.json"


def metrics_file(task: str, problem: str) -> Path:
    """The value of every method by every metric, a line each, for `dvc metrics`."""
    return project() / "experiments" / "metrics" / confined(task) / f"{confined(problem)}.json"


def remade_by(task: str, problem: str) -> str:
    """The command that makes a problem's scores and all that lies beside them."""
    return f"dvc repro comparison@{task}-{problem}"


def curves_file(task: str, problem: str) -> Path:
    """One curve per method, for `dvc plots`."""
    return project() / "experiments" / "curves" / confined(task) / f"{confined(problem)}.csv"


def actions_folder(task: str, problem: str, *, scratch: bool = False) -> Path:
    """The lists of people of a problem's last window, one per action of its task."""
    if scratch:
        return scratch_folder() / confined(task) / confined(problem) / "actions"
    return project() / "experiments" / "actions" / confined(task) / confined(problem)


def executed_notebook(task: str, problem: str) -> Path:
    """The executed and normalised notebook of a problem."""
    return project() / "experiments" / "notebooks" / confined(task) / f"{confined(problem)}.ipynb"


def failed_notebook(task: str, problem: str) -> Path:
    """What was executed of a notebook until a cell failed."""
    return project() / "experiments" / "failed" / f"{confined(task)}-{confined(problem)}.ipynb"


def study_file(name: str) -> Path:
    """The worlds and claims of a simulation study (in git)."""
    return project() / "experiments" / "studies" / f"{confined(name)}.json"


def run_folder(run_key: str) -> Path:
    """One run: answers, model, cost. A cache: it can be deleted and is rebuilt on demand."""
    return home() / "experiments" / "store" / confined(run_key)
