"""Files that are packed: gzip, bzip2, xz, and zip archives of one file."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from crmlab.data.archives import LARGEST, UNREADABLE
from crmlab.errors import USAGE, DataError

OPENERS: Final[Mapping[bytes, Callable[..., Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
ZIP: Final = b"PK\x03\x04"
WORKBOOKS: Final = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
"""What a zip archive holds that is a spreadsheet."""
OTHERS: Final = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
}
MOST_TIMES: Final = 100
"""An archive that unpacks to more than LARGEST and to so many times its size is not even begun with."""
NOT_READABLE: Final = (*UNREADABLE, OSError, lzma.LZMAError)


def unpacked(path: Path, name: str, to: Path) -> tuple[Path, str]:
    """Return a file and what it is called: what a packed one holds, written to `to`, or itself.

    Raises DataError for an archive of several files, with a password or broken, and where it unpacks to more
    than LARGEST bytes.
    """
    with path.open("rb") as file:
        start = file.read(8)
    for mark, kind in OTHERS.items():
        if start.startswith(mark):
            raise DataError(f"{name} is packed by {kind}: unpack it first", exit_code=USAGE)
    try:
        if start.startswith(ZIP):
            return _of_zip(path, name, to)
        for mark, opener in OPENERS.items():
            if start.startswith(mark):
                with opener(path, "rb") as packed:
                    _copy(packed, to, name)
                return to, name
    except NOT_READABLE as error:
        raise DataError(f"{name} cannot be unpacked: {error}", exit_code=USAGE) from None
    return path, name


def _of_zip(path: Path, name: str, to: Path) -> tuple[Path, str]:
    """Return the one file of an archive, or the path itself where it is a spreadsheet."""
    with zipfile.ZipFile(path) as archive:
        inside = [i for i in archive.infolist() if not i.is_dir() and not _is_litter(i.filename)]
        if any(i.filename in WORKBOOKS or i.filename == "[Content_Types].xml" for i in inside):
            return path, name
        if len(inside) != 1:
            files = ", ".join(i.filename for i in inside[:5]) or "nothing"
            says = f"{name} holds {len(inside)} files ({files}): unpack it and name one, or the folder"
            raise DataError(says, exit_code=USAGE)
        if inside[0].flag_bits & 1:
            raise DataError(f"{name} has a password: unpack it first", exit_code=USAGE)
        size, packed_size = inside[0].file_size, max(inside[0].compress_size, 1)
        if size > LARGEST and size > MOST_TIMES * packed_size:
            raise DataError(
                f"{name} would unpack to {size:,} bytes, {size // packed_size:,} times its size: nothing was "
                "unpacked. Unpack it yourself if you know where it comes from",
                exit_code=USAGE,
            )
        with archive.open(inside[0]) as packed:
            _copy(packed, to, name)
    return to, f"{name}:{PurePosixPath(inside[0].filename).name}"


def _is_litter(member: str) -> bool:
    """Tell whether a file of an archive is one that systems add by themselves."""
    path = PurePosixPath(member)
    return path.parts[0] == "__MACOSX" or path.name.startswith(".")


def _copy(packed: IO[bytes], to: Path, name: str) -> None:
    """Write what is packed down, up to a limit."""
    with to.open("wb") as file:
        written = 0
        for some in iter(lambda: packed.read(2**20), b""):
            written += len(some)
            if written > LARGEST:
                raise DataError(
                    f"{name} unpacks to more than {LARGEST:,} bytes: unpack it first", exit_code=USAGE
                )
            file.write(some)
