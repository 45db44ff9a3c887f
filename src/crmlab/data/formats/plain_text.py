"""Opening delimited text: its encoding, separator and layout, and a copy where it is not plain UTF-8."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from crmlab.data.bench import Bench
from crmlab.data.formats.bytes_of_it import ALL_KINDS, kinds_of_bytes
from crmlab.data.formats.encodings import encoding_of, in_utf8
from crmlab.data.formats.layout import HEAD, laid_out
from crmlab.data.formats.source import Text
from crmlab.data.reading import Reading


def opened(workplace: Bench, path: Path, name: str, reading: Reading) -> Text:
    """Return a delimited text file open.

    name: what errors call it. Raises DataError where its encoding is not known or no line names its columns.
    """
    found = kinds_of_bytes(path)
    encoding = encoding_of(path, name, reading.encoding, plain=found.plain)
    if encoding != "utf-8":
        path, found = in_utf8(path, encoding, _place(workplace)), ALL_KINDS
    layout = laid_out(_head(path), name, reading)
    if layout.above:
        path = _from_line(path, layout.above, _place(workplace))
        above = "line 1" if layout.above == 1 else f"lines 1 to {layout.above}"
        workplace.said.append(f"{name}: columns are named in line {layout.above + 1} ({above} passed over)")
    return Text(name, layout.names, path, layout.separator, layout.header, layout.above, found)


def _place(workplace: Bench) -> Path:
    """Return a new path in the bench's folder."""
    return workplace.folder / f"copy{len(list(workplace.folder.iterdir()))}"


def _head(path: Path) -> str:
    """Return the whole lines that a file begins with."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.read(HEAD)
        whole = not file.read(1)
    if whole or not any(end in head for end in "\r\n"):
        return head
    return head[: max(head.rfind("\n"), head.rfind("\r")) + 1]


def _from_line(path: Path, above: int, to: Path) -> Path:
    """Copy a file without its first lines."""
    with path.open("rb") as file, to.open("wb") as copy:
        for _ in itertools.islice(file, above):
            pass
        shutil.copyfileobj(file, copy, 2**20)
    return to
