"""What a text file is made of, by one look at all its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

AT_ONCE: Final = 2**20
USUAL: Final = bytes({*range(ord(" "), ord("~") + 1), *b"\t\r\n"})
MARKS: Final = "+@"
"""Characters of ids that a rule is about: where there are none it has nothing to look for."""
WIDE: Final = "\u0080"
"""The mark that stands for all characters beyond ASCII."""


class Bytes(NamedTuple):
    """What a file is made of."""

    plain: bool
    """Printable ASCII, separators and ends of lines are all there is: no blank but these and spaces."""
    quoted: bool
    """There are quotes, within which values may hold separators and ends of lines."""
    tabs: bool = False
    marks: frozenset[str] = frozenset({*MARKS, WIDE})
    """Those of MARKS that are there, and WIDE."""

    def parted_by(self, separator: str) -> Bytes:
        """Return the same for a file with a separator: a tab that is none is a blank of a value."""
        return self._replace(
            plain=self.plain and separator.isascii() and (separator == "\t" or not self.tabs)
        )


ALL_KINDS: Final = Bytes(plain=False, quoted=True, tabs=True)


def kinds_of_bytes(path: Path) -> Bytes:
    """Look at all bytes of a file."""
    quoted = tabs = False
    marks: set[str] = set()
    with path.open("rb") as file:
        for some in iter(lambda: file.read(AT_ONCE), b""):
            if some.translate(None, USUAL):
                return ALL_KINDS
            quoted = quoted or b'"' in some
            tabs = tabs or b"\t" in some
            marks |= {mark for mark in MARKS if mark not in marks and mark.encode() in some}
    return Bytes(plain=True, quoted=quoted, tabs=tabs, marks=frozenset(marks))
