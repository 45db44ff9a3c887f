"""The contract of the folder notebooks/: prose, parameters, calls and pictures, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from crmlab import registry
from crmlab.pipeline import normalise, notebook

FOLDER = Path(__file__).parents[2] / "notebooks"
START = FOLDER / "start.ipynb"
"""The first page, which asks nothing."""
NOTEBOOKS = sorted(set(FOLDER.glob("*.ipynb")) - {START})
COMPARISONS = [p for p in NOTEBOOKS if p.stem in registry.names("tasks")]
LINES = 60
LAST = "record(comparison, output"
GIVEN = {"across": {"output": "pipeline"}, "protocols": {"problem": "cdnow", "second": "cdnow_39w"}}
"""What the command gives a notebook that is not about one problem alone."""


def name(path):
    """Return a notebook's name, for the list of tests."""
    return path.stem


@pytest.fixture(params=NOTEBOOKS, ids=name)
def path(request):
    """One notebook's file."""
    return request.param


@pytest.fixture
def cells(path):
    """The cells of one notebook."""
    return nbformat.read(path, as_version=4).cells


def tagged(cells, tag):
    """Return the cells with a tag."""
    return [c for c in cells if tag in c.metadata.get("tags", [])]


def code(cells):
    """Return the code cells."""
    return [c for c in cells if c.cell_type == "code"]


def test_there_is_one_notebook_per_question():
    assert {p.stem for p in NOTEBOOKS} >= {"data", "across", *registry.names("tasks")}
    assert len(COMPARISONS) >= 3


def test_the_file_is_valid_and_stripped(path, cells):
    content = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(content)
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert content["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    }
    assert all(c.outputs == [] and c.execution_count is None for c in code(cells))
    assert all(set(c.metadata) <= {"tags"} for c in cells)


def test_cells_have_names_and_no_positions(cells):
    ids = [c["id"] for c in cells]
    assert len(ids) == len(set(ids))
    for name in ids:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name), name
        assert not re.search(r"\d+$", name), f"{name} is a position, not a name"


def test_executed_copies_keep_the_names(path):
    executed = nbformat.read(path, as_version=4)
    names = [c["id"] for c in executed.cells]
    tags = {"tags": [normalise.INJECTED]}
    executed.cells.insert(3, nbformat.v4.new_code_cell('problem = "cdnow"', metadata=tags))
    kept = [c["id"] for c in normalise.normalised(executed).cells]
    assert kept == [*names[:3], "injected-parameters", *names[3:]]


def test_the_parameters_cell_is_plain(path, cells):
    given = GIVEN.get(path.stem, {"problem": "cdnow", "output": "pipeline"})
    notebook.check_parameters(nbformat.read(path, as_version=4), given, where=path.name)
    (parameters,) = tagged(cells, "parameters")
    lines = parameters.source.splitlines()
    assert 'output = "scratch"' in lines or "output" not in given
    assert 'problem = "demo_shop"' in lines or path.stem in GIVEN


def test_code_is_short_and_defines_nothing(cells):
    text = "\n".join(c.source for c in code(cells))
    assert sum(bool(line.strip()) for line in text.splitlines()) < LINES
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
    found = [type(node).__name__ for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    assert found == []


def test_no_path_and_no_number_is_typed(cells):
    for part in code(cells):
        strings = [n.value for n in ast.walk(ast.parse(part.source)) if isinstance(n, ast.Constant)]
        assert not any(isinstance(s, str) and ("/" in s or "\\" in s) for s in strings)
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert not re.search(r"(^|[\s(])(/|~/|[A-Z]:\\)\w", prose)
    # a conclusion is computed: no result stands in the prose
    assert not re.search(r"\d\.\d{2,}|\d ?%", prose)


def test_prose_goes_before_code(cells):
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert "**" in cells[0].source, "the question is set in bold"


def test_pictures_are_called_by_names_that_exist(cells):
    called = [
        node.args[0].value
        for part in code(cells)
        for node in ast.walk(ast.parse(part.source))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "picture"
    ]
    assert called
    assert set(called) <= set(registry.names("plots"))


@pytest.mark.parametrize("path", COMPARISONS, ids=name)
def test_a_comparison_opens_with_the_answer(path):
    question, parameters, answer, *_ = nbformat.read(path, as_version=4).cells
    # so little goes before that the answer stands on the first screen
    assert len(question.source.splitlines()) <= 3
    assert len(parameters.source.splitlines()) == 3
    assert len(answer.source.splitlines()) <= 9
    assert answer.source.splitlines()[-1].startswith("story.answer(comparison, ")
    assert "output=output" in answer.source


@pytest.mark.parametrize("path", COMPARISONS, ids=name)
def test_a_comparison_ends_with_its_record(path):
    parts = code(nbformat.read(path, as_version=4).cells)
    # lists that were shown are handed over
    assert parts[-1].source.startswith(LAST)
    assert len(parts[-1].source.splitlines()) == 1
    assert "volatile" in parts[-1].metadata["tags"]
    costs = [p for p in parts if "costs()" in p.source]
    assert [p.metadata.get("tags") for p in costs] == [["volatile"]]
    assert any("story.verdict(comparison)" in p.source for p in parts)
    assert any(f'compare("{path.stem}", problem, fresh=fresh)' in p.source for p in parts)


def test_the_first_page_is_stripped_short_and_its_links_lead_somewhere():
    content = nbformat.read(START, as_version=4)
    nbformat.validate(content)
    assert all(c.outputs == [] and c.execution_count is None for c in code(content.cells))
    assert [c.source.splitlines()[-1] for c in code(content.cells)] == ["story.questions()", "story.shops()"]
    prose = "\n".join(c.source for c in content.cells if c.cell_type == "markdown")
    links = re.findall(r"\]\((.+?)\)", prose)
    assert links
    assert all((FOLDER / link).is_file() for link in links)
