"""dvc.yaml: a stage depends on every crmlab file that decides what it makes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crmlab import registry

ROOT = registry.PACKAGE.parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
TASKS = registry.names("tasks")


def entries(folder: str) -> list[str]:
    """Return the dotted modules of a registry folder."""
    return [f"crmlab.{folder}.{name.replace('/', '.')}" for name in registry.names(folder)]


def listed(stage: str) -> list[Path]:
    """Return the source files and folders that a stage depends on."""
    body = STAGES[stage].get("do", STAGES[stage])
    names = [d.replace("${item.dataset}.py", "").replace("${item}.py", "") for d in body["deps"]]
    return [ROOT / name for name in names if name.startswith("src/")]


def uncovered(stage: str, *modules: str) -> set[str]:
    """Return the source files behind modules that a stage does not depend on."""
    known = listed(stage)
    behind = registry.source_files(*modules)
    return {str(f.relative_to(ROOT)) for f in behind if not any(f == k or k in f.parents for k in known)}


def test_tables_depend_on_what_makes_tables():
    assert not uncovered("tables", "crmlab.tables", *entries("datasets")) - {"src/crmlab/maths/__init__.py"}


@pytest.mark.parametrize("task", TASKS)
def test_problems_depend_on_what_their_key_hashes(task):
    modules = ["crmlab.problem", f"crmlab.tasks.{task}", *entries("features"), "crmlab.simulate.oracle"]
    assert not uncovered(f"problem-{task}", *modules)


@pytest.mark.parametrize("task", TASKS)
def test_comparisons_depend_on_what_their_keys_hash(task):
    modules = ["crmlab.harness", "crmlab.maths.resampling", "crmlab.worker"]
    modules += entries("kinds") + entries("methods") + entries("metrics")
    # what poses a problem is behind the problem's own stage
    posing = set(map(str, registry.source_files("crmlab.problem")))
    missing = uncovered(task, *modules, "crmlab.compare", "crmlab.story", "crmlab.caveats")
    assert not {m for m in missing if str(ROOT / m) not in posing}
    assert not uncovered(task, *modules)


def test_across_depends_on_what_it_reads():
    assert not uncovered("across", "crmlab.across") - {"src/crmlab/windows.py"}
    assert "experiments/scores" in STAGES["across"]["deps"]
