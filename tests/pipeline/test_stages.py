"""dvc.yaml and the lists behind it: a stage depends on every file that decides what it makes."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import yaml

from crmlab import registry, store
from crmlab.errors import UsageError
from crmlab.pipeline import stages

ROOT = registry.PACKAGE.parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
TASKS = registry.names("tasks")


@pytest.fixture(scope="module")
def behind():
    """Return the source files of every stage, relative to the package."""
    found = stages.behind()
    return {
        stage: {f.relative_to(registry.PACKAGE).as_posix() for f in files if f.suffix != ".yaml"}
        for stage, files in found.items()
    }


def hashed(*modules: str) -> set[str]:
    """Return the source files that the keys of the given modules hash, relative to the package."""
    return {f.relative_to(registry.PACKAGE).as_posix() for f in registry.source_files(*modules)}


def lists_of(stage: str) -> set[str]:
    """Return the lists that a stage depends on, over all entries of the list that it goes through."""
    return {name for _, names in instances(stage) for name in names}


def instances(stage: str) -> list[tuple[dict[str, str], set[str]]]:
    """Return each entry that a stage goes through, with the lists that it depends on."""
    deps = STAGES[stage].get("do", STAGES[stage])["deps"]
    named = [d.removeprefix("data/sources/").removesuffix(".json") for d in deps if "data/sources/" in d]
    return [(item, {filled(name, item) for name in named}) for item in entries(stage)]


def entries(stage: str) -> list[dict[str, str]]:
    """Return what a stage goes through in params.yaml; one empty entry where it is a single one."""
    through = STAGES[stage].get("foreach", "${}")[2:-1]
    listed = PARAMS.get(through, [{}])
    return list(listed.values()) if isinstance(listed, dict) else [{"item": i} if i else {} for i in listed]


def filled(name: str, item: dict[str, str]) -> str:
    """Return a template of dvc.yaml with an entry's values."""
    return re.sub(r"\$\{(?:item\.)?(\w+)\}", lambda found: str(item[found[1]]), name)


def test_the_stages_name_no_question_and_are_few():
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert not [task for task in TASKS if re.search(rf"\b{task}\b", text)]


def test_every_data_set_has_a_page():
    assert {f"data-{dataset}" for dataset in PARAMS["datasets"]} <= set(PARAMS["pages"])


def test_every_list_that_a_stage_depends_on_is_written(behind):
    asked = {name for stage in set(STAGES) - {"sources"} for name in lists_of(stage)}
    assert asked == set(behind)


def test_the_lists_are_made_again_when_any_source_changes():
    assert STAGES["sources"]["deps"] == ["notebooks", "policies.yaml", "src/crmlab"]
    assert STAGES["sources"]["params"] == ["problems", "pages", "beside"]
    assert STAGES["sources"]["outs"] == [str(store.sources_folder().relative_to(ROOT))]


@pytest.mark.parametrize(
    ("task", "dataset"),
    sorted({(spec["task"], spec["dataset"]) for spec in PARAMS["problems"].values()}),
)
def test_problems_depend_on_what_their_key_hashes(task, dataset, behind):
    modules = [
        "crmlab.problems.problem",
        f"crmlab.tasks.{task}",
        *stages.entries("features"),
        stages.ORACLE,
    ]
    listed = behind[f"problem-{task}"] | behind[f"dataset-{dataset}"]
    assert hashed(*modules, f"crmlab.datasets.{dataset}") <= listed
    for item, lists in instances("problem"):
        assert lists == {f"problem-{item['task']}", f"dataset-{item['dataset']}"}


def test_data_depend_on_their_pins(behind):
    assert "datasets/online_retail.sha256" in behind["dataset-online_retail_ii"]
    assert "simulate/shop.py" in behind["dataset-demo_shop"]
    for stage in ("fetch", "tables"):
        for item, lists in instances(stage):
            assert lists == {stage, f"dataset-{item['item']}"}
    for item, lists in instances("page"):
        assert lists == {item["notebook"], f"dataset-{item['dataset']}"}


@pytest.mark.parametrize("task", TASKS)
def test_comparisons_depend_on_what_their_keys_hash(task, behind):
    kinds = registry.find("tasks", task).kinds
    methods = [m for m in stages.entries("methods") if m.split(".")[2] in kinds]
    fits = hashed(
        "crmlab.comparison.harness",
        "crmlab.comparison.worker",
        *(f"crmlab.kinds.{k}" for k in kinds),
        *methods,
    )
    scores = hashed(
        "crmlab.comparison.score",
        "crmlab.comparison.verdict",
        "crmlab.comparison.oracle",
        *stages.entries("metrics"),
    )
    assert fits | scores <= behind[task]
    assert {item["task"] for item, lists in instances("comparison") if task in lists} == {task}


def test_what_people_write_beside_params_is_behind_what_reads_it(behind):
    found = {name for name, files in stages.behind().items() if store.policies_file() in files}
    assert found == {"segmentation"}


def test_a_notebook_depends_on_the_pictures_that_it_shows_and_on_no_other(behind):
    assert {"plots/alive_map.py", "plots/gains.py", "plots/_style.py"} <= behind["churn"]
    assert "plots/alive_map.py" not in behind["acquisition"]
    assert {"findings/claims/leak.py", "methods/classification/logit.py"} <= behind["protocols"]


def test_what_records_decides_nothing(behind):
    assert not [f for files in behind.values() for f in files if f.startswith("tracking/")]


def test_what_is_written_changes_with_the_file_and_in_its_lists_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (store.PARAMS, store.POLICIES, "notebooks"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    package = tmp_path / "src" / "crmlab"
    shutil.copytree(ROOT / "src" / "crmlab", package)
    for module in (registry, registry.entries, registry.sources, registry.signatures):
        monkeypatch.setattr(module, "PACKAGE", package)
    written = {f.stem: f.read_bytes() for f in stages.write().iterdir()}
    assert json.loads(written["churn"])["crmlab/plots/alive_map.py"]
    with (package / "plots" / "alive_map.py").open("a") as file:
        file.write("# another picture\n")
    again = {f.stem: f.read_bytes() for f in stages.write().iterdir()}
    assert [stage for stage in written if written[stage] != again[stage]] == ["churn"]
    # a notebook of one's own is nobody's stage
    (tmp_path / "notebooks" / "mine.ipynb").write_text("no notebook yet")
    assert {f.stem: f.read_bytes() for f in stages.write().iterdir()} == again


def test_every_way_to_import_is_read():
    code = "import crmlab.findings.claims.leak as l\nimport numpy\nfrom crmlab import story\n"
    code += "from crmlab.explain import shapes"
    found = stages.imported(code, "notebooks/churn.ipynb")
    assert {"crmlab.findings.claims.leak", "crmlab.story", "crmlab.explain.shapes"} <= set(found)
    assert "numpy" not in found


def test_a_cell_that_is_not_python_is_named():
    with pytest.raises(UsageError, match=r"notebooks/churn.ipynb: '%matplotlib inline' is not Python"):
        stages.imported("x = 1\n%matplotlib inline", "notebooks/churn.ipynb")
