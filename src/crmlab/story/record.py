"""The last cell of a notebook: the comparison on file, its lists, and MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmlab import actions
from crmlab.comparison.compare import SCRATCH
from crmlab.tracking import track

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


def record(comparison: Comparison, output: str = SCRATCH, **made: Any) -> str:
    """Save a comparison, write the lists of its task's actions, log it in MLflow; return what was done.

    output: 'pipeline' for the files that DVC watches, 'scratch' for a look around. made: lists that the
    notebook has shown, by the name of their action, so that they are not made again; why there is none (a
    `story.Missing`) stands for no list.
    """
    lists = {name: listing for name, listing in made.items() if listing}
    comparison.save(output)
    actions.write(comparison, output, lists)
    return track(comparison, output, lists)
