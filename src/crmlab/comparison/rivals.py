"""Rivals: below which difference two methods are as good, and who may be missing from a comparison."""

from __future__ import annotations

from typing import Any

from crmlab import params
from crmlab.comparison.run import Run
from crmlab.comparison.score import Scores
from crmlab.comparison.verdict import ABSENT
from crmlab.errors import CrmlabError
from crmlab.vocabulary import NOT_APPLICABLE, ORACLE, STATUS_QUO


def margin_of(name: str, runs: list[Run], scores: Scores, settings: params.Params) -> float:
    """Return below which a difference by a metric does not matter; 0 where params.yaml does not say."""
    if name not in settings.margins:
        return 0.0
    values = scores.values[scores.values["metric"] == name].set_index("method")["value"].dropna()
    usual = [values[r.method] for r in runs if r.control == STATUS_QUO and r.method in values]
    return settings.margins[name].of(max(usual, key=abs) if usual else None)


def refuse_absent(comparison: Any) -> None:
    """Raise CrmlabError where too many rivals are absent for a comparison to be one.

    Absent is who could have answered and did not: timed out, crashed, failed, or did not converge. The
    status quo may not be, and of the others at most a tenth, but for those that params.yaml names as
    `may_be_absent`.
    """
    could = [r for r in comparison.runs if r.status != NOT_APPLICABLE and r.control != ORACLE]
    names = comparison.may_be_absent
    absent = [r for r in could if r.status in ABSENT and r.method.split("/")[1] not in names]
    usual = [r for r in absent if r.control == STATUS_QUO]
    if usual or len(absent) > len(could) / 10:
        who = ", ".join(f"{r.method} ({r.status.replace('_', ' ')}: {r.reason})" for r in absent)
        raise CrmlabError(
            f"{comparison.task}/{comparison.name}: too few rivals answered for a comparison: {who}. Mend "
            f"them, raise limits.seconds_per_run, or name them in {comparison.task}.may_be_absent"
        )
