"""dvc.yaml and the lists behind it: a stage depends on every file that decides what it makes."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from crmlab import registry, sources, store

ROOT = registry.PACKAGE.parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
TASKS = registry.names("tasks")


@pytest.fixture(scope="module")
def behind():
    """Return the source files of every stage, relative to the package."""
    found = sources.behind()
    return {
        stage: {f.relative_to(registry.PACKAGE).as_posix() for f in files} for stage, files in found.items()
    }


def hashed(*modules: str) -> set[str]:
    """Return the source files that the keys of the given modules hash, relative to the package."""
    return {f.relative_to(registry.PACKAGE).as_posix() for f in registry.source_files(*modules)}


def test_every_stage_depends_on_its_own_list(behind):
    # the files of a data set are named by the stage itself; `sources` makes the lists
    assert set(STAGES) == set(behind) | {"fetch", "sources"}
    for stage in behind:
        deps = STAGES[stage].get("do", STAGES[stage])["deps"]
        assert [d for d in deps if d.startswith("data/sources/")] == [f"data/sources/{stage}.json"]


def test_the_lists_are_made_again_when_any_source_changes():
    assert STAGES["sources"]["deps"] == ["notebooks", "src/crmlab"]
    assert STAGES["sources"]["outs"] == [str(store.sources_folder().relative_to(ROOT))]


@pytest.mark.parametrize("task", TASKS)
def test_problems_depend_on_what_their_key_hashes(task, behind):
    modules = ["crmlab.problem", f"crmlab.tasks.{task}", *sources.entries("features"), sources.ORACLE_MODULE]
    assert behind[f"problem-{task}"] == hashed(*modules)
    assert "src/crmlab/datasets/${item.dataset}.py" in STAGES[f"problem-{task}"]["do"]["deps"]


@pytest.mark.parametrize("task", TASKS)
def test_comparisons_depend_on_what_their_keys_hash(task, behind):
    kinds = registry.module("tasks", task).KINDS
    methods = [m for m in sources.entries("methods") if m.split(".")[2] in kinds]
    fits = hashed("crmlab.harness", "crmlab.worker", *(f"crmlab.kinds.{k}" for k in kinds), *methods)
    scores = hashed("crmlab.score", "crmlab.verdict", "crmlab.controls", *sources.entries("metrics"))
    assert fits | scores <= behind[task]


def test_a_notebook_depends_on_the_pictures_that_it_shows_and_on_no_other(behind):
    assert {"plots/alive_map.py", "plots/gains.py", "plots/_style.py"} <= behind["churn"]
    assert "plots/alive_map.py" not in behind["acquisition"]
    assert {"leak.py", "methods/classification/logit.py"} <= behind["protocols"]


def test_what_records_decides_nothing(behind):
    assert not [f for files in behind.values() for f in files if f.startswith("tracking/")]


def test_what_is_written_changes_with_the_file_and_in_its_lists_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (store.PARAMS, "notebooks"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    monkeypatch.setattr(registry, "PACKAGE", tmp_path / "src" / "crmlab")
    shutil.copytree(ROOT / "src" / "crmlab", registry.PACKAGE)
    written = {f.stem: f.read_bytes() for f in sources.write().iterdir()}
    assert json.loads(written["churn"])["crmlab/plots/alive_map.py"]
    with (registry.PACKAGE / "plots" / "alive_map.py").open("a") as file:
        file.write("# another picture\n")
    again = {f.stem: f.read_bytes() for f in sources.write().iterdir()}
    assert [stage for stage in written if written[stage] != again[stage]] == ["churn"]
