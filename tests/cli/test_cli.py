"""The command line: help to learn from, and mistakes that end with 2 and the nearest right word."""

import hashlib
import io
import math
import shutil
import sys
import types
import zipfile
from pathlib import Path

import pandas as pd
import pooch
import pytest
import requests
import typer
from typer.testing import CliRunner

import crmlab
from crmlab import actions, cli, params, registry, store, tracking
from crmlab.cli import command, words
from crmlab.comparison import compare
from crmlab.comparison.committed import FORMAT
from crmlab.data import fetch
from crmlab.declare.dataset import Dataset, Source
from crmlab.desk import verify
from crmlab.errors import FAILURE, USAGE
from crmlab.params.protocols import protocol
from crmlab.problems import on_demand
from crmlab.store.seal import sealed

PARAMS = Path(__file__).parents[2] / "params.yaml"
VERBS = sorted(typer.main.get_command(command.app).commands)


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
    shown = CliRunner().invoke(command.app, [verb, "--help"])
    assert shown.exit_code == 0
    said = [line.strip() for line in shown.stdout.splitlines() if line.strip()]
    assert said[0].startswith("Usage:")
    assert len(said[1].split()) >= 3


MISTAKES = {
    "a data set to fetch": (("fetch", "demo_shpo"), "Did you mean 'demo_shop'"),
    "a data set for tables": (("tables", "cdnov"), "Did you mean 'cdnow'"),
    "a task": (("problem", "chrun", "cdnow"), "Did you mean 'churn'"),
    "a problem": (("problem", "churn", "cdnwo"), "Did you mean 'cdnow'"),
    "a task to compare": (("compare", "chrun", "cdnow"), "Did you mean 'churn'"),
    "a problem to compare": (("compare", "churn", "telco"), "Did you mean 'telco_churn'"),
    "what to verify": (("verify", "--only", "churn/telco"), "Did you mean 'churn/telco_churn'"),
    "a path for a problem": (("problem", "churn", "/tmp/demo_shop"), "churn has no problem '/tmp/demo_shop'"),
    "a folder for a problem": (("problem", "churn", "."), "churn has no problem '.'"),
    "a path to compare": (("compare", "churn", "./cdnow"), "churn has no problem './cdnow'"),
    "a path beside": (("compare", "churn", "../tables/cdnow"), "churn has no problem '../tables/cdnow'"),
    "a name that no disk takes": (("compare", "churn", "x" * 300), "churn has no problem 'xxx"),
    "a notebook's place": (("notebook", "across", "../x"), "across has no problem '../x'"),
    "a notebook's pair": (("notebook", "protocols", "../x"), "protocols has no problem '../x'"),
    "whose keys to verify": (
        ("verify", "--keys", "--only", "churn/telco"),
        "Did you mean 'churn/telco_churn'",
    ),
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
    shutil.copytree(PARAMS.parent / "notebooks", project / "notebooks")
    tables = project / "data" / "tables"
    tables.mkdir(parents=True)
    shutil.copy(PARAMS.parent / "data" / "tables" / "cdnow.json", tables)
    before = sorted(project.parent.rglob("*"))
    code, said = call(monkeypatch, capsys, *words)
    assert code == USAGE
    assert hint in said
    assert "Traceback" not in said
    assert sorted(project.parent.rglob("*")) == before


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
    assert "problems of 6 tasks" in said


def test_a_board_without_results_says_what_to_do(project, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "board")
    assert code == FAILURE
    assert "make reproduce" in said


def test_what_verify_found_is_shown_whole(project, monkeypatch, capsys):
    long = "; ".join(f"classification/method_{n}: its source" for n in range(9))
    found = pd.DataFrame({"problem": ["churn/cdnow"], "what": [long], "ok": [False]})
    monkeypatch.setattr(verify, "verify_keys", lambda only: found)
    code, said = call(monkeypatch, capsys, "verify", "--keys")
    assert code == FAILURE
    assert f"churn/cdnow  {long}\n" in said


def test_verify_says_a_line_per_comparison(project, monkeypatch, capsys):
    found = pd.DataFrame(
        {
            "problem": ["churn/cdnow", "value/demo_shop"],
            "class": ["exact", "different"],
            "worst": [0.0, math.inf],
            "where": ["", "no tables:\n  run `make reproduce`"],
            "ok": [True, False],
        }
    )
    monkeypatch.setattr(verify, "verify_numbers", lambda only: found)
    code, said = call(monkeypatch, capsys, "verify")
    assert code == FAILURE
    assert said.splitlines()[:2] == [
        "churn/cdnow      exact  0.0e+00",
        "value/demo_shop  different  inf  no tables: run `make reproduce`",
    ]


def test_verify_fails_while_scores_are_missing(project, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "verify", "--keys")
    assert code == FAILURE
    assert "no scores: run `dvc repro comparison@churn-demo_shop`" in said


# --- exit codes of what goes wrong on the way, and the way afterwards ---------------------------
GOOD = b"customer,amount\n1,2\n"
PAGE = b"<!DOCTYPE html><html><body>Please accept our cookies</body></html>"


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return buffer.getvalue()


@pytest.fixture
def shop(project, monkeypatch):
    """Return a data set named 'shop' whose server and adapter do as told; at first they do well."""
    told = types.SimpleNamespace(answer=zipped(orders_dot_csv=GOOD), drop=[])
    pin = Source("orders.csv", hashlib.sha256(GOOD).hexdigest(), "https://shop.example/a.zip", "orders.csv")
    declared = Dataset(label="Shop", cite="", licence="", homepage="", sources=(pin,))

    def download(url, output, pooch):
        if isinstance(told.answer, Exception):
            raise told.answer
        Path(output).write_bytes(told.answer)

    def labelled(raw):
        rows = pd.DataFrame({"row_id": ["1", "2"], "outcome": [0, 1], "period": [None, None]})
        return rows.drop(columns=told.drop)

    find, module = registry.find, registry.module
    adapters = types.SimpleNamespace(labelled=labelled)
    monkeypatch.setattr(registry, "find", lambda f, n: declared if n == "shop" else find(f, n))
    monkeypatch.setattr(registry, "module", lambda f, n: adapters if n == "shop" else module(f, n))
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **options: download)
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    monkeypatch.delenv("CRMLAB_MIRROR", raising=False)
    return told


