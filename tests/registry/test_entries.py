"""Entries are found by their path, one file declares one, and listing imports nothing."""

from __future__ import annotations

import pytest

from crmlab import registry
from crmlab.declare.method import Method
from crmlab.errors import UsageError


def test_names_are_paths():
    assert "classification/logit" in registry.names("methods")
    events = ["lifetime", "lifetime_covariates", "lifetime_value", "recommendation", "survival", "value"]
    assert registry.names("kinds") == ["classification", "clustering", *events]


@pytest.mark.parametrize("folder", registry.FOLDERS)
def test_shared_files_are_no_entries(folder):
    parts = [part for name in registry.names(folder) for part in name.split("/")]
    assert parts
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
    assert isinstance(method, Method)
    assert method.control == "chance"
    assert hasattr(method(seed=3), "fit")


# --- in a copy of the package -------------------------------------------------------------------
SAID = """
import json
from crmlab import registry
from crmlab.errors import UsageError
try:
    registry.find("methods", "classification/{name}")
except UsageError as error:
    print(json.dumps(str(error)))
"""


def test_one_file_adds_a_method(copied_package):
    copied_package.add(
        "methods/classification/coin.py",
        '"""A coin."""\n'
        "from sklearn.dummy import DummyClassifier\n"
        "from crmlab.declare.method import method\n\n"
        '@method(label="Coin", control="chance")\n'
        "def coin(heads: float = 0.5, seed: int = 0):\n"
        "    return DummyClassifier(strategy='uniform', random_state=seed)\n",
    )
    found = copied_package.ask(
        'import json\nfrom crmlab import registry\nname = "classification/coin"\n'
        'print(json.dumps([name in registry.names("methods"), registry.find("methods", name).label,'
        ' registry.method_parameters(name, {"heads": 1})]))'
    )
    assert found == [True, "Coin", {"heads": 1.0}]


def test_a_missing_library_hides_one_method_and_says_so(copied_package):
    text = '"""Needs what is not there."""\nimport no_such_library\n'
    copied_package.add("methods/classification/exotic.py", text)
    assert copied_package.ask(SAID.format(name="exotic")) == (
        "methods/classification/exotic needs the library 'no_such_library', which is not installed"
    )
    listed = copied_package.ask(
        'import json\nfrom crmlab import registry\nprint(json.dumps(registry.names("methods")))'
    )
    assert sorted([*registry.names("methods"), "classification/exotic"]) == listed


BROKEN = {
    "no Python": ("x = (\n", "line 1: SyntaxError: '(' was never closed"),
    "a name that is not there": (
        "from sklearn.dummy import NoSuch\n",
        "line 1: ImportError: cannot import name 'NoSuch'",
    ),
    "a module that is not there": (
        "import crmlab.no_such\n",
        "line 1: ModuleNotFoundError: No module named 'crmlab.no_such'",
    ),
    "an error": ("\n1 / 0\n", "line 2: ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_cannot_be_imported_names_its_line(copied_package, broken):
    text, says = BROKEN[broken]
    copied_package.add("methods/classification/exotic.py", text)
    said = copied_package.ask(SAID.format(name="exotic"))
    assert said.startswith(f"source/crmlab/methods/classification/exotic.py, {says}")
    assert said.endswith("Mend the file, and start again")


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_declares_exactly_one_method(copied_package, count):
    text = '"""Too few or too many."""\nfrom crmlab.declare.method import method\n'
    text += "".join(f'\n@method(label="M{i}")\ndef m{i}():\n    return None\n' for i in range(count))
    copied_package.add("methods/classification/several.py", text)
    said = copied_package.ask(SAID.format(name="several"))
    assert f"several.py declares {count} methods; a file declares exactly one" in said


def test_listing_imports_nothing_heavy(copied_package):
    loaded = copied_package.ask(
        "import json, sys\nfrom crmlab import registry\n"
        'registry.names("methods"); registry.method_parameters("classification/forest", {})\n'
        'print(json.dumps([m for m in ("sklearn", "numpy", "pandas", "lightgbm") if m in sys.modules]))'
    )
    assert loaded == []
