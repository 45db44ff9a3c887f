"""The one progress line of a comparison."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path


def reporter(title: str) -> Callable[[str], None]:
    """Return a function that keeps one progress line.

    The line goes to the file named by CRMLAB_PROGRESS (crmlab's own command shows it on the
    terminal while papermill runs), else to the terminal, and nowhere else: no flood in a notebook.
    """
    target = os.environ.get("CRMLAB_PROGRESS")

    def report(line: str) -> None:
        text = f"{title}: {line}" if line else ""
        if target:
            Path(target).write_text(text, encoding="utf-8")
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    return report
