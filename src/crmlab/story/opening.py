"""The opening of a notebook: the answer, how sure it is, what to do, and where the files are."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from crmlab import actions, registry, store
from crmlab.comparison.choice import Recommendation
from crmlab.comparison.compare import PIPELINE, SCRATCH
from crmlab.errors import UsageError
from crmlab.story.prose import Missing, Shown, with_interval
from crmlab.vocabulary import BETTER, CHANCE, ORACLE, SMALL, STATUS_QUO

SHOWN: Final = 5
"""Methods of the first table; the ranking has all of them."""

ROLES: Final = {STATUS_QUO: " (status quo)", CHANCE: " (chance)"}


def answer(comparison: Any, *found: Any, use: Recommendation | None = None, output: str = SCRATCH) -> Shown:
    """Return what a reader wants first: who is best and how sure that is, what was found, and the files.

    found: findings and lists, of which each gives its first sentence, or why there is none. The table has
    the first methods of the ranking, the status quo among them, and chance where nobody is better than it:
    the value, and the answer against the champion. use: of segmentations which one to use; its sentences and
    table stand in the place of the verdict's, as the best by one number need not be the one to use. output:
    where the last cell writes.
    Raises UsageError for another output.
    """
    if output not in (PIPELINE, SCRATCH):
        raise UsageError(f"output = {output!r} must be '{PIPELINE}' or '{SCRATCH}'")
    said = list((use or comparison.verdict).sentences[:2])
    said += [str(f).strip("*") if isinstance(f, Missing) else f.sentences[0] for f in found]
    return Shown([*said, _files(comparison, output)], use.table if use else _first(comparison))


def _first(comparison: Any) -> pd.DataFrame:
    """Return the first methods by the primary metric, and with them the status quo and a mark not passed."""
    verdict, primary = comparison.verdict, registry.metric(comparison.primary)
    if verdict.champion is None:
        return pd.DataFrame()
    values = comparison.of_metric(comparison.primary).set_index("method")
    known = {r.method: r for r in comparison.runs}
    ranked = [m for m in comparison.order() if pd.notna(values["value"][m])]
    field = [m for m in ranked if known[m].control not in (CHANCE, ORACLE)]
    usual = [m for m in field[SHOWN:] if known[m].control]
    near = [m for m in ranked if known[m].control == CHANCE and verdict.against.get(m, BETTER) != BETTER]
    rows = [
        {
            "Method": known[m].label + (ROLES.get(known[m].control, "")),
            primary.label: with_interval(*values.loc[m, ["value", "lower", "upper"]]),
            "Against the best": "is the best" if m == verdict.champion else _against(verdict.against[m]),
        }
        for m in [*field[:SHOWN], *usual[:1], *near]
    ]
    return pd.DataFrame(rows).set_index("Method")


def _against(word: str) -> str:
    """Return the answer of the champion against a rival, from the rival's side."""
    return {BETTER: "behind", SMALL: "behind by less than matters"}.get(word, word)


def _files(comparison: Any, output: str) -> str:
    """Say which files the last cell writes, and what makes the list for today."""
    is_scratch, (task, name) = output == SCRATCH, (comparison.task, comparison.name)
    scores = store.scores_file(task, name)
    if is_scratch:
        scores = store.scratch_folder() / task / name / "scores.json"
    folder = store.show(store.actions_folder(task, name, scratch=is_scratch))
    known = list(actions.of_task(task))
    lists = f"the list for the last window goes to `{folder}/{known[0]}.csv`, and " if known else ""
    said = f"By the last cell {lists}all numbers go to `{store.show(scores)}`."
    divides = comparison.problem.protocol
    if divides.on_baskets:
        return f"{said} For a customer today: `crmlab recommend {name} --customer ID`."
    return f"{said} For today: `crmlab act {task} {name}`." if known and divides.on_events else said
