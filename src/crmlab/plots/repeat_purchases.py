"""Repeat purchases, cumulative and week by week, and what each lifetime model expected of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.findings.trust import repeat_purchases
from crmlab.plots import _style

QUARTER = 13
"""Weeks."""


def draw(comparison: Any) -> _style.Picture:
    """Show the repeat purchases of the last window's customers, cumulative and per week, beside the models.

    Left: cumulative; right: per week. The models were fitted on what lies left of the dashed line (the
    cutoff) and know nothing of what lies right of it: where they leave the black line there, they are
    wrong. After Fader, Hardie and Lee 2005 (their figures 4 and 5). Raises NotApplicable where no lifetime
    model takes part, or the data are no transactions.
    """
    found = repeat_purchases.find(comparison)
    weeks = found.table["week"].to_numpy()
    with _style.look():
        figure, (total, weekly) = _style.canvas(
            _style.named(comparison, "repeat purchases, tracked"),
            f"{found.customers:,} customers known on {found.cutoff} (dashed); one purchase a day counts",
            columns=2,
            height=4.2,
        )
        actual = {"color": "black", "label": "what happened", "linewidth": 2.2}
        _lines(total, weekly, weeks, found.table["actual"].to_numpy(), **actual)
        for method in found.labels:
            expected = found.table[method].to_numpy()
            _lines(total, weekly, weeks, expected, **_style.line(comparison, method))
        for axes in (total, weekly):
            axes.axvline(found.at, color=_style.QUIET, linestyle="--", linewidth=1)
            axes.set(xlabel="Week", xlim=(0, weeks[-1]), ylim=(0, None))
            axes.set_xticks(np.arange(0, weeks[-1], QUARTER if weeks[-1] < 80 else 2 * QUARTER))
        total.set(title="Cumulative", ylabel="Repeat purchases")
        weekly.set(title="Per week")
        _style.legend_below(figure, total)
    return figure


def _lines(total: Any, weekly: Any, weeks: np.ndarray, cumulative: np.ndarray, **look: Any) -> None:
    """Draw one course, cumulative and by week."""
    total.plot(weeks, cumulative, **look)
    weekly.plot(weeks[1:], np.diff(cumulative), **look)
