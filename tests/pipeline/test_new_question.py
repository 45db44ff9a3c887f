"""A new question is added in a copy of the project: by files in rooms that exist, and by no stage."""

from __future__ import annotations

import json
import re

import nbformat
import pandas as pd
import pytest
import yaml
from clone import Clone
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TASK = '''"""The second purchase: which of those who have bought once will buy again?"""

from crmlab.declare.task import Task
from crmlab.history import buying
from crmlab.history.purchase_lines import purchase_lines


def population(known, *, cutoff):
    """Return `customer` for everyone with purchases on one day, from the tables as known at the cutoff."""
    lines = purchase_lines(known)
    days = lines.group_by("customer").agg(days=lines.day.nunique())
    return days.filter(days.days == 1).select("customer")


def outcomes(tables, people, window):
    """Return `customer, value, purchases, outcome`; outcome 1 = a purchase in the label window."""
    bought = buying.bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases > 0).cast("int64"))


TASK = Task(
    label="Second purchase",
    question="Which of those who have bought once will buy again?",
    kinds=("classification",),
    outcome="a purchase in the label window",
    positive="bought again",
    needs=("transactions",),
    population=population,
    first_seen=buying.first_seen,
    outcomes=outcomes,
)
'''
LIST = '''"""Remind: first buyers by their chance to come back, each worth a reminder or not."""

from dataclasses import dataclass, field

import pandas as pd

from crmlab.declare.action import Action


@dataclass(frozen=True)
class Reminders:
    """The list. table: `customer, score, expected_profit, contact`."""

    table: pd.DataFrame
    further: dict = field(default_factory=dict)

    @property
    def sentences(self):
        """Say how many are to be reminded."""
        return (f"{(self.table['contact'] == 'contact').sum()} of {len(self.table)} are to be reminded.",)

    def head(self, count=15):
        """Return the top of the list."""
        return self.table.head(count).set_index("customer")


def make(comparison, *, reasoned=0):
    """Return the list of the last window, by the champion's scores."""
    fold, run = comparison.problem.last_fold(), comparison.run_of(comparison.chosen)
    own = run.answers[run.answers["fold"] == fold.number].set_index("row_id")
    table = fold.test_rows[["customer"]].assign(score=own.loc[fold.test_row_ids, "score"].to_numpy())
    prices = comparison.economics
    table["expected_profit"] = prices["margin_mean"] * table["score"] - prices["contact_cost"]
    table["contact"] = (table["expected_profit"] > 0).map({True: "contact", False: "not worth it"})
    return Reminders(table.sort_values("score", ascending=False, ignore_index=True))


PRICES = ("margin_mean", "contact_cost")
ACTION = Action("Whom to remind", tasks=("second_purchase",), make=make, prices=PRICES)
'''
SECTION = {
    "metrics": ["auc", "brier", "acquisition_profit"],
    "primary": "auc",
    "economics": {"contact_cost": 2.5, "margin_mean": 20.0, "margin_shape": 4.0, "accept_rate": 1.0},
    "stability_refits": 0,
    "refits": 1,
    "inner_share": 0.0,
    "methods": {"classification": {"prevalence": {}, "logit": {"C": 1.0}}},
}
PROBLEM = {
    "task": "second_purchase",
    "problem": "demo_shop",
    "dataset": "demo_shop",
    "protocol": "rolling",
    "features": ["purchases", "basket"],
    "horizon_days": 90,
    "gap_days": 0,
    "train_cutoffs": ["2024-01-01"],
    "test_cutoffs": ["2024-07-01"],
    "replicates": 100,
}
CELLS = {
    "first": new_markdown_cell("# The second purchase\n\n**Which of those who have bought once come back?**"),
    "parameters": new_code_cell('problem = "demo_shop"\noutput = "scratch"\nfresh = False'),
    "comparison": new_code_cell(
        "from crmlab import story\n"
        "from crmlab.comparison.compare import compare\n"
        "from crmlab.story.record import record\n\n"
        'comparison = compare("second_purchase", problem, fresh=fresh)'
    ),
    "board": new_code_cell('story.picture("board", comparison)'),
    "verdict": new_code_cell("story.verdict(comparison)"),
    "record": new_code_cell("record(comparison, output)"),
}
STAGE = "comparison@second_purchase-demo_shop"
SCORES = "experiments/scores/second_purchase/demo_shop.json"
PAGE = "\n## The second purchase\n\nWho bought on one day before the cutoff; 1 is a purchase in the window.\n"
MOST = 6
"""How many files a new question may touch; its test, which is this one, is the sixth."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with one more question, its tables not made yet."""
    made = Clone(tmp_path_factory.mktemp("asked") / "clone")
    (made.folder / "src/crmlab/tasks/second_purchase.py").write_text(TASK, encoding="utf-8")
    (made.folder / "src/crmlab/actions/remind.py").write_text(LIST, encoding="utf-8")
    with (made.folder / "docs/protocols.md").open("a", encoding="utf-8") as page:
        page.write(PAGE)
    for name, cell in CELLS.items():
        cell["id"] = name
        cell.metadata = {"tags": ["parameters"]} if name == "parameters" else {}
    nbformat.write(new_notebook(cells=list(CELLS.values())), made.folder / "notebooks/second_purchase.ipynb")
    path = made.folder / "params.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | {"second_purchase": SECTION}
    content["problems"]["second_purchase-demo_shop"] = PROBLEM
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return made


def test_a_question_is_few_files_and_no_stage(clone):
    touched = clone.run("git", "status", "--porcelain", "--untracked-files=all").split()[1::2]
    assert sorted(touched) == [
        "docs/protocols.md",
        "notebooks/second_purchase.ipynb",
        "params.yaml",
        "src/crmlab/actions/remind.py",
        "src/crmlab/tasks/second_purchase.py",
    ]
    assert len([*touched, "the test"]) <= MOST
    assert "of 7 tasks" in clone.run("crmlab", "params")
    assert STAGE in clone.run("dvc", "stage", "list", "--name-only").split()
    clone.run("crmlab", "sources")
    behind = json.loads((clone.folder / "data/sources/second_purchase.json").read_text(encoding="utf-8"))
    assert {"crmlab/plots/board.py", "crmlab/methods/classification/logit.py"} <= set(behind)
    assert (clone.folder / "data/sources/problem-second_purchase.json").is_file()


def test_no_code_knows_the_questions_by_name(clone):
    said = clone.run("crmlab", "compare", "second_purchase", "demo_shpo", code=2)
    assert re.search("second_purchase has no problem 'demo_shpo'. Did you mean 'demo_shop'", said)


@pytest.mark.slow
def test_a_question_is_answered(clone):
    for words in (
        "fetch demo_shop",
        "tables demo_shop",
        "problem second_purchase demo_shop",
        "notebook second_purchase demo_shop",
    ):
        clone.run("crmlab", *words.split())
    record = json.loads((clone.folder / SCORES).read_text(encoding="utf-8"))
    assert set(record["methods"]) >= {"classification/prevalence", "classification/logit"}
    assert record["verdict"]["sentences"]
    assert "second_purchase/demo_shop" in clone.run("crmlab", "board")
    listed = pd.read_parquet(clone.folder / "experiments/actions/second_purchase/demo_shop/remind.parquet")
    assert len(listed) == len(set(listed["customer"])) > 100
    assert set(listed["contact"]) <= {"contact", "not worth it"}
