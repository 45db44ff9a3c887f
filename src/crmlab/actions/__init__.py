"""Whom to treat and what it earns: one list of people per file, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crmlab import registry, store
from crmlab.actions._applied import apply_chosen, decisions
from crmlab.actions._as_of import answers_of, as_of, dated, remarks
from crmlab.actions._audience import CONTACTS
from crmlab.actions._exports import read_emails, write_forms
from crmlab.actions._sent import record_sent
from crmlab.actions._since import AS_OF, since_last
from crmlab.comparison.compare import PIPELINE, SCRATCH
from crmlab.errors import NotApplicable, UsageError, did_you_mean
from crmlab.store import spreadsheet

if TYPE_CHECKING:
    import pandas as pd

    from crmlab.comparison.compare import Comparison
    from crmlab.declare.action import Action, Listing

__all__ = [
    "CONTACTS",
    "answers_of",
    "apply_chosen",
    "as_of",
    "dated",
    "decisions",
    "of_task",
    "read_emails",
    "record_sent",
    "remarks",
    "write",
    "write_as_of",
    "write_tables",
]


def of_task(task: str) -> dict[str, Action]:
    """Return the actions that serve a task, by name: each says of itself which tasks it serves."""
    known = {name: registry.find("actions", name) for name in registry.names("actions")}
    return {name: action for name, action in known.items() if task in action.tasks}


def write(comparison: Comparison, output: str = SCRATCH, made: Mapping[str, Listing] | None = None) -> Path:
    """Write the lists of a comparison's task into one folder, all or none; return the folder.

    output: 'pipeline' for the folder that DVC watches, 'scratch' for a look around. made: lists that were
    made before, by the name of their action. A list is `<action>.parquet` and `<action>.csv`, which is safe
    for spreadsheets, with both dates, method and run; where there is none, `<action>.no_list.txt` has the
    reason, so that no older list is taken for this one. Raises UsageError for another output, and for a list
    of no action of the task.
    """
    if output not in (PIPELINE, SCRATCH):
        raise UsageError(f"output = {output!r} must be '{PIPELINE}' or '{SCRATCH}'")
    known, made = of_task(comparison.task), made or {}
    for name in made.keys() - known.keys():
        raise UsageError(f"the task '{comparison.task}' has no action '{name}'.{did_you_mean(name, known)}")
    folder = store.actions_folder(comparison.task, comparison.name, scratch=output == SCRATCH)
    with store.replacing_folder(folder) as part:
        if not known:
            _write_reason(part / "no_list.txt", f"no action serves the task {comparison.task}")
        for name, action in known.items():
            try:
                listing = made.get(name) or action.make(comparison)
            except NotApplicable as reason:
                _write_reason(part / f"{name}.no_list.txt", str(reason))
                continue
            table = dated(listing.table, comparison, comparison)
            own = {f"{name}.parquet": table, f"{name}.csv": table}
            write_tables(own | dict(listing.further), part)
    return folder


def write_as_of(
    today: Comparison, judged: Comparison, emails: Mapping[str, str] = MappingProxyType({})
) -> tuple[Path, dict[str, Listing | str]]:
    """Write the answers and the lists of an as-of comparison into a folder of its day, all or none.

    judged: the comparison that chose the method. emails: by customer, for files of mailing tools. Return the
    folder, and by the name of each action its list, or the reason why there is none. Every table has both
    dates, the method and its run.
    """
    day = today.problem.facts["as_of"]
    folder = store.scratch_folder() / today.task / today.name / f"{AS_OF}{day}"
    made: dict[str, Listing | str] = {}
    with store.replacing_folder(folder) as part:
        tables = {"answers": answers_of(today)}
        for name, action in of_task(today.task).items():
            try:
                listing = action.make(today)
            except NotApplicable as reason:
                made[name] = str(reason)
                _write_reason(part / f"{name}.no_list.txt", str(reason))
                continue
            listing = made[name] = since_last(listing, folder, name)
            tables[name] = listing.table.assign(list=name)
            write_tables(listing.further, part)
            write_forms(part, name, listing, dated(tables[name], today, judged), emails)
        for name, table in tables.items():
            own = dated(table, today, judged)
            write_tables({f"{name}.parquet": own, f"{name}.csv": own}, part)
    return folder, made


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write tables into a folder under their names: parquet, or CSV that is safe for spreadsheets."""
    for name, table in tables.items():
        keep = store.write_frame if name.endswith(".parquet") else _write_csv
        keep(folder / name, table)


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with 6 significant digits, in which no text can become a formula."""
    spreadsheet.write(table, path)


def _write_reason(path: Path, reason: str) -> None:
    """Write why there is no list."""
    path.write_text(f"{reason}\n", encoding="utf-8")
