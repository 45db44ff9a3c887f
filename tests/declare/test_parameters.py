"""Tunable parameters: what a signature declares, what is refused, and that every method says its ranges."""

from __future__ import annotations

import ast
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmlab import params, registry
from crmlab.declare.parameters import REQUIRED, Choices, Parameter, Range, checked, schema
from crmlab.errors import USAGE, UsageError

PARAMS = Path(__file__).parents[2] / "params.yaml"
FREE_TEXTS = {"column", "age", "recency", "frequency", "monetary"}
"""Parameters that name a column of the data: only the data know which there are."""


# --- rules --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "fits", "refused", "words"),
    [
        (Range(above=0), [0.001, 1, 10**400], [0, -1], "must be above 0"),
        (Range(1, 255), [1, 255], [0, 256], "must be at least 1 and at most 255"),
        (Range(0, below=1), [0, 0.999], [-0.1, 1], "must be at least 0 and below 1"),
        (Range(above=0, high=1), [0.5, 1.0], [0.0, 1.5], "must be above 0 and at most 1"),
        (Range(2, 131072), [131072], [131073], "must be at least 2 and at most 131072"),
        (Range(3, 3), [3], [2], "must be at least 3 and at most 3"),
        (Choices("l1", "l2"), ["l1", "l2"], ["ridge"], "must be one of 'l1', 'l2'"),
        (Choices(1, 2), [1, 2], [3], "must be one of 1, 2"),
    ],
)
def test_a_rule_says_what_fits(rule, fits, refused, words):
    assert [rule.refusal(value) for value in fits] == [None] * len(fits)
    assert [rule.refusal(value) for value in refused] == [words] * len(refused)


@pytest.mark.parametrize("rule", [Range(), Range(0), Range(above=0, below=1)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1"])
def test_what_is_no_finite_number_is_out_of_any_range(rule, value):
    assert rule.refusal(value) == "must be a finite number"


def test_a_mistyped_choice_asks_did_you_mean():
    said = Choices("bg_nbd", "pareto_nbd").refusal("pareto-nbd")
    assert said == "must be one of 'bg_nbd', 'pareto_nbd'. Did you mean 'pareto_nbd'?"


# --- reading ------------------------------------------------------------------------------------
def declared(signature):
    """Return the schema of a function with this signature."""
    return schema(ast.parse(f"def rule({signature}):\n    pass\n").body[0])


@pytest.mark.parametrize(
    ("signature", "parameter"),
    [
        ("C: Annotated[float, Range(above=0)] = 1.0", ("C", 1.0, float, False, Range(above=0))),
        ("k: Annotated[int | None, Range(1)] = None", ("k", None, int, True, Range(1))),
        ("low: Annotated[float, Range(-1.5, high=2)] = 0", ("low", 0, float, False, Range(-1.5, 2))),
        ('to: typing.Annotated[str, Choices("a")] = "a"', ("to", "a", str, False, Choices("a"))),
        ('columns: Sequence[str] = ("a", "b")', ("columns", ("a", "b"), list, False, None)),
        ("both: bool = False", ("both", False, bool, False, None)),
        ("share: float", ("share", REQUIRED, float, False, None)),
        ("share", ("share", REQUIRED, None, False, None)),
        ("share=0.5", ("share", 0.5, float, False, None)),
        ("columns=('a',)", ("columns", ("a",), list, False, None)),
        ("share=None", ("share", None, None, True, None)),
        ("*, share: float = 0.5", ("share", 0.5, float, False, None)),
    ],
)
def test_a_signature_is_read(signature, parameter):
    assert list(declared(signature).values()) == [Parameter(*parameter)]


def test_the_seed_is_not_tunable():
    assert list(declared("C: float = 1.0, seed: int = 0")) == ["C"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "Range(lowest)",
            r"rule: the parameter C declares Range\(lowest\), .* read: lowest is not a literal",
        ),
        ("Range('a')", r"Range\('a'\), which cannot be read: an end must be a finite number"),
        ("Range(True)", "an end must be a finite number"),
        ("Range(2, 1)", "no number lies between the ends"),
        ("Range(above=1, below=1)", "no number lies between the ends"),
        ("Range(1, above=0)", "one side has two ends"),
        ("Range(least=1)", "unexpected keyword argument 'least'"),
        ("Choices()", "there is nothing to choose from"),
        ("Rnage(1)", r"declares Rnage\(1\), which is not one Range or Choices"),
        ("Range", "declares Range, which is not one Range or Choices"),
        ("Range(1), Range(2)", r"declares Range\(1\), Range\(2\), which is not one Range or Choices"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(rule, message):
    with pytest.raises(UsageError, match=message):
        declared(f"C: Annotated[float, {rule}] = 1.0")


# --- checking -----------------------------------------------------------------------------------
SIGNATURE = (
    "C: Annotated[float, Range(above=0)] = 1.0, k: Annotated[int | None, Range(1)] = None, "
    "steps: Annotated[int, Range(1, 9)] = 5, both: bool = False, columns: Sequence[str] = ('a',), "
    "model: Annotated[str, Choices('bg_nbd', 'pareto_nbd')] = 'bg_nbd'"
)


def test_given_values_overlay_the_defaults():
    given = {"C": 2, "k": 3, "columns": ["b"]}
    values = checked("method 'm'", declared(SIGNATURE), given)
    assert values == {"C": 2.0, "k": 3, "steps": 5, "both": False, "columns": ["b"], "model": "bg_nbd"}
    # YAML writes 1.0 as 1: the key of a run must not tell them apart
    assert type(values["C"]) is float
    assert checked("method 'm'", declared(SIGNATURE), {"k": None})["k"] is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"c": 1.0}, "method 'm' has no parameter 'c'. There is: C, both, columns, k, model, steps."),
        ({"step": 1}, "method 'm' has no parameter 'step'. Did you mean 'steps'?"),
        ({"C": "big"}, "method 'm': C = 'big' is str, not float"),
        ({"C": True}, "method 'm': C = True is bool, not float"),
        ({"C": None}, "method 'm': C = None is NoneType, not float"),
        ({"C": -1}, "method 'm': C = -1 must be above 0"),
        ({"C": math.nan}, "method 'm': C = nan must be a finite number"),
        ({"k": 0}, "method 'm': k = 0 must be at least 1"),
        ({"k": 1.5}, "method 'm': k = 1.5 is float, not int"),
        ({"steps": 10}, "method 'm': steps = 10 must be at least 1 and at most 9"),
        ({"both": 1}, "method 'm': both = 1 is int, not bool"),
        ({"columns": "a"}, "method 'm': columns = 'a' is str, not list"),
        ({"model": "nbd"}, "method 'm': model = 'nbd' must be one of 'bg_nbd', 'pareto_nbd'"),
    ],
)
def test_a_wrong_value_is_refused(given, message):
    with pytest.raises(UsageError) as caught:
        checked("method 'm'", declared(SIGNATURE), given)
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == USAGE


