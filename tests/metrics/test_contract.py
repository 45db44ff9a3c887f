"""The contract of the folder: every file under metrics/ keeps what it declares."""

import math

import numpy as np
import pandas as pd
import pytest

from crmlab import registry

NAMES = registry.names("metrics")
PRICES = {
    "customer_value": 200.0,
    "incentive_cost": 10.0,
    "contact_cost": 1.0,
    "accept_alpha": 6.0,
    "accept_beta": 14.0,
    "margin_mean": 20.0,
    "margin_shape": 4.0,
}
JUDGED_ONCE = ("silhouette", "value_explained")
"""Metrics whose per-customer parts are made once from all customers: a repeated row would change them."""


def _rows(n, rng):
    return pd.DataFrame(
        {
            "row_id": np.arange(n) + 1000,
            "customer": [f"c{i}" for i in range(n)],
            "origin": pd.Timestamp("2024-07-01"),
            "days_since_last": rng.integers(1, 300, n),
            "frequency": rng.poisson(1.0, n),
            "monetary_value": np.where(rng.random(n) < 0.3, np.nan, rng.lognormal(3, 1, n)),
            "channel": "web",
        }
    )


@pytest.fixture(scope="module")
def world():
    """600 customers: outcomes of 1 for 8 %, three true segments that lie apart in one column."""
    rng = np.random.default_rng(11)
    n = 600
    truth = rng.integers(0, 3, n)
    rows = _rows(n, rng).assign(groups=np.exp(4.0 * truth) + 0.1 * rng.random(n))
    outcome = (rng.permutation(n) < 0.08 * n).astype(int)
    solution = pd.DataFrame(
        {"row_id": rows["row_id"], "outcome": outcome, "value": np.exp(2.0 * truth), "truth": truth}
    )
    return solution, rows, rng


def _answer(solution, *, score, segment):
    refits = {f"segment_{b:02d}": s for b, s in enumerate(segment[1:])}
    return pd.DataFrame({"row_id": solution["row_id"], "score": score, "segment": segment[0], **refits})


def _perfect(solution):
    return _answer(solution, score=solution["outcome"].astype(float), segment=[solution["truth"]] * 4)


def _uninformative(solution, rng):
    n = len(solution)
    score = np.full(n, solution["outcome"].mean())
    return _answer(solution, score=score, segment=rng.integers(0, 3, (4, n)))


def _noisy(solution, rng):
    n = len(solution)
    score = np.clip(0.3 * solution["outcome"] + 0.7 * rng.random(n), 0, 1).round(2)
    segment = [np.where(rng.random(n) < 0.3, rng.integers(0, 3, n), solution["truth"]) for _ in range(4)]
    return _answer(solution, score=score, segment=segment)


def _measure(name, solution, answers, rows, weights=None):
    weights = np.ones((1, len(rows))) if weights is None else weights
    prices = {price: PRICES[price] for price in registry.prices(name)}
    return registry.find("metrics", name)(solution, answers, rows, weights, **prices)


def _chance(name, solution):
    chance = registry.find("metrics", name).chance
    return chance(solution, **{p: PRICES[p] for p in registry.prices(name)}) if callable(chance) else chance


@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_is_complete(name):
    metric = registry.find("metrics", name)
    low, high = metric.range
    assert low < high
    assert metric.best in metric.range
    assert metric.label
    assert metric.cite
    assert metric.needs


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_fed_back_reaches_the_best_end(name, world):
    solution, rows, rng = world
    metric = registry.find("metrics", name)
    best = _measure(name, solution, _perfect(solution), rows)[0]
    # an end that no answer need reach (money; R² less what RFM explains; distances that are not 0)
    if math.isinf(metric.best) or name in JUDGED_ONCE:
        others = [_noisy(solution, rng) for _ in range(20)] + [_uninformative(solution, rng)]
        tried = [_measure(name, solution, other, rows)[0] for other in others]
        assert best > max(tried)
    else:
        assert best == pytest.approx(metric.best, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_an_uninformative_answer_lands_on_chance(name, world):
    solution, rows, rng = world
    values = [_measure(name, solution, _uninformative(solution, rng), rows)[0] for _ in range(20)]
    random = "segment" in registry.find("metrics", name).needs
    assert np.mean(values) == pytest.approx(_chance(name, solution), abs=0.02 if random else 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_nothing(name, world):
    solution, rows, rng = world
    answers, order = _noisy(solution, rng), rng.permutation(len(rows))
    weights = rng.integers(0, 3, (3, len(rows)))
    shuffled = [frame.iloc[order].reset_index(drop=True) for frame in (solution, answers, rows)]
    values = _measure(name, solution, answers, rows, weights)
    np.testing.assert_allclose(_measure(name, *shuffled, weights[:, order]), values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in JUDGED_ONCE])
def test_a_count_is_as_many_rows(name, world):
    solution, rows, rng = world
    answers, weights = _noisy(solution, rng), rng.integers(0, 4, (3, len(rows))).astype(np.uint8)
    values = _measure(name, solution, answers, rows, weights)
    assert values.shape == (3,)
    for value, count in zip(values, weights, strict=True):
        repeated = [f.loc[f.index.repeat(count)].reset_index(drop=True) for f in (solution, answers, rows)]
        assert _measure(name, *repeated)[0] == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_values_lie_in_the_range_under_any_weights(name, world):
    solution, rows, rng = world
    weights = rng.poisson(1.0, (8, len(rows)))
    values = _measure(name, solution, _noisy(solution, rng), rows, weights)
    low, high = registry.find("metrics", name).range
    assert values.shape == (8,)
    assert ((values >= low) & (values <= high)).all()


@pytest.mark.parametrize("outcome", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_a_single_class_or_segment_is_no_exception(name, outcome, world):
    _, rows, _ = world
    solution = pd.DataFrame({"row_id": rows["row_id"], "outcome": outcome, "value": 0.0, "truth": 0})
    answers = _answer(solution, score=np.linspace(0, 1, len(rows)), segment=np.zeros((4, len(rows)), int))
    value = _measure(name, solution, answers, rows)
    undefined = {"auc", "silhouette", "stability_ari", "truth_ari", "value_explained"}
    if outcome == 0:
        undefined |= {"average_precision", "top_decile_lift"}
    assert value.shape == (1,)
    assert np.isnan(value[0]) == (name in undefined)


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_zero_are_undefined(name, world):
    solution, rows, rng = world
    weights = np.vstack([np.zeros(len(rows)), np.ones(len(rows))])
    values = _measure(name, solution, _noisy(solution, rng), rows, weights)
    assert np.isnan(values).tolist() == [True, False]
