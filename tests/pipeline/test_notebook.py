"""Notebooks are executed strictly: each way in which papermill alone would say 'fine' is an error here."""

from __future__ import annotations

import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlab import store
from crmlab.errors import CrmlabError, DataError, UsageError
from crmlab.pipeline import notebook

PARAMETERS = 'problem = "demo_shop"\nfresh = False\nshare = 0.5'


def cell(source, *tags, **more):
    """Return a code cell with tags."""
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, **more)


@pytest.fixture
def write(project):
    """Return a function that writes the notebook `tiny` of the given cells."""

    def make(*cells, parameters=PARAMETERS):
        first = [cell(parameters, "parameters")] if parameters is not None else []
        made = new_notebook(cells=[*first, *cells])
        folder = project / "notebooks"
        folder.mkdir(exist_ok=True)
        nbformat.write(made, folder / "tiny.ipynb")
        return made

    return make


def run(target, **parameters):
    """Execute the notebook `tiny`; return it as it was executed."""
    notebook.execute("tiny", parameters, target)
    return nbformat.read(target, as_version=4)


def printed(executed):
    """Return the text that each code cell printed."""
    code = [c for c in executed.cells if c.cell_type == "code"]
    return ["".join(o.get("text", "") for o in c.outputs) for c in code]


# --- executing ----------------------------------------------------------------------------------
def test_two_executions_give_the_same_bytes(write, project):
    write(
        new_markdown_cell("Prose"),
        cell("import sys, time, pathlib\nprint(problem, fresh, share, pathlib.Path.cwd())"),
        cell(
            "for i in range(3):\n    print(i, flush=True)\n    time.sleep(0.02)\nprint('!', file=sys.stderr)"
        ),
        cell("object()"),
        cell("time.time()", "volatile"),
    )
    first = run(project / "first.ipynb", problem="cdnow", fresh=True)
    run(project / "second.ipynb", problem="cdnow", fresh=True)
    assert (project / "first.ipynb").read_bytes() == (project / "second.ipynb").read_bytes()
    shown = printed(first)
    # papermill adds a cell with the parameters that were given
    assert shown[2] == "cdnow True 0.5 .\n"
    source = [c["id"] for c in nbformat.read(project / "notebooks/tiny.ipynb", as_version=4).cells]
    assert [c["id"] for c in first.cells] == [source[0], "injected-parameters", *source[1:]]
    assert shown[3] == "0\n1\n2\n!\n"
    assert first.cells[-2].outputs[0]["data"]["text/plain"] == "<object at 0x0>"
    assert first.cells[-1].outputs == []
    assert set(first.metadata) <= {"kernelspec"}


