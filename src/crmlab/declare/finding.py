"""A finding: one question asked of a comparison or a shop, answered in sentences and a table.

A file of `findings/` has one entry point, `find(subject, ...)`, which returns a frozen result of this shape
and raises NotApplicable, with the reason, where the question cannot be asked of the subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class Finding(Protocol):
    """What `find` returns.

    sentences: what was found, computed from the numbers, the first one first of all. table: the numbers
    behind them, raw and typed, for code. head(): what readers are shown of it, as text where that reads
    better; its index is one named level, or just counts.
    """

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what was found."""

    @property
    def table(self) -> pd.DataFrame:
        """Return the numbers."""

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
