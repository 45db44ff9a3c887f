"""pyproject.toml, requirements.lock and environment.yml agree; the README shows the committed numbers."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text()
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads(PYPROJECT)["project"]


def tool(name):
    """Return a module of tools/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


environment = tool("environment")
PINS = environment.pins(LOCK)
DIRECT = environment.direct(PYPROJECT)


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_a_direct_dependency_is_locked_within_its_range(requirement):
    pinned = PINS[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pinned), f"{requirement} is locked at {pinned}"


def test_environment_is_what_the_lock_makes():
    assert (ROOT / "environment.yml").read_text() == environment.environment(PYPROJECT, LOCK)


def test_environment_has_the_lock_s_pins():
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    (packages,) = [part["pip"] for part in content["dependencies"] if isinstance(part, dict)]
    named = {canonicalize_name(re.match(r"[\w.-]+", p)[0]): p.partition("==")[2] for p in packages}
    assert named == {canonicalize_name(r.name): PINS[canonicalize_name(r.name)] for r in DIRECT}
    python = next(p for p in content["dependencies"] if str(p).startswith("python="))
    assert Version(python.partition("=")[2]) in SpecifierSet(PROJECT["requires-python"])


def test_every_locked_package_has_hashes_and_no_address():
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) >= len(PINS)
    for entry in entries:
        head, *hashes = [line.strip(" \\") for line in entry.splitlines()]
        assert re.match(r"[\w.-]+==\S+( ; .+)?$", head), head
        assert hashes, f"{head} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", h) for h in hashes), head
    assert "://" not in LOCK
    assert " @ " not in LOCK


def test_a_package_has_one_version_for_each_python():
    """Where two versions are locked, their markers exclude each other."""
    named = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$", LOCK, flags=re.MULTILINE)
    for python in ("3.11", "3.12"):
        here = {"python_version": python, "python_full_version": f"{python}.7"}
        chosen = [name for name, _, marker in named if not marker or Marker(marker).evaluate(here)]
        assert len(chosen) == len(set(chosen))
        assert {canonicalize_name(r.name) for r in DIRECT} <= {canonicalize_name(name) for name in chosen}


def test_locked_markers_can_be_read():
    markers = re.findall(r"^\S+==\S+ ; (.+?) \\$", LOCK, flags=re.MULTILINE)
    assert markers
    for marker in markers:
        assert isinstance(Marker(marker).evaluate(), bool)


def test_a_dependency_that_is_not_locked_is_an_error():
    with pytest.raises(KeyError, match="duckdb"):
        environment.environment(PYPROJECT, LOCK.replace("duckdb==", "duckdb-other=="))


def test_the_command_is_installed_and_the_versions_agree():
    assert PROJECT["scripts"] == {"crmlab": "crmlab.cli:main"}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]


# --- README ---------------------------------------------------------------------------------------
def test_the_readme_s_results_are_the_committed_ones(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme = tool("readme")
    if not list(ROOT.glob("experiments/scores/*/*.json")):
        pytest.skip("no scores are committed yet")
    text = readme.README.read_text()
    table = readme.board.markdown(readme.board.board())
    assert readme.with_results(text, table) == text, "run: python tools/readme.py"


def scores(problem):
    """Return the committed scores of a problem, or skip."""
    path = ROOT / "experiments" / "scores" / f"{problem}.json"
    if not path.is_file():
        pytest.skip(f"no scores of {problem} are committed yet")
    return json.loads(path.read_text())


def pair(problem, a, b):
    """Return what the record says of two methods, whichever comes first."""
    return next(row for row in scores(problem)["differences"] if {row["a"], row["b"]} == {a, b})


def ahead(problem, a, b):
    """Return the simultaneous interval of method a's value less method b's, by the primary metric."""
    for row in scores(problem)["differences"]:
        if (row["a"], row["b"]) == (a, b):
            return row["lower"], row["upper"]
        if (row["a"], row["b"]) == (b, a):
            return -row["upper"], -row["lower"]
    raise KeyError(f"{problem} has no pair {a}, {b}")


def test_the_readme_s_readings_of_its_table_hold():
    """Each sentence of 'Four readings of this table', by the committed numbers."""
    boosting, linear = "classification/hist_boosting", "classification/linear_svm"
    assert scores("acquisition/bank_marketing_random")["verdict"]["champion"] == boosting
    assert scores("acquisition/bank_marketing")["verdict"]["champion"] == linear
    bank = ("bank_marketing", "bank_marketing_rolling")
    held, blocks = (pair(f"acquisition/{p}", linear, boosting) for p in bank)
    assert [round(abs(held["difference"]), 3), round(held["p"], 2)] == [0.112, 0.03]
    assert held["lower"] < 0 < held["upper"]
    assert [round(abs(blocks["difference"]), 3), round(blocks["p"], 2)] == [0.016, 0.29]
    made_for_it = ("lifetime/nbd", "lifetime/pareto_nbd", "lifetime/bg_nbd")
    for model in made_for_it:
        lower, upper = ahead("churn/cdnow_39w", model, "classification/hiatus")
        assert lower < 0 < upper
        if model != "lifetime/nbd":
            assert ahead("churn/online_retail_ii", model, "classification/hiatus")[0] > 0
    for shop in ("demo_shop", "online_retail_ii", "cdnow"):
        record = scores(f"value/{shop}")
        champion = record["verdict"]["champion"]
        assert ahead(f"value/{shop}", champion, "value/trailing_value")[0] > 0
        error = {m: v["scores"]["mae"]["value"] for m, v in record["methods"].items() if v["scores"]}
        assert shop == "demo_shop" or error["value/trailing_value"] < error[champion]
        if shop == "cdnow":
            lifetime = record["methods"]["lifetime_value/pareto_nbd"]["scores"]["mae"]
            assert lifetime["upper"] < record["methods"]["value/trailing_value"]["scores"]["mae"]["lower"]
    segments = scores("segmentation/online_retail_ii")
    best = segments["methods"][segments["verdict"]["champion"]]["scores"]["value_explained"]
    assert best["lower"] > 0
    assert round(best["value"], 2) == 0.01
    simulated = scores("segmentation/demo_shop")
    best = simulated["methods"][simulated["verdict"]["champion"]]["scores"]["value_explained"]
    assert best["lower"] < 0 < best["upper"]
    assert simulated["methods"]["clustering/oracle"]["scores"]["value_explained"]["lower"] > 0


def test_a_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="no <!-- results -->"):
        tool("readme").with_results("# crmlab", "| |")


@pytest.mark.parametrize(
    "document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda p: p.name
)
def test_documents_link_to_files_that_exist(document):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


def test_the_makefile_lists_every_target():
    text = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.+)$", text, flags=re.MULTILINE)[1].split())
    described = set(re.findall(r"^([a-z-]+):.*## \S", text, flags=re.MULTILINE))
    assert phony == described
    assert phony >= {"install", "reproduce", "reproduce-all", "test", "check", "lab", "review", "clean"}
