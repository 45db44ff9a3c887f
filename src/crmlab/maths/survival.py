"""Survival curves of right-censored durations: Kaplan-Meier, Nelson-Aalen, and how to read a step.

Durations are whole numbers of some unit. A row ends at its `duration` (event 1), or is known not to
have ended up to and with it (event 0): at equal durations events come before censoring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """A survival curve, constant between steps.

    times: (k,) rising, where rows ended. survival: (k,) S(t) = P(duration > t) from each time on.
    variance: (k,) of S by Greenwood's formula; 0 where S is 0 or 1. at_risk, events: (k,) weights.
    """

    times: np.ndarray
    survival: np.ndarray
    variance: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray

    def at(self, when: np.ndarray) -> np.ndarray:
        """Return S at times (m,)."""
        return step(self.times, self.survival, when, before=1.0)

    def error_at(self, when: np.ndarray) -> np.ndarray:
        """Return the standard error of S at times (m,)."""
        return np.sqrt(step(self.times, self.variance, when, before=0.0))

    def interval_at(self, when: np.ndarray, *, z: float = 1.959964) -> tuple[np.ndarray, np.ndarray]:
        """Return a pointwise interval of S at times (m,), on the scale of log(−log S), within 0 and 1.

        Kalbfleisch and Prentice 1980. Where S is 0 or 1, both ends are S: nothing is known of its spread.
        """
        middle, error = self.at(when), self.error_at(when)
        inside = (middle > 0) & (middle < 1)
        safe = np.where(inside, middle, 0.5)
        reach = np.where(inside, z * error / (safe * np.abs(np.log(safe))), 0.0)
        return np.where(inside, safe ** np.exp(reach), middle), np.where(
            inside, safe ** np.exp(-reach), middle
        )


def step(times: np.ndarray, values: np.ndarray, when: np.ndarray, *, before: float) -> np.ndarray:
    """Return the value of a step function at `when`, of the last time not after it.

    times: (k,) rising. values: (..., k). when: (m,). before: the value ahead of the first time. (..., m).
    """
    padded = np.concatenate([np.full((*values.shape[:-1], 1), before), values], axis=-1)
    return padded[..., np.searchsorted(times, when, side="right")]


def kaplan_meier(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    entry: np.ndarray | None = None,
) -> Curve:
    """Return the product-limit estimate (Kaplan and Meier 1958), with Greenwood's (1926) variance.

    duration, event, weights: (n,). entry: (n,) when each row came under observation (left truncation:
    a row is at risk after its entry); None: from the start.
    """
    times, at_risk, events = risk_table(duration, event, weights=weights, entry=entry)
    survival = np.cumprod(1 - events / at_risk)
    left = at_risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = survival**2 * np.cumsum(events / (at_risk * left))
    return Curve(times, survival, np.where(survival > 0, variance, 0.0), at_risk, events)


def cumulative_hazard(
    duration: np.ndarray, event: np.ndarray, *, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return times (k,) and the cumulative hazard at them, (k,): Nelson 1972 and Aalen 1978."""
    times, at_risk, events = risk_table(duration, event, weights=weights)
    return times, np.cumsum(events / at_risk)


def risk_table(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    entry: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the times at which rows ended, and the weight at risk and ending at each, (k,) each."""
    weights = np.ones(len(duration)) if weights is None else np.asarray(weights, dtype=np.float64)
    ended = np.asarray(event) > 0
    times = np.unique(duration[ended & (weights > 0)])
    at_risk = _mass_from(times, duration, weights)
    if entry is not None:
        # who comes in at a time or after it is not yet at risk there
        at_risk = at_risk - _mass_from(times, entry, weights)
    place = np.searchsorted(times, duration[ended & (weights > 0)])
    events = np.bincount(place, weights[ended & (weights > 0)], minlength=len(times))
    return times, at_risk, events


def _mass_from(times: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of the values not below each time, (k,)."""
    order = np.argsort(values, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(weights[order])])
    return running[-1] - running[np.searchsorted(values[order], times)]
