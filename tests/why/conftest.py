"""A planted world: who views many pages in the app buys; and a comparison whose models are kept."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.methods.classification.explainable_boosting import ExplainableBoosting
from crmlab.run import Run
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, NUMERIC, OK
from crmlab.why.window import BOOSTING, LastWindow

ROLES = {"pages": NUMERIC, "seconds": NUMERIC, "age": NUMERIC, "carted": NUMERIC, "channel": CATEGORICAL}


def people(n: int, rng: np.random.Generator, *, effect: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return n prospects and whether they bought: 8 pages and more raise the odds by exp(effect)."""
    pages = rng.integers(1, 16, n).astype(float)
    channel = rng.choice(["app", "shop", "web"], n)
    age = rng.uniform(20, 70, n).round()
    rows = pd.DataFrame(
        {
            "pages": pages,
            "seconds": 20 * pages + rng.uniform(0, 8, n),
            "age": np.where(rng.random(n) < 0.3, np.nan, age),
            "carted": (rng.random(n) < 0.4).astype(float),
            "channel": pd.Series(np.where(rng.random(n) < 0.1, None, channel), dtype="str"),
        }
    )
    odds = -1.5 + effect * (pages >= 8) + 0.6 * effect * (channel == "app")
    return rows, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def build(n: int = 1500, *, seed: int = 1, effect: float = 1.5, later: float | None = None) -> LastWindow:
    """Return a window of n train and n test rows; `later` is the effect in the test rows."""
    rng = generator(seed, "planted")
    train, bought = people(n, rng, effect=effect)
    test, outcome = people(n, rng, effect=effect if later is None else later)
    who = np.array([f"c{i:05d}" for i in range(n)])
    about = {"people": "prospects", "positive": "won", "rows": "the test period"}
    return LastWindow(train, bought, test, outcome, who, ROLES, seed, **about)


@pytest.fixture(scope="session")
def planted() -> Callable[..., LastWindow]:
    """Return the builder of planted windows."""
    return build


@pytest.fixture(scope="session")
def window() -> LastWindow:
    """A planted window."""
    return build()


@pytest.fixture(scope="session")
def machine(window: LastWindow) -> ExplainableBoosting:
    """An explainable boosting machine that is fitted on the planted window."""
    model = ExplainableBoosting(learning_rate=0.1, max_rounds=40, max_bins=16, interactions=2, seed=1)
    return model.fit(window.train, window.train_outcome)


@pytest.fixture
def compared(project: Any, make: SimpleNamespace) -> SimpleNamespace:
    """A comparison of one explainable boosting machine, the champion, whose model is in the store."""
    problem = make.rolling(n=200, refits=1)
    fold = problem.fold(max(f["fold"] for f in problem.facts["folds"] if f["refit"] == 0))
    columns = list(problem.facts["roles"])
    model = ExplainableBoosting(learning_rate=0.1, max_rounds=30, max_bins=16, interactions=1, seed=1)
    model.fit(fold.train_rows[columns], fold.train_outcomes["outcome"].to_numpy())
    content = pickle.dumps(model)
    folder = store.run_folder("ebm")
    folder.mkdir(parents=True)
    (folder / "model.pickle").write_bytes(content)
    (folder / "run.json").write_text(json.dumps({"model_sha256": hashlib.sha256(content).hexdigest()}))
    details = {f["fold"]: model.details_ for f in problem.facts["folds"]}
    run = Run(BOOSTING, "Explainable boosting", None, {}, "ebm", OK, details=details)
    return SimpleNamespace(
        problem=problem,
        task="churn",
        name="small",
        runs=[run],
        verdict=SimpleNamespace(champion=BOOSTING),
        order=lambda: [BOOSTING],
        run_of=lambda method: run,
        seed=1,
        level=0.95,
    )
