"""What a reviewer sees in MLflow behind the links that `crmlab review` prints."""

from __future__ import annotations
import time
import pytest
from crmlab import compare as comparing
from crmlab import params, problem, store, tracking


@pytest.fixture(scope="module")
def comparison(make, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reviewed")
    (folder / store.PARAMS).write_text("seed: 1\n")
    methods = {
        "classification": {"prevalence": {}, "logit": {"C": 1.0}, "rate_by_level": {"column": "absent"}}
    }
    task = params.Task("churn", ("auc", "brier"), "auc", {}, 0, methods, {"small": {}})
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), (), {"churn": task})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("DVC_ROOT", "DVC_EXP_NAME", "MLFLOW_TRACKING_URI", "CRMLAB_PROGRESS"):
            patch.delenv(name, raising=False)
        problem.save(make.rolling())
        tracking.initialise()
        found = comparing.compare("churn", "small", settings=settings)
        tracking.track(found, comparing.PIPELINE)
        yield found, folder


def test_x(comparison, serve, browser):
    found, folder = comparison
    server = serve("crmlab.cli", "review", "--port", "{port}", cwd=folder)
    server.wait_for("/health")
    print(server.said())
    links = [l.split(": ", 1)[1] for l in server.said().splitlines() if "http://127" in l and "#" in l]
    for i, l in enumerate(links):
        t = time.time()
        browser.get("about:blank")
        browser.get(l)
        time.sleep(12)
        browser.save_screenshot(f"/tmp/bt/m{i}.png")
        print(i, browser.find_element("tag name", "body").text)
