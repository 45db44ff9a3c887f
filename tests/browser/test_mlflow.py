"""What a reviewer sees in MLflow behind the links that `crmlab review` prints."""

from __future__ import annotations

import os
import time

import pytest

from crmlab import params, store, tracking
from crmlab.comparison import compare as comparing
from crmlab.problems import files

# what mlflow and its libraries say of themselves, which we cannot mend
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    # its SQLite connections are closed by the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SHOWN_WITHIN = 60.0
"""Seconds until a page holds what it must."""


@pytest.fixture(scope="module")
def comparison(make, tmp_path_factory, command_environment):
    """A small comparison in MLflow: two methods with scores, one without, and the oracle."""
    folder = tmp_path_factory.mktemp("reviewed")
    (folder / store.PARAMS).write_text("seed: 1\n")
    methods = {"prevalence": {}, "logit": {"C": 1.0}, "rate_by_level": {"column": "absent"}}
    task = params.Task("churn", ("auc", "brier"), "auc", {}, 0, {"classification": methods}, {"small": {}})
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), {"churn": task})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ.keys() - command_environment.keys():
            patch.delenv(name)
        files.save(make.rolling())
        found = comparing.compare("churn", "small", settings=settings)
        tracking.initialise()
        tracking.track(found, comparing.PIPELINE)
        yield found


@pytest.fixture(scope="module")
def links(comparison, serve):
    """The links that `crmlab review` prints, by what stands before them."""
    server = serve("crmlab.cli", "review", "--port", "{port}", cwd=store.project())
    server.wait_for("/health")
    lines = [line.partition(": ") for line in server.said().splitlines() if "/#/" in line]
    return {name.strip(): address for name, _, address in lines}


def shown(browser, address, *wanted):
    """Open a page and return its text once everything wanted stands in it, or when time is up."""
    # only the part after # differs between two pages, which alone loads nothing
    browser.get("about:blank")
    browser.get(address)
    until = time.monotonic() + SHOWN_WITHIN
    text = ""
    while time.monotonic() < until and not all(word in text for word in wanted):
        time.sleep(0.5)
        # in one step of the browser: an element found first may be gone when its text is asked for
        text = browser.execute_script("return document.body.innerText")
    return text


def test_there_is_a_link_per_task_and_per_problem(links):
    assert list(links) == ["churn", "compare small"]


def test_the_list_of_runs_is_the_classic_one(browser, links):
    wanted = ("Runs", "Model registry", "small", "churn/small", "5 matching runs")
    text = shown(browser, links["churn"], *wanted)
    assert [word for word in wanted if word not in text] == []
    assert "wrong" not in text


def test_the_compare_page_shows_methods_parameters_and_metrics(browser, links, comparison):
    labels = [comparison.run_of(m).label for m in comparison.order()]
    with_scores = [label for label in labels if label != "Past rate by level"]
    metrics = [m + end for m in ("auc", "brier") for end in ("", ".lower", ".upper")]
    wanted = (
        "Comparing 3 Runs from 1 Experiment",
        *with_scores,
        "kind",
        "method",
        "seed",
        *metrics,
        "crmlab.run_key",
    )
    text = shown(browser, links["compare small"], *wanted)
    assert [word for word in wanted if word not in text] == []
    assert text.index("Comparing") < text.index(labels[0]) < text.index(labels[1]) < text.index(labels[2])
    assert "Past rate by level" not in text
    # what MLflow says where a part of a page breaks
    assert "wrong" not in text


def test_the_compare_page_draws_the_primary_metric(browser, links, comparison):
    shown(browser, links["compare small"], "Metrics:", "Run details")
    script = "return [...document.querySelectorAll('.axis-title')].map(e => e.textContent)"
    until = time.monotonic() + SHOWN_WITHIN
    while not (axes := browser.execute_script(script)):
        assert time.monotonic() < until, "no plot was drawn"
        time.sleep(0.5)
    assert axes[-1] == comparison.primary
