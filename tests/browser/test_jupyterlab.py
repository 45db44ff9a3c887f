"""What a researcher sees in JupyterLab: churn.ipynb, Run All, pictures and a verdict, no error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
NOTEBOOK = "notebooks/churn.ipynb"
TOKEN = "for-this-test-only"
METHODS = {"prevalence": {}, "hiatus": {"column": "days_since_last"}, "logit": {"C": 1.0}}
# cells outside the window stay in the page, and nothing is fetched from outside
LAB_SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
RUNS_WITHIN = 180.0
"""Seconds, the start of the kernel included."""


@pytest.fixture(scope="module")
def project(tmp_path_factory, command_environment):
    """A project with the notebooks and the embedded data, and a short roster to be quick."""
    folder = tmp_path_factory.mktemp("researched")
    shutil.copytree(REPOSITORY / "notebooks", folder / "notebooks")
    settings = yaml.safe_load((REPOSITORY / "params.yaml").read_text(encoding="utf-8"))
    churn = settings["churn"]
    churn["methods"] = {"classification": METHODS}
    whole = settings["problems"]["churn-demo_shop"] | {"overrides": {}, "without": []}
    settings |= {"problems": {"churn-demo_shop": whole}, "beside": {}}
    others = ("segmentation", "acquisition", "value", "retention")
    settings = {k: v for k, v in settings.items() if k not in others}
    settings["intervals"]["replicates"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    for words in ("fetch demo_shop", "tables demo_shop", "problem churn demo_shop"):
        subprocess.run(
            [sys.executable, "-m", "crmlab.cli", *words.split()],
            cwd=folder,
            env=command_environment,
            check=True,
            capture_output=True,
        )
    return folder


@pytest.fixture(scope="module")
def page(project, serve, browser, tmp_path_factory):
    """The browser on the notebook after Run All."""
    settings = tmp_path_factory.mktemp("lab")
    for name, content in LAB_SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    lab = ["jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--port={port}"]
    lab += [f"--ServerApp.token={TOKEN}", f"--LabApp.user_settings_dir={settings}"]
    server = serve(*lab, cwd=project)
    server.wait_for("/api")
    browser.get(f"http://127.0.0.1:{server.port}/lab/tree/{NOTEBOOK}?token={TOKEN}")
    wait_for_kernel(server)
    run_all(browser)
    return browser


def wait_for_kernel(server):
    """Wait until the notebook has an idle kernel: before, JupyterLab drops commands or asks which one."""
    address = f"http://127.0.0.1:{server.port}/api/kernels?token={TOKEN}"
    until = time.monotonic() + RUNS_WITHIN
    kernels: object = None
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                kernels = json.load(answer)
            if [k["execution_state"] for k in kernels if k["connections"]] == ["idle"]:
                return
        except OSError as error:
            # while a kernel is being started it has no last activity yet, and Jupyter answers 500
            kernels = error
        time.sleep(0.5)
    pytest.fail(f"no kernel started; the last answer was {kernels}:\n{server.said()}")


def run_all(browser):
    """Choose Run > Run All Cells, and wait until every code cell has its number."""
    until = time.monotonic() + RUNS_WITHIN
    while not any(p != "[ ]:" for p in prompts(browser)):
        assert time.monotonic() < until, "the notebook did not start to run"
        choose_run_all(browser)
        time.sleep(2)
    while not all(p[1:-2].isdigit() for p in prompts(browser)):
        assert time.monotonic() < until, prompts(browser)
        time.sleep(0.5)


def choose_run_all(browser):
    """Click the menu's entry once it is there."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.support.ui import WebDriverWait

    menu = "//div[contains(@class, 'lm-MenuBar-itemLabel') and text()='Run']"
    entry = "//li[@data-command='runmenu:run-all']"
    # the page draws itself anew while it loads: what was found may be gone, or covered, when clicked
    patient = WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException])
    for place in (menu, entry):
        patient.until(lambda b, place=place: b.find_element("xpath", place).click() is None)


def prompts(browser):
    """Return the prompts of the code cells, such as '[3]:'."""
    script = "return [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent)"
    return browser.execute_script(script)


def test_every_cell_ran_without_an_error(page):
    assert len(prompts(page)) > 10
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    kinds = ("application/vnd.jupyter.error", "application/vnd.jupyter.stderr")
    asked = ", ".join(f".jp-OutputArea-output[data-mime-type='{kind}']" for kind in kinds)
    assert page.execute_script(script, asked) == []


def test_the_pictures_are_there(page):
    script = "return [...document.querySelectorAll('.jp-OutputArea img')].map(i => i.naturalWidth)"
    widths = page.execute_script(script)
    assert len(widths) >= 5
    assert min(widths) > 500


def test_the_verdict_is_said_and_the_run_wrote_to_scratch_only(page, project):
    scratch = project / "experiments" / "scratch" / "churn" / "demo_shop" / "scores.json"
    [sentence, *_] = json.loads(scratch.read_text(encoding="utf-8"))["verdict"]["sentences"]
    script = "return document.querySelector('.jp-Notebook').innerText"
    assert sentence in page.execute_script(script)
    for pipeline in ("scores", "predictions", "curves", "notebooks"):
        assert not (project / "experiments" / pipeline).exists()