def unknown_key(told):
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("seed:", "sede:", 1))


def no_schema(told):
    told.drop = ["outcome"]


def answers(answer):
    return lambda told: setattr(told, "answer", answer)


FAULTS = {
    "no network": (answers(requests.ConnectionError()), ["fetch", "shop"], FAILURE, "there is no connection"),
    "a wrong hash": (
        answers(zipped(orders_dot_csv=b"x")),
        ["fetch", "shop"],
        FAILURE,
        "is not the published file",
    ),
    "a page instead": (answers(PAGE), ["fetch", "shop"], FAILURE, "an HTML page came instead of the file"),
    "an archive that escapes": (
        answers(zipped(**{"../evil_dot_csv": b"x", "orders_dot_csv": GOOD})),
        ["fetch", "shop"],
        FAILURE,
        "the archive writes outside its folder: it holds '../evil.csv'",
    ),
    "no raw files": (lambda told: None, ["tables", "shop"], FAILURE, "run `crmlab fetch shop` first"),
    "no tables": (
        lambda told: None,
        ["problem", "churn", "cdnow"],
        FAILURE,
        "run `crmlab tables cdnow` first",
    ),
    "no problem": (
        lambda told: None,
        ["compare", "churn", "cdnow"],
        FAILURE,
        "run `crmlab tables cdnow` first",
    ),
    "a table that is not as declared": (no_schema, ["tables", "shop"], FAILURE, "'outcome' is missing"),
    "an unknown data set": (lambda told: None, ["fetch", "shpo"], USAGE, "no dataset is called 'shpo'"),
    "an unknown key of params.yaml": (unknown_key, ["params"], USAGE, "Did you mean 'seed'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_has_its_exit_code_and_leaves_nothing_to_clean(
    shop, project, monkeypatch, capsys, fault
):
    cause, words, expected, says = FAULTS[fault]
    if fault == "a table that is not as declared":
        assert call(monkeypatch, capsys, "fetch", "shop")[0] == 0
    well = shop.answer
    cause(shop)
    code, said = call(monkeypatch, capsys, *words)
    assert (code, says in said) == (expected, True), said
    assert "Traceback" not in said

    shop.answer, shop.drop = well, []
    shutil.copy(PARAMS, project)
    for verb in ("fetch", "tables"):
        code, said = call(monkeypatch, capsys, verb, "shop")
        assert code == 0, said
    assert call(monkeypatch, capsys, "params")[0] == 0
    assert not list(project.rglob("*.part"))
    assert not list(project.parent.rglob("evil*"))


def test_what_the_disk_refuses_is_one_sentence(project, monkeypatch, capsys):
    (project / "orders.csv").write_text("customer,timestamp,amount\n7,2023-12-31,1.50\n")
    (project / "data").touch()
    code, said = call(monkeypatch, capsys, "tables", "mine", "--csv", "orders.csv")
    assert code == FAILURE
    assert said.startswith("crmlab: data/tables")
    assert "Not a directory; a file stands where a folder should be" in said
    assert len(said.splitlines()) == 1


def test_what_lines_mean_can_be_said(project, monkeypatch, capsys):
    rows = "1,7,2024-01-05,paid,x,15\n2,house,2024-01-06,odd,x,9\n3,7,2024-01-07,paid,Wrapping,2\n"
    (project / "orders.csv").write_text("order_id,customer,date,status,sku,amount\n" + rows)
    options = ["--status", "odd=in", "--nobody", "house", "--fee", "Wrapping", "--currency", "EUR"]
    code, said = call(monkeypatch, capsys, "tables", "mine", "--orders", "orders.csv", *options)
    assert code == 0, said
    assert "What is put aside, and what that does to revenue (EUR):" in said
    assert "customers spent                                   1            15.00" in said
    code, said = call(monkeypatch, capsys, "tables", "mine", "--orders", "orders.csv", "--total", "sum")
    assert code == USAGE
    assert "--total: 'sum' is not one of line, order, product" in said


def test_the_users_own_orders_are_told_about(project, monkeypatch, capsys):
    (project / "orders.csv").write_text("Client No;Date;Total\n7;31.12.2023;1,50\n7;01.02.2024;2\n")
    code, said = call(monkeypatch, capsys, "tables", "mine", "--csv", "orders.csv", "--decimal", ",")
    assert code == 0, said
    assert "customer ← Client No" in said
    assert "Every line counts as it stands, and nothing is put aside or removed:" in said
    assert said.splitlines()[-1] == "Next: crmlab compare churn mine"
    code, said = call(monkeypatch, capsys, "datasets")
    assert code == 0
    assert "mine (your own data)" in said.splitlines()[-1]


def test_what_a_file_leaves_open_is_asked_and_answered_by_options(project, monkeypatch, capsys):
    text = "7;1,250;03/04/2024 23:30 +0000;Müller\n8;2,500;05/06/2024 23:30 +0000;Weiß\n"
    (project / "orders.csv").write_bytes(text.encode("cp1252"))
    given = ["tables", "mine", "--orders", "orders.csv"]
    answers = [
        ("--encoding", "cp1252"),
        ("--names", "customer,total,date,description"),
        ("--thousands", "amount=,"),
        ("--date-format", "dmy"),
    ]
    for answer in answers:
        code, said = call(monkeypatch, capsys, *given)
        assert code == USAGE
        assert answer[0] in said
        given += answer
    code, said = call(monkeypatch, capsys, *given, "--timezone", "Europe/Berlin")
    assert code == 0, said
    assert "2 order lines from 2024-04-04 01:30:00 to 2024-06-06 01:30:00" in said
    assert "timestamp: offsets became the local time of Europe/Berlin" in said


def test_a_comparison_says_where_its_lists_are(project, monkeypatch, capsys):
    ranking = pd.DataFrame([["x"] * 7], columns=[*"abcdef", "Note"])
    verdict = types.SimpleNamespace(sentences=["Nobody leads."])
    made = types.SimpleNamespace(
        task="churn", name="cdnow", runs=[], ranking=lambda: ranking, verdict=verdict, save=lambda: PARAMS,
        problem=types.SimpleNamespace(task="churn", protocol=protocol("cross_validation"), facts={}),
    )  # fmt: skip
    monkeypatch.setattr(on_demand, "is_posed", lambda task, name: True)
    monkeypatch.setattr(compare, "compare", lambda task, name, fresh: made)
    monkeypatch.setattr(actions, "of_task", lambda task: {})
    code, said = call(monkeypatch, capsys, "compare", "churn", "cdnow")
    assert code == 0, said
    folder = "experiments/scratch/churn/cdnow/actions"
    assert said.splitlines()[-1] == f"Lists of whom to treat, or why there is none: {folder}"
    assert (project / folder / "no_list.txt").read_text() == "no action serves the task churn\n"


# --- MLflow from the files -----------------------------------------------------------------------
@pytest.fixture
def record(project, monkeypatch):
    """Return what `sync` did with two committed comparisons; MLflow and the comparing are stand-ins."""
    done = types.SimpleNamespace(compared=[], tracked=[], attached=[], logged=set(), found={})
    for name, key in (("demo_shop", "key1"), ("cdnow", "key2")):
        methods = {"classification/logit": {"run_key": f"run of {key}"}}
        kept = sealed({"format": FORMAT, "score_key": key, "methods": methods})
        store.write_json(store.scores_file("churn", name), kept)
        store.problem_folder("churn", name).mkdir(parents=True)
        done.found[name] = key

    def compared(task, name, settings):
        done.compared.append(name)
        return types.SimpleNamespace(score_key=done.found[name], name=name)

    def track(comparison, output):
        done.tracked.append((comparison.name, output))
        return f"{comparison.name} is in MLflow"

    monkeypatch.setattr(compare, "compare", compared)
    monkeypatch.setattr(tracking, "initialise", lambda: "MLflow's store is there")
    monkeypatch.setattr(
        tracking, "logged", lambda key, *, needs_champion: needs_champion and key in done.logged
    )
    monkeypatch.setattr(tracking, "track", track)
    monkeypatch.setattr(tracking, "attach_notebook", lambda *asked: done.attached.append(asked))
    monkeypatch.setattr(tracking, "log_model", lambda comparison, key: f"{comparison.name} {key}")
    return done


def test_sync_logs_what_is_not_there_yet(record, monkeypatch, capsys):
    record.logged = {"key1"}
    notebook = store.executed_notebook("churn", "cdnow")
    notebook.parent.mkdir(parents=True)
    notebook.write_text("{}")
    code, said = call(monkeypatch, capsys, "sync")
    assert (code, record.compared, record.tracked) == (0, ["cdnow"], [("cdnow", "pipeline")])
    assert "churn/demo_shop is in MLflow already" in said
    assert record.attached == [("key2", "churn", notebook)]


def test_sync_logs_nothing_stale(record, monkeypatch, capsys):
    record.found["demo_shop"] = "of today's params"
    code, said = call(monkeypatch, capsys, "sync")
    assert (code, record.tracked) == (0, [("cdnow", "pipeline")])
    assert "churn/demo_shop is left out: its committed scores are stale" in said
    assert "run `dvc repro comparison@churn-demo_shop`" in said


def test_sync_leaves_out_what_is_not_made_here(record, monkeypatch, capsys):
    store.problem_folder("churn", "cdnow").rmdir()
    code, said = call(monkeypatch, capsys, "sync")
    assert (code, record.compared) == (0, ["demo_shop"])
    assert (
        "churn/cdnow is not made on this machine and left out: run `dvc repro comparison@churn-cdnow`" in said
    )


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("run of key", "no committed score has the run key 'run of key'. Did you mean run of key1 or run of"),
        ("key1", "crmlab.run_key, and in experiments/scores/<task>/<problem>.json"),
        ("", "the run key ''.\n"),
    ],
)
def test_a_run_key_must_be_whole(record, monkeypatch, capsys, key, says):
    code, said = call(monkeypatch, capsys, "log-model", key)
    assert (code, record.compared) == (USAGE, [])
    assert says in said


