"""Fetching published files: verified by SHA-256 under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab import registry, store
from crmlab.data.archives import read_member
from crmlab.declare.dataset import Source
from crmlab.errors import DataError

if TYPE_CHECKING:
    import requests

ATTEMPTS = 3
TIMEOUT_SECONDS = (10, 60)
"""To connect, and between two pieces of the answer."""

log = logging.getLogger(__name__)


def fetch(dataset: str) -> Path:
    """Bring all files of a data set to data/raw/<dataset>/ and return that folder.

    A file that is there with the right SHA-256 stays; otherwise it comes from the mirror
    (CRMLAB_MIRROR), from another data set's raw folder where it belongs to one, or from its public
    address. Raises DataError that names data set, file, address, what was found, and where to put
    the file by hand. Two processes at once wait for each other; what a killed one left is removed.
    """
    sources = registry.find("datasets", dataset).sources
    folder = store.raw_folder(dataset)
    with store.locked(f"fetch.{dataset}"):
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.rglob(".*.part"):
            left_over.unlink()
        for source in sources:
            _bring(dataset, source, folder / source.name)
    return folder


def verified(dataset: str) -> Path:
    """Return the folder of a data set's files, all present and with the right SHA-256.

    Raises DataError that lists the files that are missing or changed.
    """
    folder = store.raw_folder(dataset)
    faults = []
    for source in registry.find("datasets", dataset).sources:
        path = folder / source.name
        if not path.is_file():
            faults.append(f"{store.show(path)} is missing")
        elif sha256(path) != source.sha256:
            faults.append(f"{store.show(path)} is not the published file (its SHA-256 differs)")
    if faults:
        more = f"\n  and {len(faults) - 5} more" if len(faults) > 5 else ""
        listed = "".join(f"\n  {fault}" for fault in faults[:5])
        raise DataError(f"{dataset}: run `crmlab fetch {dataset}` first:{listed}{more}")
    return folder


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _bring(dataset: str, source: Source, path: Path) -> None:
    """Make `path` the verified file of `source`; it is untouched where that fails."""
    if path.is_file():
        if sha256(path) == source.sha256:
            return
        log.warning("%s is not the published file: it is fetched again", store.show(path))
    with store.replacing(path) as part:
        found_at = _copy(source, dataset, part) or _download(dataset, source, part)
        fault = _fault(part, source)
        if fault:
            raise _error(dataset, source, f"what came from {found_at} is not the published file: {fault}")


def _copy(source: Source, dataset: str, part: Path) -> str | None:
    """Copy the file from the mirror or its owner's raw folder; return where from, None if nowhere."""
    owner = source.dataset or dataset
    mirror = store.mirror()
    if mirror is not None and not mirror.is_dir():
        raise DataError(f"CRMLAB_MIRROR names '{mirror}', which is not a folder: correct or unset it")
    places = [mirror / owner / source.name] if mirror else []
    if owner != dataset:
        places.append(store.raw_folder(owner) / source.name)
    for place in places:
        if place.is_file():
            shutil.copyfile(place, part)
            return str(place)
    return None


def _download(dataset: str, source: Source, part: Path) -> str:
    """Download the file to `part`, out of its archive where it is packed; return the address."""
    import pooch
    import requests

    download = pooch.HTTPDownloader(progressbar=False, timeout=TIMEOUT_SECONDS)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            download(source.url, str(part), None)
            break
        except requests.RequestException as error:
            final = error.response is not None and error.response.status_code < 500
            if error.response is not None:
                error.response.close()
            if final or attempt == ATTEMPTS:
                raise _error(dataset, source, _in_words(error)) from None
            time.sleep(attempt)
    if source.member:
        try:
            part.write_bytes(read_member(part, source.member))
        except DataError as error:
            hint = _page_hint(part)
            raise _error(dataset, source, hint or str(error)) from None
    return source.url


def _fault(part: Path, source: Source) -> str | None:
    """Return how a file differs from its pin, None where it does not."""
    found = sha256(part)
    if found == source.sha256:
        return None
    size = part.stat().st_size
    expected = f" of {source.size:,} expected" if source.size else ""
    hint = _page_hint(part)
    facts = f"SHA-256 {found}, expected {source.sha256}; {size:,} bytes{expected}"
    if source.size and size < source.size:
        facts += " (it ends early)"
    return f"{hint}; {facts}" if hint else facts


def _page_hint(part: Path) -> str | None:
    """Say so where a file is an HTML page: many servers answer so instead of with an error."""
    with part.open("rb") as handle:
        start = handle.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return (
        "an HTML page came instead of the file" if start.startswith((b"<!doctype html", b"<html")) else None
    )


def _in_words(error: requests.RequestException) -> str:
    """Return what a failed request means for the caller."""
    import requests

    answer = error.response
    if answer is not None:
        return f"the server answered {answer.status_code} {answer.reason}"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection ended before the file did"
    return f"there is no connection ({type(error).__name__})"


def _error(dataset: str, source: Source, what: str) -> DataError:
    """Return the error of one file: what is wrong, where, and what to do next."""
    path = store.raw_folder(dataset) / source.name
    packed = f" (in it: {source.member})" if source.member else ""
    mirror = store.mirror()
    looked = f"\n  mirror: {mirror / (source.dataset or dataset) / source.name}" if mirror else ""
    return DataError(
        f"{dataset}: {source.name}: {what}\n  address: {source.url}{packed}{looked}\n"
        f"  Put the file by hand at {os.path.relpath(path, store.project())} "
        f"(SHA-256 {source.sha256}) and run `crmlab fetch {dataset}` again."
    )