def test_a_parameter_without_a_default_needs_a_value():
    needed = declared("share: Annotated[float, Range(0, 1)], k: int")
    with pytest.raises(UsageError, match=r"method 'm' needs a value for share, k in params\.yaml"):
        checked("method 'm'", needed, {})
    assert checked("method 'm'", needed, {"share": 1, "k": 2}) == {"share": 1.0, "k": 2}


# --- the methods --------------------------------------------------------------------------------
def tunables():
    """Return every tunable parameter of every method, as test cases."""
    return [
        pytest.param(parameter, id=f"{name}:{parameter.name}")
        for name in registry.names("methods")
        for parameter in schema(registry.declaration("methods", name, "method")).values()
    ]


@pytest.mark.parametrize("parameter", tunables())
def test_a_method_declares_what_fits_each_parameter(parameter):
    assert parameter.kind in (int, float, str, list)
    if parameter.kind in (int, float):
        assert isinstance(parameter.rule, Range)
    if parameter.kind is str:
        assert isinstance(parameter.rule, Choices) or parameter.name in FREE_TEXTS
    assert parameter.refusal(parameter.default) is None


def test_the_command_refuses_a_value_out_of_range_before_anything_runs(tmp_path, monkeypatch):
    shutil.copy(PARAMS, tmp_path)
    monkeypatch.chdir(tmp_path)
    text = Path("params.yaml").read_text()
    assert "      logit: {C: 1.0}\n" in text
    Path("params.yaml").write_text(text.replace("      logit: {C: 1.0}\n", "      logit: {C: -1}\n"))
    with pytest.raises(UsageError, match="method 'classification/logit': C = -1 must be above 0"):
        params.load()
    ended = subprocess.run([sys.executable, "-m", "crmlab.cli", "params"], capture_output=True, text=True)
    assert ended.returncode == USAGE
    assert "method 'classification/logit': C = -1 must be above 0" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]
