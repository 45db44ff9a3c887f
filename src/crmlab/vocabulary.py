"""The words of the field, each written once: tables, columns, roles, states of a run.

The same words are explained for readers in docs/glossary.md.
"""

from __future__ import annotations

from typing import Final

# --- canonical tables -------------------------------------------------------------------------
TABLES: Final = (
    "transactions",
    "customers",
    "products",
    "sessions",
    "contacts",
    "tickets",
    "memberships",
    "labelled",
)

TIME_COLUMN: Final = {
    "transactions": "timestamp",
    "sessions": "timestamp",
    "contacts": "timestamp",
    "tickets": "timestamp",
    "memberships": "started",
}
"""The column that says when an event of a table became known. Rows at or after a cutoff are cut."""

LATE_COLUMNS: Final = {
    "transactions": {"rated_at": ("rating",)},
    "contacts": {"replied_at": ()},
    "tickets": {"first_response_at": (), "resolved_at": ("satisfaction",)},
    "memberships": {"ended": ()},
}
"""Facts that arrive after the event's own time: {table: {time column: columns known from then}}.

At a cutoff, a late time at or after it is masked to null together with the columns it brings.
"""

FLAGS: Final = (
    "is_cancellation",
    "is_bad_debt",
    "is_write_off",
    "is_fee",
    "is_anonymous",
    "is_duplicate",
)
"""Cleaning flags of `transactions`. Tables only flag; features decide what to leave out."""

# --- roles of the columns of `rows` -----------------------------------------------------------
NUMERIC: Final = "numeric"
CATEGORICAL: Final = "categorical"
CARRIED: Final = "carried"
"""A column that rides along (for a kind or a metric that asks for it) but is not offered as X."""

ROW_KEYS: Final = ("row_id", "customer", "origin")
SUMMARY: Final = ("frequency", "recency_days", "T_days", "monetary_value")
"""The buy-till-you-die summary (see docs/glossary.md for the conventions)."""
SEGMENTED: Final = (
    "days_since_last",
    "frequency",
    "monetary_value",
    "total_spend",
    "T_days",
    "gap_mean_days",
    "basket_units",
    "products",
)
"""The numeric columns that are clustered: few and interpretable, as distances drown in many."""

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
