"""params.yaml is checked whole: every mistake is named with its place and the nearest right word."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from crmlab import params, store
from crmlab.data.own_names import LICENCE
from crmlab.errors import USAGE, UsageError

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder that holds nothing but a copy of params.yaml, and go there."""
    shutil.copy(PARAMS, tmp_path)
    (tmp_path / "notebooks").mkdir()
    for notebook in (PARAMS.parent / "notebooks").glob("*.ipynb"):
        (tmp_path / "notebooks" / notebook.name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(project, change):
    """Apply `change` to the content of the project's params.yaml."""
    content = yaml.safe_load((project / "params.yaml").read_text())
    change(content)
    (project / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def test_the_repository_s_own_file_holds(project):
    settings = params.load()
    asked = {"segmentation", "acquisition", "churn", "value", "retention", "cross_sell"}
    assert set(settings.tasks) == asked
    assert settings.tasks["churn"].spec("demo_shop")["test_cutoffs"] == ["2024-07-01", "2024-10-01"]


def test_a_method_left_out_enters_every_other_comparison(project):
    edit(project, put("problems", "churn-cdnow", "without", to=["logit"]))
    task = params.load().task("churn")
    every, less = ([e.method for e in task.roster(name)] for name in ("cdnow_39w", "cdnow"))
    assert set(every) - set(less) == {"classification/logit"}


def test_overrides_change_one_problem_s_roster_only(project):
    acquisition = params.load().task("acquisition")
    columns = {
        name: {e.method: e.parameters for e in acquisition.roster(name)}["classification/rate_by_level"][
            "column"
        ]
        for name in ("demo_shop", "bank_marketing")
    }
    assert columns == {"demo_shop": "channel", "bank_marketing": "contact"}


def test_a_method_may_have_fewer_refits_and_a_split_none(project):
    edit(project, put("churn", "refits_of", to={"logit": 1}))
    churn = params.load().task("churn")
    found = {name: {e.method: e.refits for e in churn.roster(name)} for name in churn.problems}
    assert found["demo_shop"]["classification/logit"] == 1
    assert found["demo_shop"]["classification/lightgbm"] == 4
    assert found["online_retail_ii"]["classification/lightgbm"] == 2
    assert set(found["telco_churn"].values()) == {0}


def test_a_margin_is_an_amount_or_a_share_of_the_status_quo(project):
    margins = params.load().margins
    assert margins["recall_10"].of(None) == 0.01
    assert margins["auc"].of(0.8) == 0.01
    assert margins["churn_profit"].of(-50.0) == pytest.approx(1.0)
    assert margins["churn_profit"].of(None) == 0.0


def test_own_data_may_be_posed_where_they_are(project):
    own = {"task": "churn", "problem": "mine_180", "dataset": "mine", "protocol": "rolling"}
    own |= {"horizon_days": 180, "gap_days": 0, "train_cutoffs": [], "test_cutoffs": ["2023-10-01"]}
    edit(project, put("problems", "churn-mine_180", to=own))
    with pytest.raises(UsageError, match=r"dataset: there is no 'mine'"):
        params.load()
    store.write_json(store.fingerprint_file("mine"), {"licence": LICENCE})
    assert params.load().task("churn").spec("mine_180")["horizon_days"] == 180


def test_a_method_left_out_must_exist(project):
    edit(project, put("problems", "churn-cdnow", "without", to=["logitt"]))
    with pytest.raises(UsageError, match=r"problems\.churn-cdnow\.without: there is no 'logitt'.*logit"):
        params.load()


def put(*path, to):
    """Return a change that puts a value at a path."""

    def change(content):
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = to

    return change


def drop(*path):
    """Return a change that removes the key at a path."""

    def change(content):
        for key in path[:-1]:
            content = content[key]
        del content[path[-1]]

    return change


def rename(*path, to):
    """Return a change that gives the key at a path another name."""

    def change(content):
        for key in path[:-1]:
            content = content[key]
        content[to] = content.pop(path[-1])

    return change


WITHOUT_AND_OVERRIDDEN = {
    "task": "churn",
    "problem": "demo_shop",
    "dataset": "demo_shop",
    "protocol": "rolling",
    "horizon_days": 90,
    "gap_days": 0,
    "features": ["purchases"],
    "train_cutoffs": ["2024-04-01"],
    "test_cutoffs": ["2024-10-01"],
    "without": ["forest"],
    "overrides": {"forest": {}},
}

MISTAKES = {
    "an unknown key": (put("limits", "worker", to=2), r"'limits\.worker'.*Did you mean 'workers'"),
    "an unknown task": (rename("churn", to="chrun"), r"unknown key 'chrun'.*Did you mean 'churn'"),
    "a wrong type": (put("seed", to="x"), r"seed = 'x' is str, not a whole number"),
    "true for a number": (put("limits", "workers", to=True), r"limits\.workers = True is bool"),
    "a value out of range": (
        put("intervals", "level", to=95.0),
        r"level = 95\.0 must be at least .5 and below 1 \(line 6\)",
    ),
    "no workers": (put("limits", "workers", to=0), r"limits\.workers = 0 must be from 1 to 256"),
    "a missing key": (drop("churn", "primary"), r"'churn\.primary' is missing"),
    "an unknown data set": (put("datasets", 0, to="demo_shpo"), r"no 'demo_shpo'.*Did you mean 'demo_shop'"),
    "an unknown feature family": (
        put("problems", "churn-cdnow", "features", 0, to="purchase"),
        r"no 'purchase'.*Did you mean 'purchases'",
    ),
    "an unknown metric": (put("churn", "metrics", 0, to="acu"), r"churn\.metrics: there is no 'acu'.*'auc'"),
    "a primary metric that is not drawn": (
        put("churn", "primary", to="silhouette"),
        r"'silhouette' is not among",
    ),
    "a missing price": (
        drop("churn", "economics", "contact_cost"),
        r"'churn\.economics\.contact_cost' is missing",
    ),
    "a mistyped price": (
        rename("churn", "economics", "contact_cost", to="contact_costs"),
        r"'churn\.economics\.contact_costs'.*Did you mean 'contact_cost'",
    ),
    "an unknown kind": (
        rename("churn", "methods", "lifetime", to="lifetimes"),
        r"churn\.methods: there is no 'lifetimes'.*Did you mean 'lifetime'",
    ),
    "an unknown method": (
        put("churn", "methods", "classification", "lgit", to={"C": 1.0}),
        r"'classification/lgit'.*Did you mean 'classification/logit'",
    ),
    "an unknown parameter": (
        put("churn", "methods", "classification", "logit", to={"c": 1.0}),
        r"'classification/logit' has no parameter 'c'",
    ),
    "a parameter of the wrong type": (
        put("churn", "methods", "classification", "logit", "C", to="big"),
        r"C = 'big' is str, not float",
    ),
    "a list of methods": (
        put("churn", "methods", "lifetime", to=["bg_nbd"]),
        r"churn\.methods\.lifetime must be",
    ),
    "an unknown protocol": (
        put("problems", "churn-cdnow", "protocol", to="roling"),
        r"problems\.churn-cdnow\.protocol: there is no 'roling'.*Did you mean 'rolling'",
    ),
    "a key of another protocol": (
        put("problems", "churn-cdnow", "folds", to=5),
        r"unknown key 'problems\.churn-cdnow\.folds'",
    ),
    "an unknown data set of a problem": (
        put("problems", "churn-cdnow", "dataset", to="cdnov"),
        r"problems\.churn-cdnow\.dataset: there is no 'cdnov'.*Did you mean 'cdnow'",
    ),
    "a cutoff that is no date": (
        put("problems", "churn-cdnow", "test_cutoffs", to=["1998-13-01"]),
        r"problems\.churn-cdnow: '1998-13-01' is not a date",
    ),
    "landmarks followed until no date": (
        put("problems", "retention-demo_shop_censored", "followed_until", to="2025"),
        r"problems\.retention-demo_shop_censored: '2025' is not a date",
    ),
    "landmarks followed until a number": (
        put("problems", "retention-demo_shop_censored", "followed_until", to=20250101),
        r"demo_shop_censored\.followed_until = 20250101 is int, not text",
    ),
    "a mistyped closing date": (
        rename("problems", "retention-demo_shop_censored", "followed_until", to="follow_until"),
        r"'problems\.retention-demo_shop_censored\.follow_until'.*Did you mean 'followed_until'",
    ),
    "a closing date of another protocol": (
        put("problems", "acquisition-bank_marketing", "followed_until", to="2025-01-01"),
        r"unknown key 'problems\.acquisition-bank_marketing\.followed_until'",
    ),
    "landmarks closed before the first horizon": (
        put("problems", "retention-demo_shop_censored", "followed_until", to="2024-10-27"),
        r"followed_until = 2024-10-27 comes before the horizon .* 2024-04-01, which ends on 2024-10-28",
    ),
    "a train landmark after the first test cutoff": (
        put("problems", "retention-demo_shop_censored", "train_cutoffs", to=["2023-07-01", "2024-04-01"]),
        r"the train cutoff 2024-04-01 begins on or after the first test cutoff, 2024-04-01",
    ),
    "a horizon of no days": (
        put("problems", "churn-cdnow", "horizon_days", to=0),
        r"problems\.churn-cdnow: horizon_days = 0 must be at least 1",
    ),
    "blocks that are given twice": (
        put(
            "problems",
            "acquisition-bank_marketing",
            to={
                "task": "acquisition",
                "problem": "bank_marketing",
                "dataset": "bank_marketing",
                "protocol": "blocks",
                "windows": 10,
                "test_periods": [2],
            },
        ),
        r"bank_marketing gives its blocks either by test_periods, or by first_share and windows",
    ),
    "a barred column that a problem asks for": (
        put("problems", "acquisition-bank_marketing", "take_in", to=["duration"]),
        r"unknown key 'problems\.acquisition-bank_marketing\.take_in'",
    ),
    "a problem by another name": (
        rename("problems", "churn-cdnow", to="churn-cd"),
        r"problems\.churn-cd must be called 'churn-cdnow': its name is <task>-<problem>",
    ),
    "a problem of an unknown task": (
        put("problems", "churn-cdnow", "task", to="chrun"),
        r"problems\.churn-cdnow\.task: there is no 'chrun'.*Did you mean 'churn'",
    ),
    "a page about an unknown data set": (
        put("pages", "data-cdnow", "dataset", to="cdnov"),
        r"pages\.data-cdnow\.dataset: there is no 'cdnov'.*Did you mean 'cdnow'",
    ),
    "a comparison beside an unknown one": (
        put("beside", "protocols-bank_marketing", "second", to="bank_marketing_randon"),
        r"second: there is no 'acquisition-bank_marketing_randon'.*'acquisition-bank_marketing_random'",
    ),
    "a share of everything": (
        put("problems", "acquisition-bank_marketing", "train_share", to=1.0),
        r"train_share = 1\.0 must lie between 0 and 1",
    ),
    "fewer than no refit": (
        put("problems", "churn-cdnow", "refits", to=-1),
        r"refits = -1 must be at least 0",
    ),
    "no margin": (
        put("margins", to={}),
        r"margins: auc is missing, by which churn is judged \(churn\.primary\)",
    ),
    "two margins": (
        put("margins", "auc", "share_of_status_quo", to=0.1),
        r"margins\.auc needs either an amount or a share_of_status_quo",
    ),
    "a margin without a reason": (
        put("margins", "auc", to={"amount": 0.01}),
        r"'margins\.auc\.because' is missing",
    ),
    "money that is not measured": (
        put("churn", "money", to="log_loss"),
        r"churn\.money: 'log_loss' is not among churn\.metrics",
    ),
    "an absent stranger": (
        put("churn", "may_be_absent", to=["logitt"]),
        r"churn\.may_be_absent: there is no 'logitt'.*logit",
    ),
    "one window": (
        put("problems", "acquisition-bank_marketing_rolling", "windows", to=1),
        r"windows = 1 must be at least 2",
    ),
    "one fold": (put("problems", "churn-telco_churn", "folds", to=1), r"folds = 1 must be at least 2"),
    "a negative price": (
        put("churn", "economics", "contact_cost", to=-1.0),
        r"churn\.economics\.contact_cost = -1\.0 must be at least 0",
    ),
    "a margin above the revenue": (
        put("churn", "economics", "margin_share", to=1.5),
        r"churn\.economics\.margin_share = 1\.5 must be from 0 to 1",
    ),
    "refits below none": (
        put("churn", "stability_refits", to=-1),
        r"churn\.stability_refits = -1 must be at least 0",
    ),
    "an override of a method that does not enter": (
        put("problems", "acquisition-bank_marketing", "overrides", to={"rate_by_levle": {}}),
        r"overrides: there is no 'rate_by_levle'.*Did you mean 'rate_by_level'",
    ),
    "an override of an unknown parameter": (
        put("problems", "acquisition-bank_marketing", "overrides", to={"logit": {"D": 1.0}}),
        r"overrides: method 'classification/logit' has no parameter 'D'",
    ),
}
MISTAKES |= {
    "a number for a data set": (put("datasets", to=[1]), r"datasets: 1 is int, not the name"),
    "a number for a method": (
        put("churn", "methods", "classification", 1, to={}),
        r"churn\.methods\.classification: 1 is int, not a method's name",
    ),
    "a number for a kind": (put("churn", "methods", 1, to={}), r"churn\.methods: 1 is int, not the name"),
    "a number for a parameter": (
        put("churn", "methods", "classification", "logit", to={1: 2.0}),
        r"churn\.methods\.classification/logit: 1 is int, not a parameter's name",
    ),
    "a number for a metric's parameter": (
        put("churn", "metrics", to=["auc", {"lift": {1: 0.1}}]),
        r"churn\.metrics: \{'lift': \{1: 0\.1\}\} has a parameter whose name is not text",
    ),
    "a number for a key": (put(1, to={}), r"the file has the key 1, which is int, not text"),
    "a cutoff given twice": (
        put("problems", "churn-cdnow", "test_cutoffs", to=["1998-01-01", "1998-01-01"]),
        r"churn-cdnow\.test_cutoffs: 1998-01-01 stands in it more than once",
    ),
    "a period given twice": (
        put("problems", "acquisition-online_shoppers_months", "test_periods", to=[11, 11]),
        r"online_shoppers_months\.test_periods: 11 stands in it more than once",
    ),
    "a data set given twice": (
        put("datasets", to=["cdnow", "cdnow"]),
        r"'cdnow' stands in it more than once",
    ),
    "a method left out twice": (
        put("problems", "churn-cdnow", "without", to=["logit", "logit"]),
        r"churn-cdnow\.without: 'logit' stands in it more than once",
    ),
    "a cutoff with an hour": (
        put("problems", "churn-cdnow", "test_cutoffs", to=["1998-01-01T12:00"]),
        r"churn-cdnow: '1998-01-01T12:00' is not a date written as",
    ),
    "a cutoff that is a number": (
        put("problems", "churn-cdnow", "test_cutoffs", to=[19980101]),
        r"churn-cdnow: 19980101 is not a date written as",
    ),
    "a price without an end": (
        put("churn", "economics", "contact_cost", to=float("inf")),
        r"churn\.economics\.contact_cost = inf must be at least 0 and finite",
    ),
    "a word for a number of refits": (
        put("churn", "refits_of", to={"logit": "many"}),
        r"churn\.refits_of\.logit = 'many' is str, not a number",
    ),
    "a page without a notebook": (
        put("pages", "dta-cdnow", to={"notebook": "dta", "dataset": "cdnow"}),
        r"pages\.dta-cdnow\.notebook: there is no 'dta'\. Did you mean 'data'",
    ),
    "a page in a comparison's place": (
        put("pages", "churn-cdnow", to={"notebook": "churn", "dataset": "cdnow"}),
        r"pages\.churn-cdnow\.notebook: 'churn' is the notebook of a task's comparisons",
    ),
    "a primary metric that is not drawn, without money": (
        put("cross_sell", "primary", to="recall_11"),
        r"cross_sell\.primary: 'recall_11' is not among cross_sell\.metrics",
    ),
    "a list for the primary metric": (
        put("churn", "primary", to=["auc"]),
        r"churn\.primary = \['auc'\] is list",
    ),
    "a gap beyond all time": (
        put("problems", "churn-demo_shop", "gap_days", to=10**18),
        r"churn-demo_shop\.gap_days = 1000000000000000000 must be at most 36,500 days",
    ),
    "one weighting": (put("intervals", "replicates", to=1), r"replicates = 1 must be from 2 to 1,000,000"),
    "a train cutoff after the last test cutoff": (
        put("problems", "churn-demo_shop", "train_cutoffs", 0, to="2093-10-01"),
        r"churn-demo_shop\.train_cutoffs: 2093-10-01 is not before the last test cutoff, 2024-10-01",
    ),
    "an override of a method that is left out": (
        put("problems", "churn-demo_shop", to=WITHOUT_AND_OVERRIDDEN),
        r"overrides: 'forest' is left out by problems\.churn-demo_shop\.without",
    ),
    "a comparison beside itself": (
        put("beside", "protocols-bank_marketing", "second", to="bank_marketing"),
        r"beside\.protocols-bank_marketing: first and second are both 'bank_marketing'",
    ),
    "a comparison beside one of other data": (
        put("beside", "protocols-bank_marketing", "second", to="online_shoppers"),
        r"second: acquisition-online_shoppers is on online_shoppers, not on bank_marketing",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(project, mistake):
    change, message = MISTAKES[mistake]
    edit(project, change)
    with pytest.raises(UsageError, match=message):
        params.load()


def test_a_key_given_twice_is_refused(project):
    path = project / "params.yaml"
    path.write_text(path.read_text() + "\nseed: 1\n")
    with pytest.raises(UsageError, match="'seed' stands twice"):
        params.load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: [", "is not YAML"),
        ("datasets: !!set {cdnow}", r"is not YAML: !!set at line 1: write a list"),
        ("[1]: 2", "is not YAML"),
        ("", "holds no parameters"),
        ("7", "holds no parameters"),
        ("seed: 01000", "01000 at line 1 is not the number that it looks like"),
        ("a: 1\nseed: 1:40", "1:40 at line 2 is not the number that it looks like"),
        ("seed: 1_000", "1_000 at line 1 is not the number"),
        ("limits:\n\tworkers: 2", "line 2 is indented by a tab: use spaces"),
        ("<<<<<<< HEAD\nseed: 1\n=======\nseed: 2\n>>>>>>> b\n", "line 1 is a mark of a merge"),
    ],
)
def test_what_is_no_yaml_mapping_is_refused(project, text, message):
    (project / "params.yaml").write_text(text)
    with pytest.raises(UsageError, match=message):
        params.load()


def test_a_file_that_is_not_utf_8_names_its_line(project):
    (project / "params.yaml").write_bytes(b"seed: 1\n# caf\xe9\n")
    with pytest.raises(UsageError, match=r"params.yaml is not UTF-8 \(line 2\)"):
        params.load()


def test_the_command_says_every_mistake_at_once_and_ends_with_2(project):
    edit(project, put("seed", to="x"))
    edit(project, put("problems", "retention-demo_shop_censored", "followed_until", to="2024-05-01"))
    edit(project, put("churn", "metrics", 0, to="acu"))
    ended = subprocess.run([sys.executable, "-m", "crmlab.cli", "params"], capture_output=True, text=True)
    assert ended.returncode == USAGE
    assert ended.stderr.startswith("crmlab: params.yaml:")
    assert "seed = 'x'" in ended.stderr
    assert "'acu'" in ended.stderr
    assert re.search(r"seed = 'x' is str, not a whole number \(line \d+\)", ended.stderr)
    assert "followed_until = 2024-05-01 comes before the horizon" in ended.stderr
    assert not re.search("Traceback", ended.stderr)