def test_a_run_is_found_by_its_key(record, monkeypatch, capsys):
    assert call(monkeypatch, capsys, "log-model", "run of key2") == (0, "cdnow run of key2\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("utf16.csv", b"\xff\xfec\x00u\x00"),
        ("ragged.csv", b"customer,a\n1,2\n1,2,3,4\n"),
        ("cut.parquet", b"P"),
    ],
)
def test_a_file_of_customers_that_is_no_table_is_one_sentence(
    project, monkeypatch, capsys, tmp_path, name, content
):
    (tmp_path / name).write_bytes(content)
    asked = ("--model", "churn.demo_shop@champion", "--input", str(tmp_path / name))
    code, said = call(monkeypatch, capsys, "apply", "churn", *asked)
    assert code == FAILURE
    assert f"{name} cannot be read (" in said
    assert said.strip().count("\n") == 0


def test_the_version_is_told(monkeypatch, capsys):
    assert call(monkeypatch, capsys, "--version") == (0, f"crmlab {crmlab.__version__}\n")


def test_methods_metrics_and_problems_of_a_task_are_listed(monkeypatch, capsys):
    settings = params.load()
    task = settings.task("churn")
    code, said = call(monkeypatch, capsys, "methods", "churn")
    names = {line.split()[0] for line in said.splitlines()[1:]}
    assert code == 0
    assert names == {f"{kind}/{name}" for kind, own in task.methods.items() for name in own}
    assert "Cox 1958" in said
    code, said = call(monkeypatch, capsys, "metrics", "churn")
    assert {line.split()[0] for line in said.splitlines()[1:]} == set(task.metrics)
    assert said.count("churn (decides)") == 1
    code, said = call(monkeypatch, capsys, "problems")
    assert len(said.splitlines()) == 1 + sum(len(t.problems) for t in settings.tasks.values())


