"""Writing and reading files: to a temporary name first, then renamed; JSON with a stable order."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from crmlab.errors import DataError
from crmlab.store.project import show


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it becomes `path`, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; on success it replaces `path`, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield part
        part.chmod(0o755)
        if not path.exists():
            part.replace(path)
        elif not _exchanged(part, path):
            # out of the way by one rename, so that nobody sees it half removed
            path.replace(part.with_suffix(".old"))
            part.replace(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(part.with_suffix(".old"), ignore_errors=True)


def remove_left_over(path: Path) -> None:
    """Remove what killed processes left beside a file or folder that they were replacing."""
    for left_over in itertools.chain(*(path.parent.glob(f".{path.name}.*.{end}") for end in ("part", "old"))):
        shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()


@contextlib.contextmanager
def room_for(what: str) -> Iterator[None]:
    """Say in words that the disk is full, as a DataError, where something is written."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise DataError(f"no room for {what} ({os.strerror(error.errno)}): nothing was changed") from None


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, so that either is always there; false where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON with a stable order of lines; floats keep 9 significant digits."""
    with replacing(path) as part:
        text = json.dumps(rounded(content), indent=1, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, *, made_by: str, holding: Iterable[str] = ()) -> dict[str, Any]:
    """Read a JSON object; `made_by` is the command that makes the file and is named when it is not whole.

    holding: keys that it must have. Raises DataError where it is missing, not JSON, or lacks one.
    """
    if not path.is_file():
        raise DataError(f"{show(path)} is missing: run `{made_by}` first")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # no JSON, not UTF-8, or nested without an end
        raise DataError(f"{show(path)} is not JSON ({error}): run `{made_by}` again") from None
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise DataError(f"{show(path)} holds a JSON {kind}, not an object: run `{made_by}` again")
    if lacking := [key for key in holding if key not in content]:
        raise DataError(f"{show(path)} lacks {', '.join(map(repr, lacking))}: run `{made_by}` again")
    return content


def rounded(value: Any) -> Any:
    """Return `value` with floats at 9 significant digits and NaN or infinity as None."""
    if isinstance(value, dict):
        return {str(k): rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    if isinstance(value, float) or type(value).__module__ == "numpy":
        number = value.item() if hasattr(value, "item") else value
        if not isinstance(number, float):
            return number
        if number != number or number in (float("inf"), float("-inf")):
            return None
        return float(f"{number:.9g}")
    return value


def digest_of(content: Any) -> str:
    """Return the SHA-256 of JSON-like content, independent of the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
