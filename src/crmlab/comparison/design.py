"""The design of a comparison's intervals: what varies, and the test rows of each window, aligned once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab import registry
from crmlab.comparison.measured import Measured, events_of, in_order, over_fits, side_by_side
from crmlab.comparison.run import Run
from crmlab.declare.metric import Metric
from crmlab.errors import DataError
from crmlab.maths import leads, resampling, winner
from crmlab.seeds import generator
from crmlab.vocabulary import ORACLE, TEST

SEGMENT_BEFORE = "segment_before"
"""The segment that the same customer had at the window before, -1 where there was none."""

FEWEST_EVENTS = 10
"""Below so many events there is no interval and no claim."""

MOST = 10_000
"""Weightings that decide where fewer leave it open on which side of the threshold a lead lies."""

CELLS = 20_000_000
"""Weights (weightings x rows) handed to a metric at once: bounds memory at some 160 MB."""


@dataclass(frozen=True)
class Asked:
    """A metric with its prices, and whether it reads the inner hold-out."""

    metric: Metric
    money: Mapping[str, float]
    with_inner: bool


class Design:
    """What varies in a problem's intervals, and the test rows of each window, aligned once."""

    def __init__(self, problem: Any, *, replicates: int, seed: int, level: float) -> None:
        self.facts = pd.DataFrame(problem.facts["folds"]).sort_values("fold").reset_index(drop=True)
        self.resampled = problem.protocol.resampled
        self.seed, self.level, self.name = seed, level, f"{problem.task}/{problem.name}"
        rows = problem.rows.set_index("row_id", drop=False)
        solution = self.solution = problem.solution.set_index("row_id", drop=False)
        tests = problem.folds[problem.folds["part"] == TEST]
        self.tests = {
            number: (solution.loc[ids].reset_index(drop=True), rows.loc[ids].reset_index(drop=True))
            for number, ids in tests.groupby("fold")["row_id"]
        }
        owner = rows["customer"].fillna(rows["row_id"].astype(str)) if "customer" in rows else rows["row_id"]
        tested = owner.loc[tests["row_id"].unique()]
        codes, blocks = pd.factorize(tested, sort=True)
        self.code, self.customers = pd.Series(codes, index=tested.index), len(blocks)
        self.events = events_of(solution.loc[tested.index], codes)
        self.answers: dict[str, dict[int, pd.DataFrame]] = {}
        self.weights = None if self.resampled else self._drawn(replicates, "bootstrap")

    def _drawn(self, replicates: int, use: str) -> np.ndarray:
        """Return bootstrap weights of the test customers, (replicates, customers)."""
        rng = generator(self.seed, use, self.name)
        return resampling.poisson_weights(np.arange(self.customers), replicates, rng)

    @property
    def test_df(self) -> float:
        """Degrees of freedom of what the test customers vary: their events less one."""
        return max(self.events - 1, 1)

    def chance(self, asked: Asked) -> float:
        """Return the value of an uninformative answer: the mean over the windows' test rows."""
        metric = asked.metric
        if metric.chance is None or not callable(metric.chance):
            return np.nan if metric.chance is None else float(metric.chance)
        return float(np.mean([metric.chance(self.tests[f][0], **asked.money) for f in self.facts["fold"]]))

    def measure(self, asked: Asked, run: Run) -> Measured:
        """Return one method's estimate, its values per window and per fit, and its replicates."""
        metric, answers = asked.metric, self._aligned(run)
        folds, replicates, spreads = [], [], []
        for fact in self.facts.itertuples():
            given = self._given(metric, fact, answers)
            if given is None:
                continue
            value, *weighted = self._values(asked, fact.fold, run, given, self.weights)
            folds.append({"fold": fact.fold, "window": fact.window, "value": value})
            # a window without the second class has no value; it is left out of the mean, and shown
            if not np.isnan(value):
                replicates.append(weighted)
                spreads.append(metric.spread(*given) if metric.spread else 0.0)
        values = {f["fold"]: f["value"] for f in folds if not np.isnan(f["value"])}
        if not values:
            return Measured(np.nan, folds, None, np.array([np.nan]))
        parts = given[1].columns.str.match(r"segment_\d").sum() if metric.spread else 0
        estimate = float(np.mean(list(values.values())))
        weighted = None if self.weights is None else np.mean(replicates, axis=0)
        fits = np.array([estimate, *self._refitted(asked, run, list(values))])
        spread = sum(spreads) / len(spreads) ** 2
        return Measured(estimate, folds, weighted, fits, spread, parts, run.control == ORACLE)

    def _given(self, metric: Metric, fact: Any, answers: Mapping[int, pd.DataFrame]) -> tuple | None:
        """Return what a metric reads of one window, None where that needs a window before."""
        solution, rows = self.tests[fact.fold]
        aligned = answers[fact.fold]
        if SEGMENT_BEFORE in metric.reads:
            before = self._segment_before(fact, answers)
            if before is None:
                return None
            carried = rows["customer"].map(before).fillna(-1).astype(np.int64)
            aligned = aligned.assign(**{SEGMENT_BEFORE: carried})
        return solution, aligned, rows

    def _refitted(self, asked: Asked, run: Run, folds: list[int]) -> list[float]:
        """Return the mean over these windows of every refit; nan for one that has no value in one of them."""
        if run.refits is None or SEGMENT_BEFORE in asked.metric.reads:
            return []
        found = []
        parts = dict(list(run.refits.groupby(["refit", "fold"])))
        for refit in range(1, int(run.refits["refit"].max()) + 1):
            values = []
            for fold in folds:
                own = parts.get((refit, fold))
                if own is None:
                    values.append(np.nan)
                    continue
                solution, rows = self.tests[fold]
                given = (solution, in_order(own.drop(columns=["fold", "refit"]), solution), rows)
                values.append(float(self._values(asked, fold, run, given, None)[0]))
            found.append(float(np.mean(values)))
        return found

    def _aligned(self, run: Run) -> dict[int, pd.DataFrame]:
        """Return a run's answers by window, in the order of the window's test rows; made once per run."""
        if run.method not in self.answers:
            self.answers[run.method] = {
                fold: in_order(own.drop(columns="fold"), self.tests[fold][0])
                for fold, own in run.answers.groupby("fold")
            }
        return self.answers[run.method]

    def _segment_before(self, fact: Any, answers: Mapping[int, pd.DataFrame]) -> pd.Series | None:
        """Return each customer's segment at the window before, or None for the first window."""
        earlier = self.facts[self.facts["window"] == fact.window - 1]
        if earlier.empty:
            return None
        number = earlier["fold"].iloc[0]
        _, rows = self.tests[number]
        return pd.Series(answers[number]["segment"].to_numpy(), index=rows["customer"].to_numpy())

    def _inner(self, fold: int, run: Run) -> pd.DataFrame | None:
        """Return outcomes and scores of a window's inner hold-out rows, or None where there are none.

        A refit shares the hold-out of its window: what was chosen there stands, the model varies.
        """
        if run.inner is None:
            return None
        held = run.inner[run.inner["fold"] == fold]
        if held.empty:
            return None
        known = self.solution.loc[held["row_id"]].reset_index(drop=True)
        return known.assign(score=held["score"].to_numpy())

    def _values(
        self, asked: Asked, fold: int, run: Run, given: tuple, drawn: np.ndarray | None
    ) -> np.ndarray:
        """Return the metric at weights of one, then under every bootstrap weighting of the customers."""
        further = asked.money | ({registry.INNER: self._inner(fold, run)} if asked.with_inner else {})
        value = asked.metric(*given, np.ones((1, len(given[0]))), **further)
        if drawn is None:
            return np.asarray(value, dtype=float)
        weights = drawn[:, self.code.loc[given[0]["row_id"]].to_numpy()]
        step = max(1, CELLS // max(1, weights.shape[1]))
        parts = [
            asked.metric.resampled(*given, weights[start : start + step].astype(np.float64), **further)
            for start in range(0, len(weights), step)
        ]
        return np.concatenate([value, *parts]).astype(float)

    def intervals(self, measured: Mapping[str, Measured], metric: Metric, name: str) -> list[dict[str, Any]]:
        """Return the rows of the methods that have a value, each with its interval."""
        few = self.events < FEWEST_EVENTS
        reason = f"no interval: {self.events} events among the test customers, fewer than {FEWEST_EVENTS}"
        trained = leads.cautious(*over_fits(list(measured.values()))) if measured else ((), ())
        rows = []
        for (method, found), variance, df in zip(measured.items(), *trained, strict=True):
            ends = (np.nan, np.nan) if few else self._interval(found, variance, df)
            # a variance added to an estimate near the end of its scale would reach beyond it; the estimate
            # itself may lie beyond, as an error does from which its own noise was taken off
            lowest, highest = min(metric.range[0], found.value), max(metric.range[1], found.value)
            lower, upper = np.clip(ends, lowest, highest).tolist()
            row = {"method": method, "metric": name, "value": found.value, "lower": lower, "upper": upper}
            rows.append(row | {"reason": reason if few else ""})
        return rows

    def _interval(self, found: Measured, variance: float, df: float) -> tuple[float, float]:
        """Return the interval of one estimate, whose fits have this variance."""
        if self.resampled:
            values = np.array([f["value"] for f in found.folds])
            return resampling.interval_from_folds(values, test_share=self._test_share(), level=self.level)
        if found.spread:
            variance, df = found.spread, max(found.parts - 1, 1)
        around = resampling.interval_from_replicates(found.value, found.replicates, level=self.level)
        return leads.widened(
            found.value, around, variance=variance, df=max(df, 1), level=self.level, test_df=self.test_df
        )

    def pairs(self, measured: Mapping[str, Measured], metric: str) -> pd.DataFrame:
        """Return all differences with their tests and simultaneous intervals."""
        methods = sorted(measured)
        columns = ["a", "b", *leads.COLUMNS[2:]]
        if len(methods) < 2 or self.events < FEWEST_EVENTS:
            return pd.DataFrame(columns=columns)
        rng = generator(self.seed, "pairs", self.name, metric)
        try:
            found = self._all_pairs([measured[m] for m in methods], rng)
        except DataError:  # too little is defined for all methods at once: nothing was compared
            return pd.DataFrame(columns=columns)
        found.insert(0, "b", [methods[j] for j in found.pop("j")])
        found.insert(0, "a", [methods[i] for i in found.pop("i")])
        return found[columns]

    def _all_pairs(self, measured: list[Measured], rng: np.random.Generator) -> pd.DataFrame:
        """Return all pairs by index (i, j), as the protocol's design compares them."""
        if self.resampled:
            values = np.column_stack([[f["value"] for f in m.folds] for m in measured])
            return leads.from_folds(values, test_share=self._test_share(), level=self.level, rng=rng)
        return leads.from_replicates(
            np.array([m.value for m in measured]),
            np.column_stack([m.replicates for m in measured]),
            side_by_side(measured),
            level=self.level,
            rng=rng,
            test_df=self.test_df,
            further=np.array([m.spread for m in measured]),
        )

    def picked(
        self, field: Mapping[str, Measured], own: Mapping[str, Any], *, higher: bool
    ) -> tuple[float, float] | None:
        """Return the interval of the best method that accounts for its having been picked; None without one.

        field: what could be picked. own: the best method's row of `intervals`. higher: whether more is
        better. The normal interval of the picked, stretched as its own is by few fits and events, and never
        narrower than that on either side, as the covariance behind it is estimated.
        """
        if np.isnan(own["lower"]):
            return None
        sign, measured = (1 if higher else -1), list(field.values())
        if self.resampled:
            values = np.column_stack([[f["value"] for f in m.folds] for m in measured])
            covariance = winner.covariance_of_folds(values, test_share=self._test_share())
        else:
            replicates = np.column_stack([m.replicates for m in measured])
            covariance = winner.covariance_of(replicates, side_by_side(measured))
            covariance += np.diag([m.spread for m in measured])
        place = list(field).index(own["method"])
        half = norm.ppf((1 + self.level) / 2) * np.sqrt(covariance[place, place])
        if not half > 0:
            return own["lower"], own["upper"]
        stretch = max(1.0, (own["upper"] - own["lower"]) / (2 * half))
        ends = winner.interval_of_best(
            sign * np.array([m.value for m in measured]), covariance, level=self.level
        )
        lower, upper = sorted(own["value"] + stretch * (sign * end - own["value"]) for end in ends)
        return min(float(lower), own["lower"]), max(float(upper), own["upper"])

    def sharpened(
        self,
        pairs: pd.DataFrame,
        best: Run,
        field: Sequence[Run],
        asked: Asked,
    ) -> pd.DataFrame:
        """Return the pairs, with MOST weightings for those of the best method that fewer leave open."""
        alpha = 1 - self.level
        own = (pairs["a"] == best.method) | (pairs["b"] == best.method)
        is_open = own & (pairs["p_from"] <= alpha) & (alpha <= pairs["p_to"])
        is_open &= pairs[["a", "b"]].isin([r.method for r in field]).all(axis=1)
        if self.weights is None or not is_open.any() or len(self.weights) >= MOST:
            return pairs
        drawn, usual = self._drawn(MOST, "more bootstrap"), self.weights
        named = set(pairs.loc[is_open, ["a", "b"]].to_numpy().ravel())
        self.weights = drawn
        alone = (replace(r, refits=None) for r in field if r.method in named)
        again = {r.method: self.measure(asked, r).replicates for r in alone}
        self.weights = usual
        rows = pairs[is_open]
        tested = [np.nanvar(again[a] - again[b], ddof=1) for a, b in zip(rows["a"], rows["b"], strict=True)]
        told = leads.retested(rows, np.array(tested), test_df=self.test_df, replicates=MOST)
        return pd.concat([pairs[~is_open], told]).sort_index()

    def _test_share(self) -> float:
        """Return n_test / n_train, the correction's ratio."""
        return float((self.facts["n_test"] / self.facts["n_train"]).mean())
