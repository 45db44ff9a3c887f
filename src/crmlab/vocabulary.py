"""The words of the field, each written once: roles of columns, states of a run.

The same words are explained for readers in docs/glossary.md.
"""

from __future__ import annotations

from typing import Final

# --- roles of the columns of `rows` -----------------------------------------------------------
NUMERIC: Final = "numeric"
CATEGORICAL: Final = "categorical"
CARRIED: Final = "carried"
"""A column that rides along (for a kind or a metric that asks for it) but is not offered as X."""

TREATMENT: Final = "treatment"
"""What was done to a customer, by chance: 0 for a control. For kinds that ask what it changes."""
CLUSTER: Final = "cluster"
"""Who was treated together, such as a household: the unit that chance divided."""

TRAIN: Final = "train"
TEST: Final = "test"
"""The parts of a fold."""

ROW_KEYS: Final = ("row_id", "customer", "origin")

# --- states of a run --------------------------------------------------------------------------
OK: Final = "ok"
FAILED: Final = "failed"
TIMED_OUT: Final = "timed_out"
CRASHED: Final = "crashed"
NOT_APPLICABLE: Final = "not_applicable"

CHANCE: Final = "chance"
STATUS_QUO: Final = "status_quo"
ORACLE: Final = "oracle"
CONTROLS: Final = (CHANCE, STATUS_QUO, ORACLE)

# --- what a lead is: the answer against one rival, and as a whole -------------------------------
BETTER: Final = "better"
EQUIVALENT: Final = "equivalent"
SMALL: Final = "real but less than matters"
UNDECIDED: Final = "undecided"
BORDERLINE: Final = "borderline"
"""Within two Monte Carlo errors of the threshold, whatever number of weightings was taken."""

# --- units ------------------------------------------------------------------------------------
REVENUE: Final = "currency of revenue"
"""What customers spend, net of what they give back: what the goods cost is not taken off."""
