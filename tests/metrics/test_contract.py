"""The contract of the folder: every file under metrics/ keeps what it declares."""

import ast
import math

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.kinds.recommendation import ASSORTMENT, BUYERS, COUNT, OFFERED
from crmlab.kinds.survival import CURVE, times
from crmlab.maths.next_basket.texts import BETWEEN

NAMES = registry.names("metrics")
"""Every file; one with parameters is measured at their defaults."""
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
UNREACHED = ("capture", "purchases_capture", "concordance_uno", "cost_per_acquired", "precision")
"""Metrics with a finite best end that even the solution does not reach.

A contact costs something; the outcome as a score says who leaves, and not when; a tenth of the customers
does not spend everything; nobody buys as many items as a list has places.
"""
JUDGED_ONCE = ("silhouette", "value_explained", "davies_bouldin", "calinski_harabasz")
"""Metrics whose parts or scale are made once from all customers: a repeated row would change them."""
OF_WHAT_IS_SHOWN = ("item_coverage", "novelty", "popularity_bias", "exposure_gini")
SHAPE_ONLY = ("size_balance", "reachable_share", *OF_WHAT_IS_SHOWN)
"""Metrics of the answer alone: the solution fed back is no better by them than a random one."""
OF_SPEND = (
    *("capture", "decile_calibration", "mae", "msle", "normalised_gini", "rmse", "spearman"),
    *("top_coverage", "total_bias"),
)
"""Metrics whose score is an amount of money, and not a probability."""
WITHOUT_CHANCE = tuple(n for n in NAMES if registry.metric(n).chance is None)
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
    return _followed(_bought(solution.assign(effect=effect), rng)), rows, rng


ASSORTED = np.array([f"p{i:02d}" for i in range(40)], dtype=object)
"""The items of a shop, the first ones the most popular."""


def _bought(solution, rng):
    """Return the solution with what each customer bought next: up to five items; nothing, for a tenth."""
    counts = np.where(rng.random(len(solution)) < 0.1, 0, rng.integers(1, 6, len(solution)))
    texts = [BETWEEN.join(rng.choice(ASSORTED, count, replace=False)) for count in counts]
    was = ["".join(rng.choice(["r", "e", "n"], count)) for count in counts]
    paid = [BETWEEN.join(f"{price:.2f}" for price in rng.gamma(2, 5, count)) for count in counts]
    columns = {"bought": texts, "bought_as": was, "paid": paid}
    return solution.assign(**{name: pd.array(values, "str") for name, values in columns.items()})


def _offers(lists):
    """Return an answer of ranked lists: the items, and how many customers had bought each of them."""
    share = dict(zip(ASSORTED, 1 / np.arange(2.0, 42.0), strict=True))
    shares = [[share[i] for i in one] + [0.0] * (COUNT - len(one)) for one in lists]
    texts = pd.array([BETWEEN.join(one) for one in lists], "str")
    of_items = pd.DataFrame(shares, columns=list(BUYERS))
    return {OFFERED: texts, ASSORTMENT: float(len(ASSORTED)), **{c: of_items[c] for c in BUYERS}}


def _random_lists(solution, rng):
    """Return lists of ten items that know nothing."""
    return [rng.choice(ASSORTED, 10, replace=False) for _ in range(len(solution))]


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
    lists = [text.split(BETWEEN) if text else [] for text in solution["bought"]]
    answer = answer.assign(expected_purchases=solution["purchases"].astype(float), **_offers(lists))
    return answer.assign(spend=value, lower=value, upper=value, p_zero=(value == 0).astype(float))


def _uninformative(solution, rng):
    n = len(solution)
    score = np.full(n, solution["outcome"].mean())
    segment, alike = rng.integers(0, 3, (4, n)), _curves(solution, alike=True)
    answer = _answer(solution, score=score, segment=segment, density=-2.0, curves=alike)
    spend = {"spend": solution["value"].mean(), "lower": solution["value"].min(), "p_zero": 0.0}
    bought = {"expected_purchases": solution["purchases"].mean()}
    bought |= _offers(_random_lists(solution, rng))
    return answer.assign(**spend, **bought, upper=solution["value"].max())


def _noisy(solution, rng):
    n = len(solution)
    score = np.clip(0.3 * solution["outcome"] + 0.7 * rng.random(n), 0, 1).round(2)
    segment = [np.where(rng.random(n) < 0.3, rng.integers(0, 3, n), solution["truth"]) for _ in range(4)]
    answer = _answer(solution, score=score, segment=segment, density=-rng.random(n))
    spend = solution["value"] * rng.uniform(0.02, 2, n) + rng.random(n)
    bought = (solution["purchases"] * rng.uniform(0.02, 2, n) + rng.random(n)).round(2)
    answer = answer.assign(expected_purchases=bought, **_offers(_random_lists(solution, rng)))
    return answer.assign(spend=spend, lower=0.5 * spend, upper=1.5 * spend, p_zero=rng.random(n))


def _inner(solution, answers):
    return pd.DataFrame({"outcome": solution["outcome"], "score": answers["score"]})


def _measure(name, solution, answers, rows, weights=None, inner=None):
    answers = answers.assign(score=answers["spend"]) if name in OF_SPEND else answers
    inner = _inner(solution, answers) if inner is None else inner
    return _handed(name, solution, answers, rows, inner, weights)


