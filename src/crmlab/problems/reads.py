"""What a problem reads: which feature families, which canonical tables, and where the truth comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from crmlab import registry

ORACLE: Final = "crmlab.simulate.oracle"
"""Imported by name and only where the truth is known, so that no real problem's key depends on it."""


def families_of(task: Any, spec: Mapping[str, Any], there: Collection[str]) -> list[str]:
    """Return the feature families of a problem: those of its spec that its task takes and its tables allow.

    Raises UsageError for a family that does not exist.
    """
    asked = [f for f in spec.get("features", []) if task.families is None or f in task.families]
    return [f for f in asked if {*registry.find("features", f).needs} <= {*there}]


def tables_read(
    task: Any, spec: Mapping[str, Any], families: Collection[str], there: Collection[str]
) -> list[str]:
    """Return the canonical tables that a problem reads, sorted."""
    if "labelled" in there:
        return ["labelled"]
    declared = [registry.find("features", family) for family in families]
    wanted = {*task.needs, *(t for d in declared for t in (*d.needs, *d.uses))}
    return sorted((wanted | ({"customers"} if spec.get("population") else set())) & {*there})
