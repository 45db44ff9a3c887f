"""The runs of a comparison whose scores can be used: who is scored by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmlab.errors import NotApplicable
from crmlab.vocabulary import CHANCE, OK, ORACLE

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run


def scoring(comparison: Comparison) -> list[Run]:
    """Return the runs that answered with scores and know no truth: the champion first, then the best.

    Raises NotApplicable where there is none.
    """
    named = dict.fromkeys([comparison.verdict.champion, *comparison.order()])
    runs = [comparison.run_of(method) for method in named if method]
    able = [r for r in runs if r.status == OK and r.control not in (CHANCE, ORACLE) and "score" in r.answers]
    if not able:
        raise NotApplicable(f"no method of {comparison.task}/{comparison.name} answered with scores")
    return able
