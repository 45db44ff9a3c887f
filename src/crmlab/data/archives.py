"""Reading one file out of a zip archive that nobody vouches for."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from crmlab.errors import DataError, did_you_mean

UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
LARGEST = 2 * 1024**3
"""Bytes that a member may unpack to: a small archive can hold a file that fills a disk."""


def read_member(archive: Path | BinaryIO, member: str, *, largest: int = LARGEST) -> bytes:
    """Return the bytes of `member`, by its path in the archive or, if that is unique, its base name.

    Raises DataError where the archive is broken, holds a path outside its own folder or a link,
    where the member is absent or unpacks to more than `largest` bytes.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            _refuse_hostile(opened)
            info = _find(opened, member)
            if info.file_size > largest:
                raise DataError(
                    f"'{info.filename}' would unpack to {info.file_size:,} bytes (over {largest:,})"
                )
            # zipfile stops at the size that the archive declares, so a lie about it cannot flood
            return opened.read(info)
    except UNREADABLE as error:
        raise DataError(f"it is not a readable zip archive ({error})") from None


def _refuse_hostile(opened: zipfile.ZipFile) -> None:
    """Raise DataError where any entry would be written outside its folder or is a symbolic link."""
    for info in opened.infolist():
        # orig_filename: zipfile itself turns backslashes and cuts at NUL on some systems
        path = PurePosixPath(info.orig_filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise DataError(f"the archive writes outside its folder: it holds '{info.orig_filename}'")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise DataError(f"the archive holds a symbolic link: '{info.orig_filename}'")


def _find(opened: zipfile.ZipFile, member: str) -> zipfile.ZipInfo:
    """Return the entry at the path `member`, or the only one with its base name."""
    files = [i for i in opened.infolist() if not i.is_dir()]
    exact = [i for i in files if i.filename == member]
    same_name = [i for i in files if PurePosixPath(i.filename).name == PurePosixPath(member).name]
    found = exact or same_name
    if len(found) != 1:
        what = "does not hold" if not found else f"holds {len(found)} files that could be"
        raise DataError(f"the archive {what} '{member}'." + did_you_mean(member, [i.filename for i in files]))
    return found[0]
