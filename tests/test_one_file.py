"""A method, a metric and a data set are one file each: nothing else is edited but params.yaml."""

from __future__ import annotations

import pytest

METHOD = '''"""Rank by one column: for the test."""
from sklearn.linear_model import LogisticRegression

from crmlab.declare.method import method


@method(label="My rule")
def my_rule(column: str = "visits", C: float = 1.0):
    """column: the only one that is read."""
    return OneColumn(column, C)


class OneColumn:
    """Logistic regression on one column."""

    def __init__(self, column, C):
        self.column, self.model = column, LogisticRegression(C=C)

    def fit(self, X, y):
        self.model.fit(X[[self.column]], y)
        return self

    def predict_proba(self, X):
        return self.model.predict_proba(X[[self.column]])
'''

METRIC = '''"""Mean score of the 1s less that of the 0s, and a price: for the test."""
import numpy as np

from crmlab.declare.metric import metric


@metric(label="My gap", range=(-1.0, 1.0), best=1.0, chance=0.0)
def my_gap(solution, answers, rows, weights, *, gap_price):
    """Return the gap, (B,)."""
    one = solution["outcome"].to_numpy() == 1
    score = answers["score"].to_numpy()
    above, below = (weights[:, these] @ score[these] / weights[:, these].sum(axis=1) for these in (one, ~one))
    return gap_price * (above - below)
'''

DATASET = '''"""A made-up table of visitors: for the test."""
import numpy as np
import pandas as pd

from crmlab.declare.dataset import Dataset
from crmlab.seeds import generator

DATASET = Dataset(label="My visitors", cite="made up", licence="none", homepage="https://example.org")


def labelled(raw):
    """Return 90 visitors, of whom those with more visits buy more often."""
    rng = generator(1, "my_shop")
    visits = rng.poisson(4, 90)
    return pd.DataFrame(
        {
            "row_id": [f"v{i:03d}" for i in range(90)],
            "outcome": (rng.random(90) < visits / 8).astype("int64"),
            "period": pd.array(np.arange(90), dtype="Int64"),
            "visits": visits.astype("float64"),
            "channel": rng.choice(["web", "shop"], 90),
        }
    )
'''

PARAMS = """
seed: 1
limits: {workers: 1, seconds_per_run: 60}
intervals: {level: 0.95, replicates: 20}
margins: {my_gap: {amount: 0.01, because: "a hundredth is too little to see"}}
datasets: [my_shop]
acquisition:
  metrics: [auc, my_gap]
  primary: my_gap
  economics: {gap_price: 1.0}
  stability_refits: 0
  refits: 1
  inner_share: 0.0
  methods:
    classification:
      prevalence: {}
      my_rule: {column: visits, C: 1.0}
problems:
  acquisition-my_shop:
    {task: acquisition, problem: my_shop, dataset: my_shop, protocol: chronological, train_share: 0.6}
pages: {}
beside: {}
"""


@pytest.fixture(scope="module")
def printed(copy_package):
    """What `crmlab compare` prints about a method, a metric and a data set of one file each."""
    package = copy_package()
    package.add("methods/classification/my_rule.py", METHOD)
    package.add("metrics/my_gap.py", METRIC)
    package.add("datasets/my_shop.py", DATASET)
    (package.project / "params.yaml").write_text(PARAMS)
    made = package.run("-m", "crmlab.cli", "tables", "my_shop")
    assert made.returncode == 0, made.stderr
    compared = package.run("-m", "crmlab.cli", "compare", "acquisition", "my_shop")
    assert compared.returncode == 0, compared.stderr
    return made.stdout, compared.stdout


def test_the_data_set_has_tables(printed):
    assert printed[0] == "my_shop: labelled 90 rows, 5 columns\n"


def test_the_comparison_has_the_method_and_the_metric(printed):
    lines = printed[1].splitlines()
    header, *board = lines[:3]
    assert header.split() == ["Method", "Kind", "Control", "My", "gap", "lower", "upper", "Note"]
    assert [line.split("classification")[0].strip() for line in board] == ["My rule", "Base rate"]
    assert lines[3].startswith("My rule has the best My gap: 0.")
    assert any(
        line.startswith("0 runs reused. Scores: experiments/scratch/acquisition/my_shop/") for line in lines
    )
