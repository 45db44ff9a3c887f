"""What crmlab says when something is wrong: what, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

USAGE = 2
"""Exit code of a mistake in what was asked for (a name, a parameter, a file's content)."""

FAILURE = 1
"""Exit code of a check that ran and did not hold, or of work that could not be finished."""


class CrmlabError(Exception):
    """An error in the caller's words. `exit_code` is what the command line ends with."""

    exit_code = FAILURE

    def __init__(self, message: str, *, exit_code: int | None = None):
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(CrmlabError):
    """The caller asked for something that does not exist or does not fit."""

    exit_code = USAGE


class DataError(CrmlabError):
    """Data are missing, broken, or not what their pin or schema says."""


class NotApplicable(CrmlabError):
    """A method says that it cannot answer this problem, and why. It becomes a row, not a crash."""


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """Return ' Did you mean ...?' for the known words nearest to `word`, or what there is."""
    names = sorted(map(str, known))  # YAML has numbers where words are meant
    near = difflib.get_close_matches(str(word), names, n=3, cutoff=0.5)
    if near:
        return " Did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    return " There is: " + ", ".join(names) + "." if names else " There is none."
