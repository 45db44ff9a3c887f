"""Leads: how far the champion is ahead of every other method."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy.stats import t as student

from crmlab import registry
from crmlab.comparison.saying import pair_of
from crmlab.errors import NotApplicable

PAIR = ("pair_lower", "pair_upper")


def leads(comparison: Any) -> pd.DataFrame:
    """Return the champion's lead over each other method by the primary metric, best rival first.

    Columns: method, lead, pair_lower, pair_upper (the interval of this pair alone), p, lower, upper
    (simultaneous over all pairs), p_adjusted, answer (see crmlab.comparison.verdict; '' for a control at an
    end of the scale), is_real (the pair's own interval excludes zero). Positive where the champion is better,
    also for a metric of which less is better. Raises NotApplicable without a rival.
    """
    best, pairs = comparison.verdict.champion, comparison.scores.pairs[comparison.primary]
    higher = registry.metric(comparison.primary).higher_is_better
    rows = []
    for other in comparison.order():
        row = pair_of(best, other, pairs)
        if row is None:
            continue
        sign = 1 if (row["a"] == best) == higher else -1
        half = student.ppf((1 + comparison.level) / 2, row["df"]) * row["error"] if row["error"] else 0.0
        value, ends = sign * row["difference"], sorted((sign * row["lower"], sign * row["upper"]))
        answer = comparison.verdict.against.get(other, "")
        is_real = bool(row["p"] < 1 - comparison.level)
        rows.append(
            (other, value, value - half, value + half, row["p"], *ends, row["p_adjusted"], answer, is_real)
        )
    if not rows:
        raise NotApplicable("there is no pair of methods to compare")
    columns = ["method", "lead", *PAIR, "p", "lower", "upper", "p_adjusted", "answer", "is_real"]
    return pd.DataFrame(rows, columns=columns)
