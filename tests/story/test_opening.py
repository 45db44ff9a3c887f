"""The opening says what the verdict says, shows the first methods, and names the files that come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crmlab import params, story
from crmlab.comparison.choice import Recommendation
from crmlab.comparison.compare import judged
from crmlab.errors import UsageError
from crmlab.story.prose import Missing
from crmlab.vocabulary import CHANCE, STATUS_QUO


@pytest.fixture(scope="module")
def comparison(make):
    """Two that are never wrong, four that are wrong ever more often, the status quo, and chance."""
    problem = make.rolling()

    def method(name, wrong):
        def answer(fact, solution):
            is_wrong = np.arange(len(solution)) % 10 < wrong
            return np.where(is_wrong, 1 - solution["outcome"], solution["outcome"])

        return make.answered(problem, name, label=name.upper(), answer=answer)

    runs = [method(name, wrong) for name, wrong in zip("abcdef", (0, 0, 2, 3, 4, 5), strict=True)]
    runs += [
        make.answered(problem, "rule", label="Rule", control=STATUS_QUO, answer=lambda f, s: -s["outcome"]),
        make.answered(problem, "base", label="Base rate", control=CHANCE, answer=lambda f, s: 0.5),
    ]
    part = params.Task("churn", ("auc",), "auc", {}, 0, {}, {})
    return judged(problem, runs, part, params.Params(1, 1, 60.0, 0.95, 50, (), {"churn": part}))


class Found:
    """A finding of two sentences."""

    sentences = ("Of 60 customers 3 are to be contacted.", "A second one.")


def test_the_verdict_comes_first_then_the_first_sentence_of_each_finding(comparison):
    paragraphs = str(story.answer(comparison, Found()).prose).split("\n\n")
    assert paragraphs[0] == f"**{comparison.verdict.sentences[0]}**"
    assert paragraphs[1] == comparison.verdict.sentences[1]
    assert paragraphs[2] == Found.sentences[0]
    assert "A second one" not in " ".join(paragraphs)


def test_why_there_is_no_list_is_said_in_its_place(comparison):
    assert "nobody has a price" in story.answer(comparison, Missing("*nobody has a price*")).prose


def test_the_table_has_the_first_five_and_the_status_quo_and_no_mark_of_chance(comparison):
    table = story.answer(comparison).head
    assert list(table.index) == ["A", "B", "C", "D", "E", "Rule (status quo)"]
    assert table["AUC"].str.fullmatch(r"[01]\.\d{3}(\u00a0\[.+\])?").all()
    assert list(table["Against the best"]) == ["is the best", "equivalent", *["behind"] * 4]


def test_chance_stands_in_the_table_where_nobody_is_better(comparison):
    verdict = comparison.verdict
    undecided = replace(verdict, against={**verdict.against, "classification/base": "undecided"})
    table = story.answer(replace(comparison, verdict=undecided)).head
    assert list(table.index)[-1] == "Base rate (chance)"
    assert table["Against the best"].iloc[-1] == "undecided"


def test_which_segmentation_to_use_stands_in_the_place_of_the_best_by_one_number(comparison):
    table = comparison.ranking().head(1)
    shown = story.answer(comparison, use=Recommendation("x", table, ("Stay with RFM.", "Because.")))
    assert str(shown.prose).startswith("**Stay with RFM.**\n\nBecause.")
    assert shown.head is table


@pytest.mark.parametrize(
    ("output", "folder"),
    [
        ("pipeline", "`experiments/scores/churn/{name}.json`"),
        ("scratch", "`experiments/scratch/churn/{name}/scores.json`"),
    ],
)
def test_the_files_are_those_that_the_last_cell_writes(comparison, output, folder):
    said = story.answer(comparison, output=output).prose
    assert folder.format(name=comparison.name) in said
    assert "crmlab act" in said


def test_a_list_for_today_is_promised_only_where_rows_have_dates(comparison, make):
    told = replace(comparison, problem=make.resampled())
    assert "crmlab act" not in story.answer(told).prose


def test_another_output_is_refused(comparison):
    with pytest.raises(UsageError, match="'pipeline' or 'scratch'"):
        story.answer(comparison, output="pipelin")
