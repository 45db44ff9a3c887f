"""What the tests of the pictures share: small comparisons, judged by the real code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from crmlab import params
from crmlab.comparison.compare import Comparison, judged
from crmlab.comparison.run import Run
from crmlab.plots._style import Picture
from crmlab.vocabulary import CHANCE, NOT_APPLICABLE, STATUS_QUO

PRICES = {
    "customer_value": 200.0,
    "incentive_cost": 10.0,
    "contact_cost": 1.0,
    "accept_alpha": 6.0,
    "accept_beta": 14.0,
}


def judge(problem: Any, runs: list[Run], metrics: tuple[str, ...], prices: dict[str, float]) -> Comparison:
    """Return the comparison of finished runs; the first metric is the primary one."""
    part = params.Task(problem.task, metrics, metrics[0], prices, 0, {}, {})
    settings = params.Params(1, 1, 60.0, 0.95, 60, (), {problem.task: part})
    return judged(problem, runs, part, settings)


def score_runs(make: SimpleNamespace, problem: Any) -> list[Run]:
    """Return two methods (one good, one noisy), two controls, and one that does not apply."""
    rng = np.random.default_rng(3)

    def noisy(spread: float) -> Callable[..., Any]:
        return lambda fact, sol: np.clip(sol["outcome"] * 0.5 + rng.normal(0.25, spread, len(sol)), 0, 1)

    return [
        make.answered(problem, "logit", label="Logistic regression", answer=noisy(0.2)),
        make.answered(problem, "forest", label="Random forest", answer=noisy(1.0)),
        make.answered(problem, "prevalence", control=CHANCE, label="Base rate", answer=lambda f, s: 0.5),
        make.answered(problem, "hiatus", control=STATUS_QUO, label="Hiatus rule", answer=noisy(2.0)),
        Run("lifetime/bg_nbd", "BG/NBD", None, {}, "bg_nbd", NOT_APPLICABLE, "no purchase history"),
    ]


@pytest.fixture(scope="session")
def churn(make: SimpleNamespace) -> Comparison:
    """A comparison of scores over two cutoffs, the truth known."""
    problem = make.rolling()
    return judge(problem, score_runs(make, problem), ("auc", "brier", "churn_profit"), PRICES)


@pytest.fixture(scope="session")
def by_brier(make: SimpleNamespace) -> Comparison:
    """The same, judged by a metric of which less is better."""
    problem = make.rolling(truth=False)
    return judge(problem, score_runs(make, problem), ("brier",), {})


@pytest.fixture(scope="session")
def resampled(make: SimpleNamespace) -> Comparison:
    """A comparison under cross-validation."""
    problem = make.resampled()
    return judge(problem, score_runs(make, problem), ("auc",), {})


@pytest.fixture(scope="session")
def segmentation(make: SimpleNamespace) -> Comparison:
    """A comparison of segments: one by visits, always the same, and one at random."""
    problem = make.rolling(task="segmentation", truth=False)
    visits = problem.rows.set_index("row_id")["visits"]
    rng = np.random.default_rng(5)

    def run(name: str, segment: Callable[[pd.Series], Any], control: str | None = None) -> Run:
        answered = make.answered(problem, name, "segment", label=name, control=control, answer=lambda f, s: 0)
        ids = answered.answers["row_id"]
        labels = {c: np.asarray(segment(ids)) for c in ("segment", *(f"segment_0{b}" for b in range(3)))}
        return replace(answered, method=f"clustering/{name}", answers=answered.answers.assign(**labels))

    runs = [
        run("kmeans", lambda ids: (visits.loc[ids].to_numpy() < 3).astype(int)),
        run("random_partition", lambda ids: rng.integers(0, 2, len(ids)), CHANCE),
    ]
    return judge(problem, runs, ("stability_ari",), {})


@pytest.fixture
def whole() -> Callable[[Picture], list[str]]:
    """Return a check that every text of a picture lies inside it; it returns the texts."""

    def check(figure: Picture) -> list[str]:
        figure.png()
        renderer = FigureCanvasAgg(figure).get_renderer()
        page = figure.bbox.padded(1)
        texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
        drawn = [t for t in texts if t.axes is None or t.axes.get_visible()]
        for text in drawn:
            box = text.get_window_extent(renderer)
            # ticks beyond an axis' limits exist, but are not drawn
            on_page = page.overlaps(box)
            cut = on_page and not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0)
            assert not cut, f"'{text.get_text()}' is cut off"
        return [t.get_text() for t in drawn]

    return check
