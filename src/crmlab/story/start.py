"""The first page: which notebook answers which question, what came out, and which data there are."""

from __future__ import annotations

import pandas as pd

from crmlab import registry, store
from crmlab.comparison import committed
from crmlab.data.catalogue import catalogue
from crmlab.errors import DataError
from crmlab.story.prose import Table


def questions() -> Table:
    """Return a row per task: its question, its notebook, and what each committed comparison answers.

    A record that is damaged says so in its place and hides no other.
    """
    rows = []
    for name, task in committed.settings().tasks.items():
        found = [f"{problem}: {_answer(name, problem)}" for problem in task.problems]
        rows.append(
            {
                "Notebook": f"{name}.ipynb",
                "Question": registry.find("tasks", name).question,
                "Answers": "; ".join(found) or "no problem in params.yaml",
            }
        )
    return Table(pd.DataFrame(rows).set_index("Notebook"))


def shops() -> Table:
    """Return a row per data set whose tables are on this machine, and what gets the others."""
    known = catalogue()
    names = known["name"]
    how = "run `crmlab fetch " + names + "`, `crmlab tables " + names + "`"
    is_here = [any(store.tables_folder(name).glob("*.parquet")) for name in names]
    state = how.mask(is_here, "ready")
    columns = {"Data set": names, "What": known["label"], "Rows": known["rows"], "State": state}
    return Table(pd.DataFrame(columns).set_index("Data set"))


def _answer(task: str, problem: str) -> str:
    """Return the champion of a committed comparison and what its lead is."""
    if not store.scores_file(task, problem).is_file():
        return "not compared yet"
    try:
        record = committed.read(task, problem)
    except DataError:
        return f"damaged, run `{store.remade_by(task, problem)}`"
    champion = record["methods"].get(record["verdict"]["champion"])
    return f"{champion['label']} ({record['verdict']['word']})" if champion else "no champion"
