"""The contract of a finding, over every file of the folder: a new file is tested the day it lands.

Most findings are asked of a comparison. One that needs more than a small one holds (a kept model, tables,
records) is held to the contract by the test of its own file, which calls `keeps_contract`; one whose subject
is no comparison names in ALONE a subject of which it cannot be asked.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import is_dataclass, replace
from types import SimpleNamespace
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest

from crmlab import params, registry
from crmlab.comparison.compare import Comparison, judged
from crmlab.comparison.run import Run
from crmlab.declare.finding import Finding
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.findings.claims import published_cohorts
from crmlab.vocabulary import CHANCE, NOT_APPLICABLE

NAMES = registry.names("findings")
ALONE: dict[str, tuple[Any, ...]] = {
    "claims/published_cohorts": ({"Short": published_cohorts.COHORTS["Regular"][:5]},),
    "claims/two_protocols": ("acquisition", "bank_marketing", None),
    "claims/leak": ("churn", ["demo_shop"]),
    "shop/ready": ("no_such_shop",),
    "shop/overview": ("no_such_shop",),
    "associations/segment_products": (pd.DataFrame({"customer": ["a"], "item": ["tea"]}),),
    "associations/reminders": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
    "associations/together_or_instead": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
    "associations/contrasts": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
    "associations/niches": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
    "associations/product_sequences": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
    "associations/up_sell": (
        pd.DataFrame({"basket": ["one"], "item": ["tea"]}),
        pd.DataFrame({"item": ["tea"]}),
    ),
    "associations/bundles": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
    "associations/product_rules": (pd.DataFrame({"basket": ["one"], "item": ["tea"]}),),
}
"""Findings that are not asked of a comparison, with a subject of which they cannot be asked."""


def judge(problem: Any, runs: list[Run]) -> Comparison:
    """Return the comparison of finished runs by the AUC."""
    part = params.Task(problem.task, ("auc",), "auc", {}, 0, {}, {})
    return judged(problem, runs, part, params.Params(1, 1, 60.0, 0.95, 50, (), {problem.task: part}))


@pytest.fixture(scope="module")
def barren(make: SimpleNamespace) -> Comparison:
    """A comparison that no finding can be asked of: a random split of one class, and no method answered."""
    problem = make.resampled()
    solution = problem.solution.assign(outcome=1).drop(columns="value")
    runs = [Run("lifetime/bg_nbd", "BG/NBD", None, {}, "none", NOT_APPLICABLE, "no purchase history")]
    return judge(replace(problem, solution=solution), runs)


@pytest.fixture(scope="module")
def fertile(make: SimpleNamespace) -> Comparison:
    """A comparison over time of two methods with an inner hold-out and fitted parameters, and chance."""
    problem = make.rolling(n=300)
    rng = np.random.default_rng(3)
    rows = problem.rows.assign(frequency=np.where(problem.rows.index % 6 == 0, 4.0, 0.0))
    runs = [
        make.answered(problem, "sharp", label="Sharp", answer=lambda f, s: s["outcome"] + rng.random(len(s))),
        make.answered(problem, "same", label="Base rate", control=CHANCE, answer=lambda f, s: 0.5),
    ]
    told = {"parameters": {"r": 0.5}, "standard_errors": {"r": 0.1}}
    inner = runs[0].answers.assign(score=lambda a: a["score"] / 2)
    runs[0] = replace(runs[0], inner=inner, details=dict.fromkeys(problem.fold_numbers(), told))
    compared = judge(replace(problem, rows=rows), runs)
    return replace(compared, economics=make.KEEPING)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_one_entry_point_that_says_when_it_does_not_apply(name):
    module = registry.module("findings", name)
    parameters = list(inspect.signature(module.find).parameters.values())
    assert parameters[0].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert "Raises NotApplicable" in " ".join(module.find.__doc__.split())
    assert not hasattr(module, "of")
    (defined,) = (n for n in ast.parse(inspect.getsource(module)).body if getattr(n, "name", "") == "find")
    result = getattr(module, ast.unparse(defined.returns))
    assert is_dataclass(result)
    assert result.__dataclass_params__.frozen
    assert get_type_hints(result).get("table") is pd.DataFrame or isinstance(
        vars(result).get("table"), property
    )


@pytest.mark.parametrize("name", NAMES)
def test_where_it_does_not_apply_it_says_why(name, barren):
    subjects = ALONE.get(name, (barren,))
    with pytest.raises(NotApplicable) as refused:
        registry.module("findings", name).find(*subjects)
    reason = str(refused.value)
    assert len(reason.split()) > 2
    assert not reason.endswith(".")


def made(name: str, subjects: tuple[Any, ...]) -> Finding | None:
    """Return what a finding makes of a comparison, None where it needs more than that one holds."""
    try:
        return registry.module("findings", name).find(*subjects)
    except CrmlabError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_has_sentences_a_table_and_a_head(name, fertile, keeps_contract, project, request):
    """Where it needs more (a kept model, tables, records), its own test keeps the contract."""
    found = made(name, (fertile,)) if name not in ALONE else None
    if found is None:
        folder, leaf = name.split("/")
        file = request.path.parent / folder / f"test_{leaf}.py"
        assert "keeps_contract(" in file.read_text(encoding="utf-8"), f"{file} has to call keeps_contract"
        return
    again = made(name, (fertile,))
    keeps_contract(found)
    assert found.sentences == again.sentences
    pd.testing.assert_frame_equal(found.table, again.table)
    pd.testing.assert_frame_equal(found.head(), again.head())


OF_A_SHOP = ("trust/alarm", "trust/new_products", "trust/return_curve", "trust/season")
"""Questions about the dated tables behind a comparison, which the fertile one does not have."""


def test_the_fertile_comparison_answers_most_that_it_could(fertile, project):
    asked = [name for name in NAMES if name not in (*ALONE, *OF_A_SHOP)]
    assert {*OF_A_SHOP} <= {*NAMES}
    assert sum(made(name, (fertile,)) is not None for name in asked) >= len(asked) / 2
