"""Lifetime with covariates: buy-till-you-die models whose rates depend on who a customer is.

As `lifetime`, with the numeric and categorical columns beside the summary. Which of them are known at
the first purchase and constant in time, a method is told: only those are covariates.
"""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.kinds import lifetime
from crmlab.vocabulary import CATEGORICAL, NUMERIC

TARGET, ANSWER = lifetime.TARGET, lifetime.ANSWER
ANSWERS_AS = "lifetime"
"""A task that takes methods of this kind takes these as well."""

fit, answer = lifetime.fit, lifetime.answer


def columns(roles: Mapping[str, str]) -> list[str]:
    """The summary (and `left_censored`), then every other numeric and categorical column.

    Raises NotApplicable where there is no summary.
    """
    summary = lifetime.columns(roles)
    others = [c for c, role in roles.items() if role in (NUMERIC, CATEGORICAL) and c not in summary]
    return summary + others
