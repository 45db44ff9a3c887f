"""Environments of their own for the packages that are measured beside ours."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def environment(folder: Path, name: str, packages: Sequence[str]) -> Path | None:
    """Return the Python of a new environment with packages, None (and why, printed) without one."""
    python = folder / name / "bin" / "python"
    for command in (
        ["uv", "venv", "--quiet", "--python", "3.11", str(folder / name)],
        ["uv", "pip", "install", "--quiet", "--python", str(python), *packages],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            print(f"no {name}: uv is not on the PATH (make bench puts it there)")
            return None
        if done.returncode:
            print(f"no {name}: {done.stderr.strip()}")
            return None
    return python


def said(python: Path, script: str, *arguments: str) -> Any:
    """Run a script of this folder in an environment; return the JSON of the last line that it prints."""
    command = [str(python), str(Path(__file__).with_name(script)), *arguments]
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, capture_output=True, text=True, env=clean)
    if done.returncode:
        raise SystemExit(f"{script} failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])
