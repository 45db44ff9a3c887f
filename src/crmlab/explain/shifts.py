"""Shifts: how far the customers of each test window lie from those that its models were trained on.

A shift is the largest difference between the shares of two groups of customers that any one cut
shows: for numbers the statistic of Smirnov (1939), for texts the total variation distance. It lies
in [0, 1] and needs no bins. The population stability index was not taken: its value depends on the
bins, is infinite where one is empty, and grows as rows get fewer. Scores are compared in their own unit.
What chance alone would show stands beside each shift as `noise`.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from crmlab.problems import censoring
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, NUMERIC

LEVEL = 0.95
DRAWS = 100
"""Permutations of the rows behind the noise of texts and scores."""

WINDOW = ("window", "cutoff", "n_train", "n_test")
SCORES = ("method", "fold", *WINDOW, "n_inner", "inner_mean", "test_mean", "shift", "noise")


def base_rates(problem: Any) -> pd.DataFrame:
    """Return the share of outcomes of 1 among train and test rows, one row per window.

    Columns: window, cutoff, n_train, n_test, train_rate, test_rate, change (test less train) with
    its 95 % interval lower, upper; nan without train rows. Rows of customers who occur once are independent
    (Newcombe 1998, method 10); else customers are (`change_by_customer`). Where some outcomes are not known
    the rates are those of the Kaplan-Meier curve, without an interval.
    """
    found = []
    for facts, fold in _windows(problem):
        old, new = (
            fold.train_outcomes["outcome"].to_numpy(),
            problem.solution["outcome"].to_numpy()[fold.test_row_ids],
        )
        if np.isnan(old).any() or np.isnan(new).any():
            found.append(facts | _censored_rates(problem, fold))
            continue
        rates = {"train_rate": old.mean() if len(old) else np.nan, "test_rate": new.mean()}
        owners = _owners(fold)
        if owners is None or owners.is_unique:
            change, lower, upper = rate_change(old.sum(), new.sum(), n_train=len(old), n_test=len(new))
        else:
            change, lower, upper = change_by_customer(old, new, owners.to_numpy())
        found.append(facts | rates | {"change": change, "lower": lower, "upper": upper})
    return pd.DataFrame(found)


def _owners(fold: Any) -> pd.Series | None:
    """Return whose the train rows and then the test rows are; None where rows have no customers."""
    if "customer" not in fold.test_rows:
        return None
    rows = pd.concat([fold.train_rows, fold.test_rows])
    return rows["customer"].astype(object).where(rows["customer"].notna(), rows["row_id"])


def _censored_rates(problem: Any, fold: Any) -> dict[str, float]:
    """Return the rates of a window some of whose outcomes are not known, and their difference."""
    ids = fold.train_rows["row_id"].to_numpy(), fold.test_row_ids
    old, new = (censoring.rate(problem.solution.iloc[i], problem.facts["horizon_days"]) for i in ids)
    old, new = (np.nan if rate is None else rate for rate in (old, new))
    return {"train_rate": old, "test_rate": new, "change": new - old, "lower": np.nan, "upper": np.nan}


def feature_shifts(problem: Any) -> pd.DataFrame:
    """Return how far each column's distribution moved from train to test rows, largest shift first.

    Columns: window, cutoff, n_train, n_test, column, shift (0 to 1), noise (what 95 % of windows
    without drift stay below, for independent rows), train_missing, test_missing (shares). A window
    without train rows is left out.
    """
    roles, found = problem.facts["roles"], []
    for facts, fold in _windows(problem):
        if not len(fold.train_rows):
            continue
        for column in (c for c, role in roles.items() if role in (NUMERIC, CATEGORICAL)):
            before, after = fold.train_rows[column], fold.test_rows[column]
            numeric = roles[column] == NUMERIC
            shift, noise = number_shift(before, after) if numeric else text_shift(before, after)
            missing = {"train_missing": before.isna().mean(), "test_missing": after.isna().mean()}
            found.append(facts | {"column": column, "shift": shift, "noise": noise} | missing)
    order = {"by": ["window", "shift"], "ascending": [True, False], "kind": "stable"}
    return pd.DataFrame(found).sort_values(**order, ignore_index=True) if found else pd.DataFrame()


def score_shifts(comparison: Any) -> pd.DataFrame:
    """Return how far each method's scores moved from the inner hold-out of the train rows to the test.

    Where they moved, a threshold or a calibration that was chosen there fits no longer; the customers,
    the fit or both may be the reason, for two fits made the scores. Columns: method, window, cutoff,
    n_train, n_test, n_inner, inner_mean, test_mean, shift (how far scores moved on average, in the
    score's own unit), noise. Methods without an inner hold-out are left out.
    """
    found = []
    for run in comparison.runs:
        if run.inner is None or run.answers is None:
            continue
        for facts, _ in _windows(comparison.problem, rows=False):
            before, after = (f.loc[f["fold"] == facts["fold"], "score"] for f in (run.inner, run.answers))
            if before.empty:
                continue
            shift, noise = score_shift(before, after)
            means = {"n_inner": len(before), "inner_mean": before.mean(), "test_mean": after.mean()}
            found.append({"method": run.method} | facts | means | {"shift": shift, "noise": noise})
    return pd.DataFrame(found, columns=list(SCORES))


def number_shift(before: pd.Series, after: pd.Series) -> tuple[float, float]:
    """Return the largest difference of two cumulative distributions, and its 95 % point without drift.

    A missing value stands below all others. The point is the asymptotic one (Smirnov 1939), for
    values without ties; with ties less would do.
    """
    first, second = (
        np.sort(np.nan_to_num(s.to_numpy(dtype=np.float64), nan=-np.inf)) for s in (before, after)
    )
    at = np.concatenate([first, second])
    shares = (np.searchsorted(part, at, side="right") / len(part) for part in (first, second))
    spread = 1 / len(first) + 1 / len(second)
    noise = np.sqrt(-np.log((1 - LEVEL) / 2) / 2 * spread)
    return float(np.abs(np.subtract(*shares)).max()), float(min(noise, 1.0))


def text_shift(before: pd.Series, after: pd.Series) -> tuple[float, float]:
    """Return the total variation distance of two columns of levels, and its 95 % point without drift.

    Half the sum of the differences in share over levels; missing is one of them. The point comes
    from dealing the rows of both anew, DRAWS times.
    """
    codes, _ = pd.factorize(pd.concat([before, after]), use_na_sentinel=False)
    total = np.bincount(codes)
    counts = np.bincount(codes[: len(before)], minlength=len(total))
    drawn = generator(0, "drift", before.name).multivariate_hypergeometric(total, len(before), size=DRAWS)

    def distance(first: np.ndarray) -> np.ndarray:
        return np.abs(first / len(before) - (total - first) / len(after)).sum(axis=-1) / 2

    return float(distance(counts)), float(np.quantile(distance(drawn), LEVEL))


def score_shift(before: pd.Series, after: pd.Series) -> tuple[float, float]:
    """Return the Wasserstein-1 distance of two sets of scores, and its 95 % point without drift.

    The mean distance between equal quantiles (Vallender 1974). Not Smirnov's statistic: a method
    with few distinct scores would show the largest shift when another fit moves them by a hair. The
    point comes from dealing the scores of both anew, DRAWS times.
    """
    scores = np.concatenate([before, after])
    order = np.argsort(scores, kind="stable")
    first = np.repeat([True, False], [len(before), len(after)])
    dealt = np.tile(first, (DRAWS, 1))
    generator(0, "drift", "scores").permuted(dealt, axis=1, out=dealt)
    share = np.cumsum(np.vstack([first[order], dealt]), axis=1)
    ahead = np.abs(share / len(before) - (np.arange(1, len(scores) + 1) - share) / len(after))
    distances = ahead[:, :-1] @ np.diff(scores[order])
    return float(distances[0]), float(np.quantile(distances[1:], LEVEL))


def rate_change(train_ones: int, test_ones: int, *, n_train: int, n_test: int) -> tuple[float, float, float]:
    """Return test rate less train rate with its 95 % interval (Newcombe 1998, method 10); nan for no rows."""
    from scipy.stats import binomtest

    if not n_train or not n_test:
        return np.nan, np.nan, np.nan
    old, new = train_ones / n_train, test_ones / n_test
    before = binomtest(int(train_ones), n_train).proportion_ci(LEVEL, method="wilson")
    after = binomtest(int(test_ones), n_test).proportion_ci(LEVEL, method="wilson")
    lower = new - old - np.hypot(new - after.low, before.high - old)
    upper = new - old + np.hypot(after.high - new, old - before.low)
    return new - old, float(lower), float(upper)


def change_by_customer(old: np.ndarray, new: np.ndarray, owners: np.ndarray) -> tuple[float, float, float]:
    """Return the rate of `new` less that of `old` with its 95 % interval, customers being independent.

    old, new: outcomes of 0 and 1 (n,), (m,). owners: (n + m,), whose they are; a customer may be in both. The
    variance is that of the linearised difference summed by customer (Liang and Zeger 1986). nan for no rows.
    """
    if not len(old) or not len(new):
        return np.nan, np.nan, np.nan
    change = float(new.mean() - old.mean())
    parts = np.concatenate([-(old - old.mean()) / len(old), (new - new.mean()) / len(new)])
    by_customer = pd.Series(parts).groupby(owners).sum().to_numpy()
    variance = (by_customer**2).sum() * len(by_customer) / max(len(by_customer) - 1, 1)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * np.sqrt(variance)
    return change, change - float(half), change + float(half)


def _windows(problem: Any, *, rows: bool = True) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the facts of each window, and its fold where rows are asked for."""
    for facts in sorted(problem.facts["folds"], key=lambda f: f["fold"]):
        yield {k: facts[k] for k in ("fold", *WINDOW)}, problem.fold(facts["fold"]) if rows else None
