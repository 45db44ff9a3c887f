"""MLflow, the window on the record: the only package that imports it.

Everything logged is found in the files first; logging is idempotent by key, so MLflow can be
rebuilt from an empty database, and a server that is down costs seconds, never results.
"""

from __future__ import annotations

import importlib
from typing import Any

_FOUND_IN = {
    "apply": "models",
    "attach_notebook": "attachment",
    "initialise": "server",
    "links": "pages",
    "log_model": "record",
    "logged": "server",
    "serve": "pages",
    "track": "record",
}

__all__ = list(_FOUND_IN)


def __getattr__(name: str) -> Any:
    """Import what is asked for: who attaches a notebook does not wait for the models' libraries."""
    if name not in _FOUND_IN:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_FOUND_IN[name]}"), name)