def test_the_kernel_computes_in_one_thread_and_leaves_our_environment_alone(write, project, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    write(cell("import os\nprint(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"))
    assert printed(run(project / "done.ipynb"))[-1] == "1 1\n"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_a_failing_cell_keeps_the_partial_notebook(write, project):
    write(cell("print('before')"), cell("1 / 0"), cell("print('never')"))
    with pytest.raises(CrmlabError, match="ZeroDivisionError: division by zero") as raised:
        run(project / "out.ipynb")
    assert raised.value.exit_code == 1
    assert "experiments/failed/tiny-out.ipynb" in str(raised.value)
    assert not (project / "out.ipynb").exists()
    kept = nbformat.read(project / "experiments/failed/tiny-out.ipynb", as_version=4)
    assert "before\n" in printed(kept)
    assert "never\n" not in printed(kept)


def test_an_exit_half_way_is_no_success(write, project):
    write(cell("import sys; sys.exit(0)"), cell("print('never')"))
    with pytest.raises(CrmlabError, match=r"1 of 3 code cells did not run, the first is code cell 3"):
        run(project / "out.ipynb")
    assert not (project / "out.ipynb").exists()


def test_an_exit_at_the_end_is_no_success():
    ended = new_output("error", ename="SystemExit", evalue="0", traceback=[])
    executed = new_notebook(cells=[cell("sys.exit(0)", execution_count=1, outputs=[ended])])
    assert notebook._not_run(executed) == "code cell 1 ended with SystemExit"
    assert notebook._not_run(None) == "papermill left no notebook"


def test_a_dying_kernel_is_said(write, project):
    write(cell("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(CrmlabError, match="the kernel died") as raised:
        run(project / "out.ipynb")
    assert raised.value.exit_code == 1


# --- parameters ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"problm": "cdnow"}, "has no parameter 'problm'. Did you mean 'problem'?"),
        ({"fresh": 1}, "fresh = 1 is int, not bool"),
        ({"problem": True}, "problem = True is bool, not str"),
        ({"share": "half"}, "share = 'half' is str, not float"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(write, project, given, message):
    write(cell("raise RuntimeError('must not run')"))
    with pytest.raises(UsageError) as raised:
        run(project / "out.ipynb", **given)
    assert message in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([cell(PARAMETERS)], "0 cells tagged 'parameters'"),
        ([cell(PARAMETERS, "parameters"), cell(PARAMETERS, "parameters")], "2 cells tagged 'parameters'"),
        ([cell("fresh: bool = False", "parameters")], "line 1 of the parameters cell is no plain assignment"),
        ([cell("a = 1\nb = a + 1", "parameters")], "line 2 of the parameters cell is no plain value"),
        ([cell("a, b = 1, 2", "parameters")], "line 1 of the parameters cell is no plain value"),
        ([cell("a = = 1", "parameters")], "line 1 of the parameters cell is not Python"),
    ],
)
def test_the_parameters_cell_must_be_plain(write, project, cells, message):
    write(*cells, parameters=None)
    with pytest.raises(UsageError) as raised:
        run(project / "out.ipynb")
    assert message in str(raised.value)
    assert "notebooks/tiny.ipynb" in str(raised.value)


def test_parameters_of_the_command_line():
    parsed = notebook.parse_parameters("tiny", ["problem=cdnow", "fresh=True", "share=0.25", "text=a=b"])
    assert parsed == {"problem": "cdnow", "fresh": True, "share": 0.25, "text": "a=b"}
    with pytest.raises(UsageError, match="'fresh' is not NAME=VALUE"):
        notebook.parse_parameters("tiny", ["fresh"])


# --- files --------------------------------------------------------------------------------------
def test_an_unknown_notebook_is_named(write):
    write()
    with pytest.raises(UsageError, match=r"no notebook is called 'tinny'\. Did you mean 'tiny'\?"):
        notebook.source("tinny")


def test_a_broken_file_is_named(write, project):
    write()
    (project / "notebooks" / "tiny.ipynb").write_text("{")
    with pytest.raises(DataError, match=r"notebooks/tiny\.ipynb is not a notebook"):
        run(project / "out.ipynb")


def test_strip_removes_what_running_left(write, project):
    path = project / "notebooks" / "tiny.ipynb"
    write(cell("1 + 1"))
    clean = path.read_bytes()
    assert not notebook.strip(path)
    dirty = nbformat.read(path, as_version=4)
    dirty.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    dirty.cells[1].outputs = [new_output("execute_result", {"text/plain": "2"}, execution_count=7)]
    dirty.cells[1].execution_count = 7
    dirty.cells[1].metadata["execution"] = {"iopub.status.idle": "2026-01-01"}
    nbformat.write(dirty, path)
    assert notebook.strip(path)
    assert path.read_bytes() == clean


def test_normalising_leaves_the_original_alone(write, project):
    made = write(
        cell("1", outputs=[new_output("stream", name="stdout", text=f"{store.project()} 0x7f00aa11bb")])
    )
    plain = notebook.normalised(made)
    assert plain.cells[1].outputs[0]["text"] == ". 0x0"
    assert "0x7f00aa11bb" in made.cells[1].outputs[0]["text"]
    assert [c["id"] for c in plain.cells] == [c["id"] for c in made.cells]
