"""Hazard ratios where what a customer has been through changes with time: Cox's model by Newton steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.errors import DataError
from crmlab.maths.convergence import DidNotConverge

STEPS = 50
CLOSE = 1e-12
"""A Newton step that would raise the log-likelihood by less has reached the maximum."""

ROUNDING = 1e-10
"""So much of itself may a log-likelihood of many events lose by rounding."""

FARTHEST = 15.0
"""A log hazard ratio beyond this is on its way to infinity: a covariate then tells all events apart."""


@dataclass(frozen=True)
class Hazards:
    """A maximum of the partial likelihood: log hazard ratios (p,), their covariance (p, p), its value."""

    log_ratios: np.ndarray
    covariance: np.ndarray
    log_likelihood: float


def fit(start: np.ndarray, stop: np.ndarray, event: np.ndarray, X: np.ndarray) -> Hazards:
    """Fit a Cox model to spans of time, each with covariates of its own.

    start, stop: (n,), a span covers (start, stop]; event: (n,) whether it ends with one; X: (n, p). The
    counting process form (Andersen and Gill 1982), in which a customer is several rows, and covariates
    may change between them. Ties after Efron 1977. Raises DataError for spans that cannot be or without
    an event, DidNotConverge where the likelihood has no maximum (a covariate without events).
    """
    start, stop, X = (np.asarray(v, dtype=np.float64) for v in (start, stop, X))
    event = np.asarray(event, dtype=bool)
    _check(start, stop, event)
    spans = _Spans(start, stop, event, X)
    beta = np.zeros(X.shape[1])
    value, slope, information = spans.likelihood(beta)
    for _ in range(STEPS):
        if np.linalg.matrix_rank(information) < len(beta):
            break
        step = np.linalg.solve(information, slope)
        if slope @ step / 2 < CLOSE:
            return Hazards(beta, np.linalg.inv(information), float(value))
        # Newton's step is halved until the likelihood rises
        for share in 0.5 ** np.arange(20):
            found = spans.likelihood(beta + share * step)
            if found[0] >= value - ROUNDING * abs(value):
                break
        beta, (value, slope, information) = beta + share * step, found
        if np.abs(beta).max() > FARTHEST:
            break
    raise DidNotConverge(
        f"the hazard fit to {int(event.sum())} events did not converge: at {beta.round(3).tolist()} the "
        "gradient is still " + f"{np.abs(slope).max():.2g}. Look for a covariate that no event, or every "
        "event, goes with."
    )


class _Spans:
    """The spans sorted once, for sums over who is at risk at each time of an event."""

    def __init__(self, start: np.ndarray, stop: np.ndarray, event: np.ndarray, X: np.ndarray) -> None:
        # around the mean, which changes no ratio, the exponentials stay near 1
        self.X, self.event = X - X.mean(axis=0), event
        self.times, self.code = np.unique(stop[event], return_inverse=True)
        # at risk at t: start < t <= stop, which is all with stop >= t less all with start >= t
        self.by_stop, self.by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
        self.from_stop = np.searchsorted(stop[self.by_stop], self.times, side="left")
        self.from_start = np.searchsorted(start[self.by_start], self.times, side="left")
        deaths = np.bincount(self.code)
        # of d events at one time the j-th leaves j / d of all d out of those at risk (Efron 1977)
        place = np.argsort(np.argsort(self.code, kind="stable"), kind="stable")
        before = np.r_[0, np.cumsum(deaths)][self.code]
        self.left_out = (place - before) / deaths[self.code]

    def likelihood(self, beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the log partial likelihood, its gradient (p,) and the information (p, p)."""
        p = len(beta)
        risk = np.exp(self.X @ beta)
        squares = self.X[:, :, None] * self.X[:, None, :]
        moments = risk[:, None] * np.column_stack(
            [np.ones(len(risk)), self.X, squares.reshape(len(risk), -1)]
        )
        tied = np.zeros((len(self.times), moments.shape[1]))
        np.add.at(tied, self.code, moments[self.event])
        sums = self._at_risk(moments)[self.code] - self.left_out[:, None] * tied[self.code]
        total, first = sums[:, 0], sums[:, 1 : p + 1] / sums[:, :1]
        second = (sums[:, p + 1 :] / sums[:, :1]).reshape(-1, p, p)
        own = self.X[self.event]
        value = (own @ beta - np.log(total)).sum()
        return value, (own - first).sum(axis=0), (second - first[:, :, None] * first[:, None, :]).sum(axis=0)

    def _at_risk(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of values (n, q) over who is at risk at each time of an event, (t, q)."""
        later = [
            np.vstack([np.cumsum(values[order][::-1], axis=0)[::-1], np.zeros(values.shape[1])])[since]
            for order, since in ((self.by_stop, self.from_stop), (self.by_start, self.from_start))
        ]
        return later[0] - later[1]


def _check(start: np.ndarray, stop: np.ndarray, event: np.ndarray) -> None:
    """Raise DataError for the first span that cannot be, or where nothing happened."""
    broken = ~(start < stop)
    if broken.any():
        i = int(broken.argmax())
        raise DataError(f"span {i} runs from {start[i]:g} to {stop[i]:g}: it must end after it begins")
    if not event.any():
        raise DataError(f"none of {len(event)} spans ends with an event: there is no hazard to compare")
