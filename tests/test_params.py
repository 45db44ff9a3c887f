"""params.yaml is checked whole: every mistake is named with its place and the nearest right word."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from crmlab import params
from crmlab.errors import USAGE, UsageError

PARAMS = Path(__file__).parent.parent / "params.yaml"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder that holds nothing but a copy of params.yaml, and go there."""
    shutil.copy(PARAMS, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(project, change):
    """Apply `change` to the content of the project's params.yaml."""
    content = yaml.safe_load((project / "params.yaml").read_text())
    change(content)
    (project / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def test_the_repository_s_own_file_holds(project):
    settings = params.load()
    assert set(settings.tasks) == {"segmentation", "acquisition", "churn", "value", "retention"}
    assert settings.tasks["churn"].spec("demo_shop")["test_cutoffs"] == ["2024-07-01", "2024-10-01"]


def test_a_method_left_out_enters_every_other_comparison(project):
    edit(project, put("churn", "problems", "cdnow", "without", to=["logit"]))
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


def test_a_method_left_out_must_exist(project):
    edit(project, put("churn", "problems", "cdnow", "without", to=["logitt"]))
    with pytest.raises(UsageError, match=r"churn\.problems\.cdnow\.without: there is no 'logitt'.*logit"):
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


MISTAKES = {
    "an unknown key": (put("limits", "worker", to=2), r"'limits\.worker'.*Did you mean 'workers'"),
    "an unknown task": (rename("churn", to="chrun"), r"unknown key 'chrun'.*Did you mean 'churn'"),
    "a wrong type": (put("seed", to="x"), r"seed = 'x' is str, not a whole number"),
    "true for a number": (put("limits", "workers", to=True), r"limits\.workers = True is bool"),
    "a value out of range": (put("intervals", "level", to=95.0), r"level = 95\.0 must lie between 0 and 1"),
    "no workers": (put("limits", "workers", to=0), r"limits\.workers = 0 must be above 0"),
    "a missing key": (drop("churn", "primary"), r"'churn\.primary' is missing"),
    "an unknown data set": (put("datasets", 0, to="demo_shpo"), r"no 'demo_shpo'.*Did you mean 'demo_shop'"),
    "an unknown feature family": (
        put("features", 0, to="purchase"),
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
        put("churn", "problems", "cdnow", "protocol", to="roling"),
        r"churn\.problems\.cdnow\.protocol: there is no 'roling'.*Did you mean 'rolling'",
    ),
    "a key of another protocol": (
        put("churn", "problems", "cdnow", "folds", to=5),
        r"unknown key 'churn\.problems\.cdnow\.folds'",
    ),
    "an unknown data set of a problem": (
        put("churn", "problems", "cdnow", "dataset", to="cdnov"),
        r"churn\.problems\.cdnow\.dataset: there is no 'cdnov'.*Did you mean 'cdnow'",
    ),
    "a cutoff that is no date": (
        put("churn", "problems", "cdnow", "test_cutoffs", to=["1998-13-01"]),
        r"churn\.problems\.cdnow: '1998-13-01' is not a date",
    ),
    "landmarks followed until no date": (
        put("retention", "problems", "demo_shop_censored", "followed_until", to="2025"),
        r"retention\.problems\.demo_shop_censored: '2025' is not a date",
    ),
    "landmarks followed until a number": (
        put("retention", "problems", "demo_shop_censored", "followed_until", to=20250101),
        r"demo_shop_censored\.followed_until = 20250101 is int, not text",
    ),
    "a mistyped closing date": (
        rename("retention", "problems", "demo_shop_censored", "followed_until", to="follow_until"),
        r"'retention\.problems\.demo_shop_censored\.follow_until'.*Did you mean 'followed_until'",
    ),
    "a closing date of another protocol": (
        put("acquisition", "problems", "bank_marketing", "followed_until", to="2025-01-01"),
        r"unknown key 'acquisition\.problems\.bank_marketing\.followed_until'",
    ),
    "landmarks closed before the first horizon": (
        put("retention", "problems", "demo_shop_censored", "followed_until", to="2024-10-27"),
        r"followed_until = 2024-10-27 comes before the horizon .* 2024-04-01, which ends on 2024-10-28",
    ),
    "a train landmark after the first test cutoff": (
        put("retention", "problems", "demo_shop_censored", "train_cutoffs", to=["2023-07-01", "2024-04-01"]),
        r"the train cutoff 2024-04-01 begins on or after the first test cutoff, 2024-04-01",
    ),
    "a horizon of no days": (
        put("churn", "problems", "cdnow", "horizon_days", to=0),
        r"churn\.problems\.cdnow: horizon_days = 0 must be at least 1",
    ),
    "blocks that are told twice": (
        put(
            "acquisition",
            "problems",
            "bank_marketing",
            to={"dataset": "bank_marketing", "protocol": "blocks", "windows": 10, "test_periods": [2]},
        ),
        r"bank_marketing tells its blocks either by test_periods, or by first_share and windows",
    ),
    "a barred column that a problem asks for": (
        put("acquisition", "problems", "bank_marketing", "take_in", to=["duration"]),
        r"unknown key 'acquisition\.problems\.bank_marketing\.take_in'",
    ),
    "an override of a method that does not enter": (
        put("acquisition", "problems", "bank_marketing", "overrides", to={"rate_by_levle": {}}),
        r"overrides: there is no 'rate_by_levle'.*Did you mean 'rate_by_level'",
    ),
    "an override of an unknown parameter": (
        put("acquisition", "problems", "bank_marketing", "overrides", to={"logit": {"D": 1.0}}),
        r"overrides: method 'classification/logit' has no parameter 'D'",
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
    [("seed: [", "is not YAML"), ("", "holds no parameters"), ("7", "holds no parameters")],
)
def test_what_is_no_yaml_mapping_is_refused(project, text, message):
    (project / "params.yaml").write_text(text)
    with pytest.raises(UsageError, match=message):
        params.load()


def test_the_command_says_every_mistake_at_once_and_ends_with_2(project):
    edit(project, put("seed", to="x"))
    edit(project, put("retention", "problems", "demo_shop_censored", "followed_until", to="2024-05-01"))
    edit(project, put("churn", "metrics", 0, to="acu"))
    ended = subprocess.run([sys.executable, "-m", "crmlab.cli", "params"], capture_output=True, text=True)
    assert ended.returncode == USAGE
    assert ended.stderr.startswith("crmlab: params.yaml:")
    assert "seed = 'x'" in ended.stderr
    assert "'acu'" in ended.stderr
    assert "followed_until = 2024-05-01 comes before the horizon" in ended.stderr
    assert not re.search("Traceback", ended.stderr)
