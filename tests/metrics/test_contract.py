"""The contract of the folder: every file under metrics/ keeps what it declares."""

import math

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.kinds.survival import CURVE, times

NAMES = registry.names("metrics")
PRICES = {
    "customer_value": 200.0,
    "incentive_cost": 10.0,
    "contact_cost": 1.0,
    "accept_alpha": 6.0,
    "accept_beta": 14.0,
    "margin_mean": 40.0,
    "margin_shape": 4.0,
    "margin_share": 0.3,
    "accept_rate": 0.8,
    "budget_per_1000": 100.0,
}
UNREACHED = ("capture_10", "capture_20", "purchases_capture_10", "concordance_uno", "cost_per_acquired")
"""Metrics with a finite best end that even the solution does not reach.

A contact costs something; the outcome as a score says who leaves, and not when; a tenth of the customers
does not spend everything.
"""
JUDGED_ONCE = ("silhouette", "value_explained", "davies_bouldin", "calinski_harabasz")
"""Metrics whose parts or scale are made once from all customers: a repeated row would change them."""
SHAPE_ONLY = ("size_balance", "reachable_share")
"""Metrics of the partition alone: the solution fed back is no better by them than a random one."""
WITHOUT_CHANCE = tuple(n for n in NAMES if registry.find("metrics", n).chance is None)
"""Metrics for which an uninformative answer has no one value (each file says why)."""


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
            "consent": (rng.random(n) < 0.7).astype(float),
        }
    )


@pytest.fixture(scope="module")
def world():
    """600 customers: outcomes of 1 for 4 %, three true segments that lie apart in one column."""
    rng = np.random.default_rng(11)
    n = 600
    truth = rng.integers(0, 3, n)
    rows = _rows(n, rng).assign(total_spend=np.exp(4.0 * truth) + 0.1 * rng.random(n))
    outcome = (rng.permutation(n) < 0.04 * n).astype(int)
    solution = pd.DataFrame(
        {"row_id": rows["row_id"], "outcome": outcome, "value": np.exp(2.0 * truth), "truth": truth}
    )
    solution["purchases"] = np.where(outcome == 1, 0, 1 + rng.poisson(1.5, n))
    # an offer pays in one group, does harm in another, and reaches nobody without consent
    effect = np.where(rows["consent"] > 0, 5.0 * (truth - 1), np.nan)
    return _followed(solution.assign(effect=effect)), rows, rng


def _followed(solution):
    """Return the solution with when each member left: within 90 days those with an outcome of 1."""
    event = solution["outcome"].to_numpy()
    days = np.where(event == 1, 1 + solution["row_id"] % 89, 90)
    return solution.assign(duration_days=days, event=event, followed_days=90)


def _curves(solution, score=None, *, alike=False):
    """Return survival curves: what happened, or falling in a straight line to 1 less the score."""
    left = solution["event"].to_numpy()[:, None] * (
        solution["duration_days"].to_numpy()[:, None] <= times(90)
    )
    kept = 1.0 - left
    if score is not None:
        kept = 1 - np.outer(score, np.arange(1, 13) / 12)
    kept = np.tile(kept.mean(axis=0), (len(kept), 1)) if alike else kept
    return dict(zip(CURVE, kept.T, strict=True))


def _answer(solution, *, score, segment, density=0.0, curves=None):
    refits = {f"segment_{b:02d}": s for b, s in enumerate(segment[1:])}
    further = {"segment_before": segment[-1], "log_density": density, "parameters": 7}
    labels = {"segment": segment[0], **refits, **further}
    curves = _curves(solution, score) if curves is None else curves
    return pd.DataFrame({"row_id": solution["row_id"], "score": score, **labels, **curves})


def _perfect(solution, truth="truth"):
    score, segment = solution["outcome"].astype(float), [solution[truth]] * 4
    answer, value = (
        _answer(solution, score=score, segment=segment, curves=_curves(solution)),
        solution["value"],
    )
    answer = answer.assign(expected_purchases=solution["purchases"].astype(float))
    return answer.assign(spend=value, lower=value, upper=value, p_zero=(value == 0).astype(float))


def _uninformative(solution, rng):
    n = len(solution)
    score = np.full(n, solution["outcome"].mean())
    segment, alike = rng.integers(0, 3, (4, n)), _curves(solution, alike=True)
    answer = _answer(solution, score=score, segment=segment, density=-2.0, curves=alike)
    spend = {"spend": solution["value"].mean(), "lower": solution["value"].min(), "p_zero": 0.0}
    bought = {"expected_purchases": solution["purchases"].mean()}
    return answer.assign(**spend, **bought, upper=solution["value"].max())


def _noisy(solution, rng):
    n = len(solution)
    score = np.clip(0.3 * solution["outcome"] + 0.7 * rng.random(n), 0, 1).round(2)
    segment = [np.where(rng.random(n) < 0.3, rng.integers(0, 3, n), solution["truth"]) for _ in range(4)]
    answer = _answer(solution, score=score, segment=segment, density=-rng.random(n))
    spend = solution["value"] * rng.uniform(0.02, 2, n) + rng.random(n)
    bought = (solution["purchases"] * rng.uniform(0.02, 2, n) + rng.random(n)).round(2)
    answer = answer.assign(expected_purchases=bought)
    return answer.assign(spend=spend, lower=0.5 * spend, upper=1.5 * spend, p_zero=rng.random(n))