def test_a_task_that_is_none_is_named_with_the_nearest(monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "methods", "chrun")
    assert (code, "Did you mean 'churn'" in said) == (USAGE, True)


def test_a_table_has_words_at_the_left_and_numbers_at_the_right(capsys):
    words.print_table(pd.DataFrame({"name": ["a", "x" * 70], "n": [1, 20], "share": [0.5, float("nan")]}))
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.startswith("name ")
    assert first.startswith("a ")
    assert first.endswith(" 1 0.5000")
    assert second == "x" * 57 + "... 20"


def test_the_prices_of_a_shop_are_said_with_its_orders(project, monkeypatch, capsys):
    (project / "orders.csv").write_text("customer,date,amount\nann,2024-01-05,10\n")
    given = ["tables", "mine", "--orders", "orders.csv", "--currency", "EUR"]
    money = ["--margin", ".35", "--contact-cost", ".8", "--budget", "2000"]
    code, said = call(monkeypatch, capsys, *given, *money)
    assert code == 0
    assert "Prices: margin 35% of revenue, a contact 0.80 EUR, budget of a list 2,000.00 EUR\n" in said
    assert call(monkeypatch, capsys, *given, "--margin", "35") == (
        USAGE,
        "crmlab: --margin: 35 is not a share of the revenue, above 0 and at most 1, such as .35 for 35 %\n",
    )
    code, said = call(monkeypatch, capsys, "tables", "demo_shop", "--margin", ".35")
    assert (code, "--margin goes with --orders FILE" in said) == (USAGE, True)


def test_recommend_names_each_shop_once_and_does_not_pass_over_a_customer(monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "recommend", "nix", "--customer", "1")
    names = said.strip().rstrip(".").partition("There is: ")[2].split(", ")
    assert (code, "demo_shop" in names, len(set(names))) == (USAGE, True, len(names))
    code, said = call(monkeypatch, capsys, "recommend", "demo_shop", "--who-for", "P1", "--customer", "1")
    assert (code, "ask one thing" in said) == (USAGE, True)


def test_own_data_have_no_notebook_in_the_pipeline_and_are_told_where_they_have(project, monkeypatch, capsys):
    shutil.copytree(PARAMS.parent / "notebooks", project / "notebooks")
    (store.tables_folder("mine")).mkdir(parents=True)
    (store.tables_folder("mine") / "transactions.parquet").touch()
    code, said = call(monkeypatch, capsys, "notebook", "churn", "mine")
    assert code == USAGE
    assert "`crmlab compare churn mine`, or open notebooks/churn.ipynb" in said
