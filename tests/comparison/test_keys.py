"""Keys of runs: the same makings give the same key, and whatever makes a run changes it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from crmlab.comparison import keys
from crmlab.kinds import Fitting

ENVIRONMENT = {"python": "3.11", "numpy": "2.4.0"}
MADE = {
    "problem_digest": "0123",
    "method": "classification/logit",
    "parameters": {"C": 1.0},
    "fitting": Fitting(1),
    "environment": ENVIRONMENT,
}


def test_the_same_makings_give_the_same_key():
    key = keys.run_key(**MADE)
    assert key == keys.run_key(**MADE)
    assert len(key) == 20
    assert int(key, 16) >= 0


@pytest.mark.parametrize(
    "changed",
    [
        {"problem_digest": "4567"},
        {"method": "classification/tree"},
        {"parameters": {"C": 2.0}},
        {"fitting": Fitting(2)},
        {"fitting": Fitting(1, stability_refits=5)},
        {"fitting": Fitting(1, inner_share=0.2)},
        {"fitting": Fitting(1, refits=4)},
        {"fitting": Fitting(1, in_time=False)},
        {"environment": ENVIRONMENT | {"python": "3.12"}},
        {"environment": ENVIRONMENT | {"numpy": "2.4.1"}},
    ],
)
def test_whatever_makes_a_run_changes_its_key(changed):
    assert keys.run_key(**MADE) != keys.run_key(**(MADE | changed))


def test_the_order_of_parameters_does_not_change_a_key():
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert keys.run_key(**(MADE | {"parameters": one})) == keys.run_key(**(MADE | {"parameters": other}))


def test_the_environment_names_python_and_the_numerical_libraries():
    assert set(keys.environment()) == {"python", *keys.NUMERICAL_LIBRARIES}


KEYS = """
import json
from crmlab import registry
from crmlab.comparison.keys import run_key
from crmlab.kinds import Fitting
methods = ["classification/one", "classification/two", "classification/prevalence"]
made = {made!r}
def keys():
    return [run_key(**(made | {{"method": m, "parameters": {{}}}})) for m in methods]
found = [[run_key(**made)], keys()]
for path, text in {edits!r}:
    with (registry.PACKAGE / path).open("a") as file:
        file.write(text)
    found.append(keys())
print(json.dumps(found))
"""


def test_editing_a_module_changes_the_keys_of_those_that_import_it(copied_package):
    shared = "methods/classification/_shared.py"
    copied_package.add(shared, '"""What two methods share."""\nSHARE = 0.5\n')
    for name in ("one", "two"):
        copied_package.add(
            f"methods/classification/{name}.py",
            f'"""{name}"""\nfrom crmlab.methods.classification._shared import SHARE\n'
            f"from crmlab.declare.method import method\n\n"
            f"@method(label='{name}')\ndef {name}():\n    return SHARE\n",
        )
    edits = [
        (shared, "A_WORD = 1\n"),
        ("methods/classification/one.py", "A_WORD = 1\n"),
        ("metrics/auc.py", "A_WORD = 1\n"),
        ("kinds/classification.py", "A_WORD = 1\n"),
    ]
    (logit,), *found = copied_package.ask(KEYS.format(made=MADE, edits=edits))
    # another place, the same key: no path is in it
    assert logit == keys.run_key(**MADE)
    moved = [[a != b for a, b in zip(*pair, strict=True)] for pair in pairwise(found)]
    assert moved == [[True, True, False], [True, False, False], [False] * 3, [True] * 3]