def _inner(solution, answers):
    return pd.DataFrame({"outcome": solution["outcome"], "score": answers["score"]})


def _measure(name, solution, answers, rows, weights=None, inner=None):
    weights = np.ones((1, len(rows))) if weights is None else weights
    further = {price: PRICES[price] for price in registry.prices(name)}
    if registry.wants_inner(name):
        further["inner"] = _inner(solution, answers) if inner is None else inner
    if "upper" in registry.find("metrics", name).needs:
        answers = answers.assign(score=answers["spend"])
    return registry.find("metrics", name)(solution, answers, rows, weights, **further)


def _chance(name, solution):
    chance = registry.find("metrics", name).chance
    return chance(solution, **{p: PRICES[p] for p in registry.prices(name)}) if callable(chance) else chance


@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_is_complete(name):
    metric = registry.find("metrics", name)
    low, high = metric.range
    assert low < high
    assert low <= metric.best <= high
    assert metric.label
    assert metric.cite
    assert metric.needs


@pytest.mark.parametrize("name", [n for n in NAMES if n not in SHAPE_ONLY])
def test_the_solution_fed_back_reaches_the_best_end(name, world):
    solution, rows, rng = world
    metric = registry.find("metrics", name)
    # the segments that tell churners apart are the outcomes themselves
    perfect = _perfect(solution, "outcome" if name == "churn_separation" else "truth")
    best = _measure(name, solution, perfect, rows)[0]
    # an end that no answer need reach (money; R² less what RFM explains; distances that are not 0)
    if math.isinf(metric.best) or name in (*JUDGED_ONCE, *UNREACHED):
        others = [_noisy(solution, rng) for _ in range(20)] + [_uninformative(solution, rng)]
        tried = np.array([_measure(name, solution, other, rows)[0] for other in others])
        assert (best > tried).all() if metric.higher_is_better else (best < tried).all()
    else:
        assert best == pytest.approx(metric.best, abs=1e-12)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in WITHOUT_CHANCE])
def test_an_uninformative_answer_lands_on_chance(name, world):
    solution, rows, rng = world
    values = [_measure(name, solution, _uninformative(solution, rng), rows)[0] for _ in range(20)]
    random = "segment" in registry.find("metrics", name).needs
    # a ratio of two variances, an AUC of 24 positives: four standard errors of the mean of 20 draws
    spread = name in ("calinski_harabasz", "churn_separation")
    near = 4 * np.std(values) / np.sqrt(20) if spread else 0.02
    assert np.mean(values) == pytest.approx(_chance(name, solution), abs=near if random else 1e-12)


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
        found = _measure(name, *repeated, inner=_inner(solution, answers))
        assert found[0] == pytest.approx(value, abs=1e-10)


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
    solution = _followed(solution.assign(effect=0.0)).assign(duration_days=45 if outcome else 90)
    answers = _answer(solution, score=np.linspace(0, 1, len(rows)), segment=np.zeros((4, len(rows)), int))
    solution["purchases"], answers["expected_purchases"] = 0, answers["score"]
    spend = {"spend": answers["score"], "lower": 0.0, "upper": answers["score"], "p_zero": 0.5}
    value = _measure(name, solution, answers.assign(**spend), rows)
    undefined = {"auc", "silhouette", "stability_ari", "truth_ari", "value_explained"}
    undefined |= {"calinski_harabasz", "churn_separation", "davies_bouldin", "persistence_ari"}
    undefined |= {"size_balance", "stability_jaccard", "concordance_uno", "time_dependent_auc"}
    undefined |= {"capture_10", "capture_20", "decile_calibration", "normalised_gini"}
    undefined |= {"spearman", "total_bias"}
    undefined |= {"purchases_bias", "purchases_capture_10", "purchases_spearman"}
    if outcome == 0:
        undefined |= {"average_precision", "cost_per_acquired", "lift_5", "lift_20", "top_decile_lift"}
    assert value.shape == (1,)
    assert np.isnan(value[0]) == (name in undefined)


@pytest.mark.parametrize("name", [n for n in NAMES if registry.wants_inner(n)])
def test_without_an_inner_hold_out_there_is_no_value(name, world):
    solution, rows, rng = world
    further = {price: PRICES[price] for price in registry.prices(name)}
    given = (solution, _noisy(solution, rng), rows, np.ones((3, len(rows))))
    values = registry.find("metrics", name)(*given, inner=None, **further)
    assert np.isnan(values).tolist() == [True] * 3


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("purchases_")])
def test_where_nobody_counted_purchases_there_is_no_value(name, world):
    solution, rows, rng = world
    answers, uncounted = _noisy(solution, rng), solution.drop(columns="purchases")
    assert np.isnan(_measure(name, uncounted, answers, rows, np.ones((3, len(rows))))).tolist() == [True] * 3
    if callable(registry.find("metrics", name).chance):
        assert np.isnan(_chance(name, uncounted))


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_zero_are_undefined(name, world):
    solution, rows, rng = world
    weights = np.vstack([np.zeros(len(rows)), np.ones(len(rows))])
    values = _measure(name, solution, _noisy(solution, rng), rows, weights)
    assert np.isnan(values).tolist() == [True, False]
