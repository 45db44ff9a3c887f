"""Scores: every method by every metric, with intervals that say what varies, and all differences.

Three designs, by the problem's protocol:

- *fixed test rows* (chronological, rolling): the estimate is the mean over windows; the interval
  comes from weighting the test customers anew (Poisson bootstrap, one weight per customer over all
  windows) plus the variance that refits of the last window show (another seed, and a bootstrap
  sample of the train customers: what another train set would have changed);
- *cross-validation*: mean over splits, corrected resampled t (Nadeau and Bengio 2003).

Differences between methods are all-pairs simultaneous (max-T), because the best method is picked
from the same data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import controls, registry
from crmlab.errors import DataError
from crmlab.maths import resampling
from crmlab.run import Run
from crmlab.seeds import generator
from crmlab.vocabulary import NOT_APPLICABLE, OK, ORACLE

SEGMENT_BEFORE = "segment_before"
"""The segment that the same customer had at the window before, -1 where there was none."""

CELLS = 20_000_000
"""Weights (weightings x rows) handed to a metric at once: bounds memory at some 160 MB."""


@dataclass(frozen=True)
class Scores:
    """The scores of one comparison.

    values: one row per method and metric (method, metric, value, lower, upper, reason).
    folds: one row per method, metric and fold (method, metric, fold, window, refit, value).
    pairs: {metric: frame (a, b, difference, lower, upper, p_adjusted)}; difference = a - b.
    chance: {metric: value of an uninformative answer, or nan}.
    """

    values: pd.DataFrame
    folds: pd.DataFrame
    pairs: Mapping[str, pd.DataFrame]
    chance: Mapping[str, float]


def with_oracle(problem: Any, runs: Sequence[Run]) -> list[Run]:
    """Return the runs, and the oracle as one more where the truth is known."""
    kind = runs[0].kind if runs else "classification"
    answers = controls.oracle_answers(problem, kind)
    if answers is None:
        return list(runs)
    key = controls.oracle_key(problem.facts["digest"])
    inner = controls.oracle_inner(problem) if any(r.inner is not None for r in runs) else None
    oracle = Run(f"{kind}/{ORACLE}", "Oracle (the truth)", ORACLE, {}, key, OK, answers=answers, inner=inner)
    return [*runs, oracle]


def score(
    problem: Any,
    runs: Sequence[Run],
    metrics: Sequence[str],
    economics: Mapping[str, float],
    *,
    level: float,
    replicates: int,
    seed: int,
) -> Scores:
    """Score all runs that ended well on a problem by all metrics.

    level: of every interval, such as .95. replicates: bootstrap weightings. economics: prices by
    the name that the metrics ask for.
    """
    design = _Design(problem, replicates=replicates, seed=seed)
    answered = [run for run in runs if run.status == OK]
    values, folds, pairs, chance = [], [], {}, {}
    for name in metrics:
        metric = registry.find("metrics", name)
        money = {price: economics[price] for price in registry.prices(name)}
        chance[name] = design.chance(metric, money)
        measured: dict[str, _Measured] = {}
        for run in answered:
            lacking = [c for c in metric.needs if c not in run.answers and c != SEGMENT_BEFORE]
            if lacking:
                values.append(_no_value(run, name, f"the answer has no {lacking[0]}"))
                continue
            found = design.measure(metric, run, money, with_inner=registry.wants_inner(name))
            folds += [{"method": run.method, "metric": name, **row} for row in found.folds]
            if np.isnan(found.value):
                values.append(_no_value(run, name, "not defined on these test rows"))
                continue
            measured[run.method] = found
            # a variance added to an estimate near the end of its scale would reach beyond it; the estimate
            # itself may lie beyond, as an error does from which its own noise was taken off
            lowest, highest = min(metric.range[0], found.value), max(metric.range[1], found.value)
            lower, upper = np.clip(design.interval(found, level), lowest, highest).tolist()
            interval = {"value": found.value, "lower": lower, "upper": upper, "reason": ""}
            values.append({"method": run.method, "metric": name, **interval})
        pairs[name] = design.pairs(measured, level, name)
    values += [_no_value(run, name, run.reason) for run in runs if run.status != OK for name in metrics]
    columns = ["method", "metric", "value", "lower", "upper", "reason"]
    return Scores(pd.DataFrame(values, columns=columns), pd.DataFrame(folds), pairs, chance)


def _no_value(run: Run, metric: str, reason: str) -> dict[str, Any]:
    """Return the row of a method that a metric cannot judge."""
    return {"method": run.method, "metric": metric, "value": np.nan, "lower": np.nan, "upper": np.nan} | {
        "reason": reason or NOT_APPLICABLE
    }


@dataclass(frozen=True)
class _Measured:
    """One method by one metric: the estimate, its values per fold, and its bootstrap replicates."""

    value: float
    folds: list[dict[str, Any]]
    replicates: np.ndarray | None
    spread: float = 0.0
    """Variance that random parts of the answers themselves put into the estimate."""
    parts: int = 0
    """How many such parts there are (such as the refits behind a stability)."""


class _Design:
    """What varies in a problem's intervals, and the test rows of each fold, aligned once."""

    def __init__(self, problem: Any, *, replicates: int, seed: int) -> None:
        self.facts = pd.DataFrame(problem.facts["folds"]).sort_values("fold").reset_index(drop=True)
        self.resampled = problem.facts["protocol"] == "cross_validation"
        self.seed, self.name = seed, f"{problem.task}/{problem.name}"
        rows = problem.rows.set_index("row_id", drop=False)
        solution = self.solution = problem.solution.set_index("row_id", drop=False)
        tests = problem.folds[problem.folds["part"] == "test"]
        self.tests = {
            number: (solution.loc[ids].reset_index(drop=True), rows.loc[ids].reset_index(drop=True))
            for number, ids in tests.groupby("fold")["row_id"]
        }
        owner = rows["customer"].fillna(rows["row_id"].astype(str)) if "customer" in rows else rows["row_id"]
        tested = owner.loc[tests["row_id"].unique()]
        codes, blocks = pd.factorize(tested, sort=True)
        self.code = pd.Series(codes, index=tested.index)
        self.answers: dict[str, dict[int, pd.DataFrame]] = {}
        self.weights = None
        if not self.resampled:
            rng = generator(seed, "bootstrap", self.name)
            self.weights = resampling.poisson_weights(np.arange(len(blocks)), replicates, rng)

    def chance(self, metric: registry.Metric, money: Mapping[str, float]) -> float:
        """Return the value of an uninformative answer: the mean over the windows' test rows."""
        if metric.chance is None or not callable(metric.chance):
            return np.nan if metric.chance is None else float(metric.chance)
        first = self.facts[self.facts["refit"] == 0]["fold"]
        return float(np.mean([metric.chance(self.tests[f][0], **money) for f in first]))

    def measure(
        self, metric: registry.Metric, run: Run, money: Mapping[str, float], *, with_inner: bool
    ) -> _Measured:
        """Return one method's estimate, fold values and replicates."""
        answers = self._aligned(run)
        folds, replicates, spreads = [], [], []
        for fact in self.facts.itertuples():
            solution, rows = self.tests[fact.fold]
            aligned = answers[fact.fold]
            if SEGMENT_BEFORE in metric.needs:
                before = self._segment_before(fact, answers)
                if before is None:
                    continue
                carried = rows["customer"].map(before).fillna(-1).astype(np.int64)
                aligned = aligned.assign(**{SEGMENT_BEFORE: carried})
            further = money | ({registry.INNER: self._inner(fact.window, run)} if with_inner else {})
            given, first = (solution, aligned, rows), fact.refit == 0
            value, *weighted = self._values(metric, given, further, bootstrap=first)
            folds.append({"fold": fact.fold, "window": fact.window, "refit": fact.refit, "value": value})
            # a window without the second class has no value; it is left out of the mean, and shown
            if first and not np.isnan(value):
                replicates.append(weighted)
                spreads.append(metric.spread(*given) if metric.spread else 0.0)
        values = [f["value"] for f in folds if f["refit"] == 0 and not np.isnan(f["value"])]
        if not values:
            return _Measured(np.nan, folds, None)
        parts = aligned.columns.str.match(r"segment_\d").sum() if metric.spread else 0
        spread = sum(spreads) / len(spreads) ** 2
        weighted = None if self.weights is None else np.mean(replicates, axis=0)
        return _Measured(float(np.mean(values)), folds, weighted, spread, parts)

    def _aligned(self, run: Run) -> dict[int, pd.DataFrame]:
        """Return a run's answers by fold, in the order of the fold's test rows; made once per run."""
        if run.method not in self.answers:
            self.answers[run.method] = {
                fold: own.set_index("row_id")
                .drop(columns="fold")
                .loc[self.tests[fold][0]["row_id"]]
                .reset_index(drop=True)
                for fold, own in run.answers.groupby("fold")
            }
        return self.answers[run.method]

    def _segment_before(self, fact: Any, answers: Mapping[int, pd.DataFrame]) -> pd.Series | None:
        """Return each customer's segment at the window before, or None for the first window."""
        earlier = self.facts[(self.facts["window"] == fact.window - 1) & (self.facts["refit"] == 0)]
        if fact.refit or earlier.empty:
            return None
        number = earlier["fold"].iloc[0]
        _, rows = self.tests[number]
        return pd.Series(answers[number]["segment"].to_numpy(), index=rows["customer"].to_numpy())

    def _inner(self, window: int, run: Run) -> pd.DataFrame | None:
        """Return outcomes and scores of a window's inner hold-out rows, or None where there are none.

        A refit shares the hold-out of its window: what was chosen there stands, the model varies.
        """
        if run.inner is None:
            return None
        first = self.facts[(self.facts["window"] == window) & (self.facts["refit"] == 0)]["fold"]
        held = run.inner[run.inner["fold"].isin(first)]
        if held.empty:
            return None
        known = self.solution.loc[held["row_id"]].reset_index(drop=True)
        return known.assign(score=held["score"].to_numpy())

    def _values(
        self, metric: registry.Metric, given: tuple, money: Mapping[str, float], *, bootstrap: bool
    ) -> np.ndarray:
        """Return the metric at weights of one, then under every bootstrap weighting of the customers."""
        ids = given[0]["row_id"]
        weights = np.ones((1, len(ids)), dtype=np.uint8)
        if bootstrap and self.weights is not None:
            weights = np.concatenate([weights, self.weights[:, self.code.loc[ids].to_numpy()]])
        step = max(1, CELLS // max(1, len(ids)))
        parts = [
            metric(*given, weights[start : start + step].astype(np.float64), **money)
            for start in range(0, len(weights), step)
        ]
        return np.concatenate(parts).astype(float)

    def further_variance(self, found: _Measured) -> tuple[float, int]:
        """Return the variance of the estimate that does not come from the test customers, and its df.

        From refits: each window's value is of one train set, so the variance between the refits of
        the last window (which are as many bootstrap train sets) stands for each window's.
        """
        if found.spread:
            return found.spread, max(found.parts - 1, 1)
        folds = pd.DataFrame(found.folds)
        refitted = folds[folds["refit"] > 0]["value"].dropna()
        if len(refitted) < 2:
            return 0.0, 1
        windows = folds[folds["refit"] == 0]["value"].notna().sum()
        return float(refitted.var(ddof=1)) / windows, len(refitted) - 1

    def interval(self, found: _Measured, level: float) -> tuple[float, float]:
        """Return the interval of one estimate."""
        if self.resampled:
            values = np.array([f["value"] for f in found.folds])
            return resampling.interval_from_folds(values, test_share=self._test_share(), level=level)
        variance, df = self.further_variance(found)
        return resampling.interval_from_replicates(
            found.value,
            found.replicates,
            level=level,
            seed_variance=variance,
            seed_df=df,
            rng=generator(self.seed, "interval", self.name),
        )

    def pairs(self, measured: Mapping[str, _Measured], level: float, metric: str) -> pd.DataFrame:
        """Return all differences with simultaneous intervals."""
        methods = list(measured)
        columns = ["a", "b", "difference", "lower", "upper", "p_adjusted"]
        if len(methods) < 2:
            return pd.DataFrame(columns=columns)
        rng = generator(self.seed, "pairs", self.name, metric)
        try:
            found = self._all_pairs(list(measured.values()), level, rng)
        except DataError:  # too little is defined for all methods at once: nothing was compared
            return pd.DataFrame(columns=columns)
        found.insert(0, "b", [methods[j] for j in found.pop("j")])
        found.insert(0, "a", [methods[i] for i in found.pop("i")])
        return found[columns]

    def _all_pairs(self, measured: list[_Measured], level: float, rng: np.random.Generator) -> pd.DataFrame:
        """Return all pairs by index (i, j), as the protocol's design compares them."""
        if self.resampled:
            values = np.column_stack([[f["value"] for f in m.folds] for m in measured])
            return resampling.pairs_from_folds(values, test_share=self._test_share(), level=level, rng=rng)
        variances = [self.further_variance(m) for m in measured]
        return resampling.pairs_from_replicates(
            np.array([m.value for m in measured]),
            np.column_stack([m.replicates for m in measured]),
            level=level,
            seed_variance=np.array([v for v, _ in variances]),
            seed_df=np.array([df for _, df in variances]),
            rng=rng,
        )

    def _test_share(self) -> float:
        """Return n_test / n_train, the correction's ratio."""
        return float((self.facts["n_test"] / self.facts["n_train"]).mean())
