"""Write environment.yml: Python and the direct dependencies, with the very pins of requirements.lock."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Made by `make lock` from requirements.lock: do not edit.
# For conda and for Binder, which reads this file and then runs postBuild. What pip adds below the direct
# dependencies is resolved anew here; `make install` takes every package from the lock, with hashes.
name: crmlab
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def pins(lock: str) -> dict[str, str]:
    """Return {canonical name: version} of the text of a lock."""
    found = re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", lock, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def direct(pyproject: str) -> list[Requirement]:
    """Return what the text of a pyproject.toml asks for itself: to run, then for each extra."""
    project = tomllib.loads(pyproject)["project"]
    extras = (r for extra in project["optional-dependencies"].values() for r in extra)
    return [Requirement(r) for r in [*project["dependencies"], *extras]]


def environment(pyproject: str, lock: str) -> str:
    """Return the text of environment.yml. Raises KeyError for a dependency that is not locked."""
    pinned = pins(lock)
    lines = []
    for requirement in direct(pyproject):
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        lines.append(f"      - {requirement.name}{extras}=={pinned[canonicalize_name(requirement.name)]}")
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "requirements.lock")]
    (ROOT / "environment.yml").write_text(environment(*texts), encoding="utf-8")