def _handed(name, solution, answers, rows, inner, weights=None):
    weights = np.ones((1, len(rows))) if weights is None else weights
    further = {price: PRICES[price] for price in registry.prices(name)}
    further |= {"inner": inner} if registry.wants_inner(name) else {}
    return registry.metric(name)(solution, answers, rows, weights, **further)


def _chance(name, solution):
    chance = registry.metric(name).chance
    return chance(solution, **{p: PRICES[p] for p in registry.prices(name)}) if callable(chance) else chance


@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_is_complete(name):
    metric = registry.metric(name)
    low, high = metric.range
    assert low < high
    assert low <= metric.best <= high
    assert metric.label
    assert metric.cite
    assert metric.reads


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_has_a_rule_and_a_default_and_a_price_has_neither(name):
    arguments = registry.declaration("metrics", name, "metric").args
    assert [a.arg for a in arguments.args] == ["solution", "answers", "rows", "weights"]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        ruled = argument.annotation is not None and "Annotated" in ast.unparse(argument.annotation)
        assert ruled == (default is not None), argument.arg


class _Recorded(pd.DataFrame):
    """A frame that notes which of its columns are asked for by name."""

    _metadata = ("asked",)

    @property
    def _constructor(self):
        return pd.DataFrame

    def __getitem__(self, key):
        self.asked.update([key] if isinstance(key, str) else [k for k in key if isinstance(k, str)])
        return super().__getitem__(key)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_metric_declares_to_read_it_reads_and_nothing_else(name, world):
    solution, rows, rng = world
    reads = registry.metric(name).reads
    answers = _noisy(solution, rng)
    answers = answers.assign(score=answers["spend"]) if name in OF_SPEND else answers
    inner = _inner(solution, answers)
    recorded = _Recorded(answers[list(reads)])
    recorded.asked = set()
    value = _handed(name, solution, recorded, rows, inner)
    assert np.isfinite(value).all()
    assert recorded.asked == {*reads}


@pytest.mark.parametrize(("name", "column"), [(n, c) for n in NAMES for c in registry.metric(n).reads])
def test_without_a_column_that_it_reads_a_metric_fails(name, column, world):
    solution, rows, rng = world
    answers = _noisy(solution, rng)
    less = answers[[c for c in registry.metric(name).reads if c != column]]
    with pytest.raises((KeyError, ValueError, IndexError, RuntimeWarning, AssertionError)):
        assert np.isfinite(_handed(name, solution, less, rows, _inner(solution, answers))).all()


@pytest.mark.parametrize("name", [n for n in NAMES if n not in SHAPE_ONLY])
def test_the_solution_fed_back_reaches_the_best_end(name, world):
    solution, rows, rng = world
    metric = registry.metric(name)
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
    random = any(column.startswith("segment") for column in registry.metric(name).reads)
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
    low, high = registry.metric(name).range
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
    solution = solution.assign(bought=pd.array([""] * len(rows), "str"), bought_as="", paid="")
    answers = answers.assign(**_offers([list(ASSORTED[:10])] * len(rows)))
    spend = {"spend": answers["score"], "lower": 0.0, "upper": answers["score"], "p_zero": 0.5}
    value = _measure(name, solution, answers.assign(**spend), rows)
    undefined = {"auc", "silhouette", "stability_ari", "truth_ari", "value_explained"}
    undefined |= {"calinski_harabasz", "churn_separation", "davies_bouldin", "persistence_ari"}
    undefined |= {"size_balance", "stability_jaccard", "concordance_uno", "time_dependent_auc"}
    undefined |= {"capture", "decile_calibration", "normalised_gini"}
    undefined |= {"spearman", "total_bias"}
    undefined |= {"purchases_bias", "purchases_capture", "purchases_spearman"}
    undefined |= {"recall", "recall_repeat", "recall_explore", "recall_new_category", "precision", "ndcg"}
    undefined |= {"hit_rate", "average_precision_at", "margin_at"}
    if outcome == 0:
        undefined |= {"average_precision", "cost_per_acquired", "lift"}
    assert value.shape == (1,)
    assert np.isnan(value[0]) == (name in undefined)


@pytest.mark.parametrize("name", [n for n in NAMES if registry.wants_inner(n)])
def test_without_an_inner_hold_out_there_is_no_value(name, world):
    solution, rows, rng = world
    further = {price: PRICES[price] for price in registry.prices(name)}
    given = (solution, _noisy(solution, rng), rows, np.ones((3, len(rows))))
    values = registry.metric(name)(*given, inner=None, **further)
    assert np.isnan(values).tolist() == [True] * 3


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("purchases_")])
def test_where_nobody_counted_purchases_there_is_no_value(name, world):
    solution, rows, rng = world
    answers, uncounted = _noisy(solution, rng), solution.drop(columns="purchases")
    assert np.isnan(_measure(name, uncounted, answers, rows, np.ones((3, len(rows))))).tolist() == [True] * 3
    # a share of the customers captures that share by chance, whether it was counted or not
    if callable(registry.metric(name).chance) and name != "purchases_capture":
        assert np.isnan(_chance(name, uncounted))


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_zero_are_undefined(name, world):
    solution, rows, rng = world
    weights = np.vstack([np.zeros(len(rows)), np.ones(len(rows))])
    values = _measure(name, solution, _noisy(solution, rng), rows, weights)
    assert np.isnan(values).tolist() == [True, False]
