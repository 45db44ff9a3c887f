"""The shape of the code: imports point down, the core is light, every file says what it is for."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "crmlab"
MODULES = sorted(p for p in PACKAGE.rglob("*.py"))
HEAVY = (
    "pandas",
    "numpy",
    "sklearn",
    "scipy",
    "mlflow",
    "ibis",
    "duckdb",
    "matplotlib",
    "seaborn",
    "pyarrow",
    "dvc",
)


def test_imports_point_down_only():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "module",
    ["cli", "errors", "params", "registry", "desk.board", "seeds", "store", "vocabulary", "history.windows"],
)
def test_the_core_is_light(module):
    code = f"import sys, crmlab.{module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def test_params_are_checked_without_a_heavy_import():
    load = "import sys; from crmlab import params; params.load()"
    code = f"{load}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def relative(path):
    """Return a module's path inside the package, as a test's name."""
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_says_what_it_is_for_and_stays_readable(path):
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "the first line says what the module is for"
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("folder", ["metrics", "features", "methods", "datasets", "tasks"])
def test_no_entry_imports_a_sibling(folder):
    """What several entries share lies in a file that starts with an underscore."""
    entries = [p for p in (PACKAGE / folder).rglob("*.py") if not p.name.startswith("_")]
    names = {".".join(("crmlab", *p.relative_to(PACKAGE).with_suffix("").parts)) for p in entries}
    assert names
    for path in entries:
        for node in ast.walk(ast.parse(path.read_text())):
            found = set()
            if isinstance(node, ast.Import):
                found = {a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom):
                found = {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
            assert not found & names, f"{relative(path)} imports {found & names}"


def test_only_store_knows_folder_names():
    """A path built elsewhere would miss the copies in which the experiment queue runs."""
    for path in MODULES:
        if path.is_relative_to(PACKAGE / "store"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                right = getattr(node.right, "value", None)
                assert right not in ("data", "experiments", "params.yaml"), relative(path)


FULL = {"plots": 50, "metrics": 80, "methods": 40, "maths": 40, "studies": 40}
"""How many files a folder of these rooms may hold, its subfolders apart; any other: 25."""


@pytest.mark.parametrize("folder", sorted({p.parent for p in MODULES}), ids=relative)
def test_a_folder_stays_small_enough_to_be_read(folder):
    files = [p for p in folder.glob("*.py") if p.name != "__init__.py"]
    room = folder.relative_to(PACKAGE).parts[:1]
    assert len(files) <= (FULL.get(room[0], 25) if room else 7)


def test_nothing_private_is_imported_from_another_folder():
    """A name or module that starts with an underscore is its own room's affair."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("crmlab"):
                continue
            for alias in node.names:
                parts = [*node.module.split(".")[1:], alias.name]
                if not any(part.startswith("_") for part in parts):
                    continue
                assert path.is_relative_to(PACKAGE / parts[0]), f"{relative(path)} imports {'.'.join(parts)}"


def named_places() -> list[str]:
    """Return every path that the pages of the documentation name."""
    pages = [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md", ROOT / "README.md"]
    found = {
        name
        for page in pages
        for name in re.findall(r"`((?:src|notebooks|docs)/[\w./-]+)`", page.read_text())
    }
    return sorted(name for name in found if "<" not in name)


@pytest.mark.parametrize("name", named_places())
def test_a_place_that_the_documentation_names_exists(name):
    assert (ROOT / name).exists()


def test_ten_changes_have_their_place():
    """Where a change goes is a table of ten rows, and each row names a place."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.split("## Where a change goes")[1].split("##")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 10
    assert all(re.search(r"`src/crmlab/[\w./]+`", row) for row in rows)


def test_no_module_keeps_state_or_a_global_seed():
    """No `global`, no seeding of a global generator: a result depends on what a function is given."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not isinstance(node, ast.Global), relative(path)
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("np.random.seed", "numpy.random.seed", "random.seed"), (
                    relative(path)
                )


def test_importing_the_package_writes_nothing(tmp_path):
    code = "import crmlab, crmlab.cli, crmlab.store, crmlab.registry"
    surroundings = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=surroundings, check=True)
    assert not list(tmp_path.iterdir())
