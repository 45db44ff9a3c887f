"""The command line: help to learn from, and mistakes that end with 2 and the nearest right word."""

import shutil
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from crmlab import cli
from crmlab.errors import FAILURE, USAGE

PARAMS = Path(__file__).parent.parent / "params.yaml"
VERBS = sorted(typer.main.get_command(cli.app).commands)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder that holds nothing but params.yaml, and go there."""
    shutil.copy(PARAMS, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


def call(monkeypatch, capsys, *words):
    """Run `crmlab words...` as the command does; return its exit code and what it said."""
    monkeypatch.setattr(sys, "argv", ["crmlab", *words])
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    try:
        cli.main()
        code = 0
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_verbs_of_the_way_are_there():
    wanted = {
        "datasets",
        "fetch",
        "tables",
        "problem",
        "notebook",
        "compare",
        "apply",
        "sync",
        "log-model",
        "verify",
    }
    assert wanted <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_what_a_verb_does(verb):
    shown = CliRunner().invoke(cli.app, [verb, "--help"])
    assert shown.exit_code == 0
    words = [line.strip() for line in shown.stdout.splitlines() if line.strip()]
    assert words[0].startswith("Usage:")
    assert len(words[1].split()) >= 3


MISTAKES = {
    "a data set to fetch": (("fetch", "demo_shpo"), "Did you mean 'demo_shop'"),
    "a data set for tables": (("tables", "cdnov"), "Did you mean 'cdnow'"),
    "a task": (("problem", "chrun", "cdnow"), "Did you mean 'churn'"),
    "a problem": (("problem", "churn", "cdnwo"), "Did you mean 'cdnow'"),
    "a task to compare": (("compare", "chrun", "cdnow"), "Did you mean 'churn'"),
    "a problem to compare": (("compare", "churn", "telco"), "Did you mean 'telco_churn'"),
    "what to verify": (("verify", "--only", "churn/telco"), "Did you mean 'churn/telco_churn'"),
    "a run key": (("log-model", "0000"), "no committed score has the run key '0000'"),
    "a column pair": (
        ("tables", "mine", "--csv", "orders.csv", "--column", "ClientNo"),
        "'ClientNo' is not OURS=YOURS",
    ),
    "a file of new customers": (
        ("apply", "churn", "--model", "churn.demo_shop@champion", "--input", "nobody.csv"),
        "there is no file nobody.csv",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_ends_with_2_and_a_hint(project, monkeypatch, capsys, mistake):
    words, hint = MISTAKES[mistake]
    code, said = call(monkeypatch, capsys, *words)
    assert code == USAGE
    assert hint in said
    assert "Traceback" not in said


@pytest.mark.parametrize("words", [("comapre",), ("fetch",), ("compare", "churn", "cdnow", "--frsh")])
def test_a_mistyped_command_line_ends_with_2(project, monkeypatch, capsys, words):
    code, said = call(monkeypatch, capsys, *words)
    assert code == USAGE
    assert "Traceback" not in said


def test_outside_a_project_it_says_where_to_go(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, said = call(monkeypatch, capsys, "params")
    assert code == USAGE
    assert "no params.yaml in" in said
    assert "inside a crmlab project" in said


def test_params_counts_what_holds(project, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "params")
    assert code == 0
    assert "problems of 3 tasks" in said


def test_a_board_without_results_says_what_to_do(project, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "board")
    assert code == FAILURE
    assert "make reproduce" in said


def test_verify_fails_while_scores_are_missing(project, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "verify", "--keys")
    assert code == FAILURE
    assert "no scores: run `dvc repro churn@demo_shop`" in said
