"""The folder is the registry: finding entries by path, and the source behind them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmlab import registry
from crmlab.errors import UsageError


# --- finding ------------------------------------------------------------------------------------
def test_names_are_paths():
    assert "classification/logit" in registry.names("methods")
    events = ["lifetime", "lifetime_covariates", "lifetime_value", "survival", "value"]
    assert registry.names("kinds") == ["classification", "clustering", *events]


@pytest.mark.parametrize("folder", registry.FOLDERS)
def test_shared_files_are_no_entries(folder):
    parts = [part for name in registry.names(folder) for part in name.split("/")]
    assert not [part for part in parts if part.startswith("_")]


def test_an_unknown_name_asks_did_you_mean():
    with pytest.raises(
        UsageError, match=r"no method is called 'classification/logti'\. Did you mean 'classification/logit'"
    ):
        registry.find("methods", "classification/logti")
    with pytest.raises(UsageError, match=r"no method is called 'logit'"):
        registry.defaults("logit")


def test_a_method_is_found_with_what_it_declares():
    method = registry.find("methods", "classification/prevalence")
    assert isinstance(method, registry.Method)
    assert method.control == "chance"
    assert hasattr(method(seed=3), "fit")


# --- parameters ---------------------------------------------------------------------------------
def test_parameters_overlay_the_defaults():
    forest = registry.method_parameters("classification/forest", {"n_estimators": 10})
    assert forest == {"n_estimators": 10, "min_samples_leaf": 5, "max_rows_per_tree": 60_000}
    # YAML writes 1.0 as 1: the key of a run must not tell them apart
    assert type(registry.method_parameters("classification/logit", {"C": 1})["C"]) is float


def test_the_seed_is_no_parameter():
    assert "seed" not in registry.defaults("classification/forest")
    with pytest.raises(UsageError, match="has no parameter 'seed'"):
        registry.method_parameters("classification/forest", {"seed": 1})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_estimator": 10}, r"no parameter 'n_estimator'\. Did you mean 'n_estimators'"),
        ({"n_estimators": "ten"}, "n_estimators = 'ten' is str, not int"),
        ({"n_estimators": 1.5}, "n_estimators = 1.5 is float, not int"),
        ({"n_estimators": True}, "n_estimators = True is bool, not int"),
    ],
)
def test_a_wrong_parameter_is_refused(given, message):
    with pytest.raises(UsageError, match=message) as caught:
        registry.method_parameters("classification/forest", given)
    assert caught.value.exit_code == 2


# --- the source behind an entry -----------------------------------------------------------------
def files_behind(name: str) -> set[str]:
    """Return the package-relative source files behind a method."""
    files = registry.source_files("crmlab.methods." + name.replace("/", "."))
    return {f.relative_to(registry.PACKAGE).as_posix() for f in files}


def test_imports_are_followed_transitively():
    assert files_behind("clustering/ward") == {
        "methods/clustering/ward.py",
        "methods/clustering/_segmenter.py",
        "methods/clustering/_choice.py",
        "maths/convergence.py",
        "maths/structure.py",
        "encoding.py",
        "errors.py",
        "registry.py",
        "seeds.py",
    }
    assert files_behind("classification/prevalence") == {
        "methods/classification/prevalence.py",
        "registry.py",
        "errors.py",
    }


# --- in a copy of the package -------------------------------------------------------------------
@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of the package that a test may edit."""
    copy = tmp_path / "crmlab"
    shutil.copytree(registry.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def ask(package: Path, code: str) -> object:
    """Run code on the registry of a copied package in a fresh Python and return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    script = "import json\nfrom crmlab import registry\nfrom crmlab.errors import UsageError\n" + code
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


DIGESTS = """
names = registry.names("methods")
print(json.dumps({n: registry.source_digest("crmlab.methods." + n.replace("/", ".")) for n in names}))
"""


@pytest.mark.parametrize(
    "edited", ["encoding.py", "methods/clustering/_segmenter.py", "methods/classification/logit.py"]
)
def test_an_edit_changes_the_digests_of_exactly_who_imports_it(package, edited):
    before = ask(package, DIGESTS)
    with (package / edited).open("a") as file:
        file.write("# an edit\n")
    after = ask(package, DIGESTS)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if edited in files_behind(name)}
    assert 0 < len(changed) < len(before)


def test_one_file_adds_a_method(package):
    (package / "methods" / "classification" / "coin.py").write_text(
        '"""A coin."""\n'
        "from sklearn.dummy import DummyClassifier\n"
        "from crmlab.registry import method\n\n"
        '@method(label="Coin", control="chance")\n'
        "def coin(heads: float = 0.5, seed: int = 0):\n"
        "    return DummyClassifier(strategy='uniform', random_state=seed)\n"
    )
    found = ask(
        package,
        'name = "classification/coin"\n'
        'print(json.dumps([name in registry.names("methods"), registry.find("methods", name).label,'
        ' registry.method_parameters(name, {"heads": 1})]))',
    )
    assert found == [True, "Coin", {"heads": 1.0}]


def test_a_missing_library_hides_one_method_and_says_so(package):
    (package / "methods" / "classification" / "exotic.py").write_text(
        '"""Needs what is not there."""\nimport no_such_library\n'
    )
    said = ask(
        package,
        "try:\n"
        '    registry.find("methods", "classification/exotic")\n'
        "except UsageError as error:\n"
        '    print(json.dumps([str(error), len(registry.names("methods"))]))',
    )
    assert said == [
        "methods/classification/exotic needs the library 'no_such_library', which is not installed",
        len(registry.names("methods")) + 1,
    ]


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_declares_exactly_one_method(package, count):
    text = '"""Too few or too many."""\nfrom crmlab.registry import method\n'
    text += "".join(f'\n@method(label="M{i}")\ndef m{i}():\n    return None\n' for i in range(count))
    (package / "methods" / "classification" / "several.py").write_text(text)
    said = ask(
        package,
        "try:\n"
        '    registry.find("methods", "classification/several")\n'
        "except UsageError as error:\n"
        "    print(json.dumps(str(error)))",
    )
    assert f"several.py declares {count} methods; a file declares exactly one" in said


def test_listing_imports_nothing_heavy(package):
    loaded = ask(
        package,
        "import sys\n"
        'registry.names("methods"); registry.method_parameters("classification/forest", {})\n'
        'print(json.dumps([m for m in ("sklearn", "numpy", "pandas", "lightgbm") if m in sys.modules]))',
    )
    assert loaded == []
