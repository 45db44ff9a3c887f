"""dvc.yaml and the lists behind it: a stage depends on every file that decides what it makes."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from crmlab import registry, sources, store
from crmlab.errors import UsageError

ROOT = registry.PACKAGE.parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
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


def lists_of(stage: str) -> set[str]:
    """Return the lists that a stage depends on."""
    deps = STAGES[stage].get("do", STAGES[stage])["deps"]
    return {d.removeprefix("data/sources/").removesuffix(".json") for d in deps if "data/sources/" in d}


def test_every_stage_depends_on_its_own_list(behind):
    assert set(STAGES) - {"sources"} == {stage for stage in behind if not stage.startswith("dataset-")}
    for stage in set(STAGES) - {"sources"}:
        assert stage in lists_of(stage)


def test_the_lists_are_made_again_when_any_source_changes():
    shown = [f"notebooks/{stage}.ipynb" for stage in STAGES if (ROOT / f"notebooks/{stage}.ipynb").is_file()]
    assert sorted(STAGES["sources"]["deps"]) == sorted(["src/crmlab", *shown])
    assert STAGES["sources"]["outs"] == [str(store.sources_folder().relative_to(ROOT))]


@pytest.mark.parametrize(
    ("task", "dataset"),
    sorted({(task, spec["dataset"]) for task in TASKS for spec in PARAMS[task]["problems"].values()}),
)
def test_problems_depend_on_what_their_key_hashes(task, dataset, behind):
    modules = ["crmlab.problem", f"crmlab.tasks.{task}", *sources.entries("features"), sources.ORACLE_MODULE]
    listed = behind[f"problem-{task}"] | behind[f"dataset-{dataset}"]
    assert hashed(*modules, f"crmlab.datasets.{dataset}") <= listed
    assert lists_of(f"problem-{task}") == {f"problem-{task}", "dataset-${item.dataset}"}


def test_data_depend_on_their_pins(behind):
    assert "datasets/online_retail.sha256" in behind["dataset-online_retail_ii"]
    assert "simulate/shop.py" in behind["dataset-demo_shop"]
    for stage in ("fetch", "tables", "data"):
        assert lists_of(stage) == {stage, "dataset-${item}"}


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
    for name in (store.PARAMS, "dvc.yaml", "notebooks"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    monkeypatch.setattr(registry, "PACKAGE", tmp_path / "src" / "crmlab")
    shutil.copytree(ROOT / "src" / "crmlab", registry.PACKAGE)
    written = {f.stem: f.read_bytes() for f in sources.write().iterdir()}
    assert json.loads(written["churn"])["crmlab/plots/alive_map.py"]
    with (registry.PACKAGE / "plots" / "alive_map.py").open("a") as file:
        file.write("# another picture\n")
    again = {f.stem: f.read_bytes() for f in sources.write().iterdir()}
    assert [stage for stage in written if written[stage] != again[stage]] == ["churn"]
    # a notebook of one's own is nobody's stage
    (tmp_path / "notebooks" / "mine.ipynb").write_text("no notebook yet")
    assert {f.stem: f.read_bytes() for f in sources.write().iterdir()} == again


def test_every_way_to_import_is_read():
    code = "import crmlab.leak as l\nimport numpy\nfrom crmlab import story\nfrom crmlab.why import shapes"
    found = sources.imported(code, "notebooks/churn.ipynb")
    assert {"crmlab.leak", "crmlab.story", "crmlab.why.shapes"} <= set(found)
    assert "numpy" not in found


def test_a_cell_that_is_no_python_is_named():
    with pytest.raises(UsageError, match=r"notebooks/churn.ipynb: '%matplotlib inline' is no Python"):
        sources.imported("x = 1\n%matplotlib inline", "notebooks/churn.ipynb")
