"""The tables behind a comparison of purchases in time, as far as they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.history.windows import before, midnight

if TYPE_CHECKING:
    import ibis

    from crmlab.comparison.compare import Comparison


def known_tables(
    comparison: Comparison, connection: ibis.BaseBackend, *, of_time: str
) -> dict[str, ibis.Table]:
    """Return the canonical tables of a comparison's data set; as of a day, what is known by then.

    of_time: what is asked, for the reason of the refusal. Raises NotApplicable where the comparison is not of
    purchases in time.
    """
    problem = comparison.problem
    if not problem.protocol.on_events or not problem.facts["horizon_days"]:
        raise NotApplicable(of_time)
    tables = store.open_tables(problem.facts["dataset"], connection)
    if "transactions" not in tables:
        raise NotApplicable(f"'{problem.facts['dataset']}' has no transactions")
    as_of = "as_of" in problem.facts
    return before(tables, midnight(problem.last_fold().cutoff)) if as_of else tables
