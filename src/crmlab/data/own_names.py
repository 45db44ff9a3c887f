"""What a user's own data may be called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from crmlab import registry, store
from crmlab.errors import DataError, UsageError

LICENCE = "your own data"
NAME = r"[a-z][a-z0-9_]{0,63}"


def check_name(name: str) -> None:
    """Refuse a name that is unsafe as a folder, or that the catalogue or a problem of params.yaml has."""
    if not re.fullmatch(NAME, name):
        raise UsageError(f"'{name}' cannot name a data set: use small letters, digits and _, a letter first")
    if name in registry.names("datasets") or _is_published(store.fingerprint_file(name)):
        raise UsageError(f"'{name}' is a data set of the catalogue: choose another name for your own data")
    if name in problems():
        raise UsageError(f"'{name}' is a problem in params.yaml: choose another name for your own data")


def is_own(name: str) -> bool:
    """Tell whether a name is of a user's own data; a damaged fingerprint tells nothing."""
    file = store.fingerprint_file(name)
    try:
        return file.is_file() and store.read_json(file, made_by="crmlab tables").get("licence") == LICENCE
    except DataError:
        return False


def own() -> list[str]:
    """Return the names of the user's own data whose tables were made here."""
    files = sorted(store.fingerprint_file("any").parent.glob("[!.]*.json"))
    return [f.stem for f in files if re.fullmatch(NAME, f.stem) and is_own(f.stem)]


def problems() -> set[str]:
    """Return the names of the problems in params.yaml; none where it cannot be read, which is said later."""
    try:
        content = yaml.safe_load((store.project() / store.PARAMS).read_text(encoding="utf-8"))
        posed: dict[str, Any] = content.get("problems") or {}
        return {str(spec.get("problem", key)) for key, spec in posed.items()}
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return set()


def _is_published(file: Path) -> bool:
    """Tell whether a fingerprint is of a data set that is not a user's own; a damaged one is made again."""
    try:
        return file.is_file() and store.read_json(file, made_by="crmlab tables").get("licence") != LICENCE
    except DataError:
        return False
