"""A seal: the digest that a JSON file carries of its own content, so that an edited one is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from crmlab.store.files import rounded

SEAL: Final = "record_digest"
"""The key under which a file holds the digest of all its other content."""


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content as a file will hold it, with the digest of all of it."""
    kept = {k: v for k, v in rounded(dict(content)).items() if k != SEAL}
    return kept | {SEAL: _digest(kept)}


def is_whole(content: Any) -> bool:
    """Return whether content that was read is a mapping with a seal that holds."""
    if not isinstance(content, Mapping):
        return False
    return content.get(SEAL) == _digest({k: v for k, v in content.items() if k != SEAL})


def _digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of JSON in its order: the order of the methods of a record is their ranking."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
