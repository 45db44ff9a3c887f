"""What the findings of associations have in common: how many null worlds, what counts, how much is shown."""

from typing import Final

WORLDS: Final = 99
LIMIT: Final = 0.05
"""The largest p of a finding."""

SHOWN: Final = 12
SAID: Final = 3
"""Rows of a table, and of them those that a sentence names."""
