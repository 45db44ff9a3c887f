"""How well survival is told: measures of censored durations under many weightings at once.

Rows that were followed for too short a time are made up for by weights: each row that is known counts as
1 / G, where G is the chance to have been followed for as long (inverse probability of censoring). G is
the Kaplan-Meier curve of the censoring under the same weighting of the same rows. At equal durations
events come before censoring, so G of a time is P(followed up to it or longer).

scikit-survival takes P(followed beyond it) for the same weights: where an end and a censoring share a time
the values differ. With `beyond` the weights are its own, for comparing with what it has printed. Measures at
a time at which somebody is censored differ all the same: here who was followed up to it is known to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from crmlab.maths import ranking

CELLS = 2_000_000
"""Weights looked at together, which bounds memory."""

Side = Literal["left", "right"]


def parts(weights: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (which of the B weightings, these as floats (b, n)), few enough at once."""
    many = max(1, CELLS // max(1, weights.shape[1]))
    for start in range(0, len(weights), many):
        yield slice(start, start + many), weights[start : start + many].astype(np.float64)


def followed(
    duration: np.ndarray, event: np.ndarray, weights: np.ndarray, at: np.ndarray, *, beyond: bool = False
) -> np.ndarray:
    """Return G at times (m,): the chance to be followed up to each or longer, or beyond each, (B, m).

    duration, event: (n,). weights: (B, n). Censoring takes the place of the event, and who ends at a time
    is no longer at risk of being censored at it.
    """
    reached: Side = "right" if beyond else "left"
    return _survival(duration, np.asarray(event) == 0, weights, at, leaves_first=True, reached=reached)


def observed_survival(
    duration: np.ndarray, event: np.ndarray, weights: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """Return the Kaplan-Meier estimate of S at times (m,) under each weighting, (B, m)."""
    return _survival(duration, np.asarray(event) > 0, weights, at, leaves_first=False, reached="right")


def _survival(
    duration: np.ndarray,
    ends: np.ndarray,
    weights: np.ndarray,
    at: np.ndarray,
    *,
    leaves_first: bool,
    reached: Side,
) -> np.ndarray:
    """Return the product limit just before ("left") or after ("right") times (m,), (B, m).

    leaves_first: who leaves otherwise at a time is not at risk of ending there.
    """
    times = np.unique(duration[ends])
    found = np.ones((len(weights), len(at)))
    if not len(times):
        return found
    code = np.searchsorted(times, duration, side="right")
    passed = np.searchsorted(times, at, side=reached)
    # per time: the weight of who ends there, and of who was at risk; codes run from 0 (before the first)
    indicator = np.zeros((len(duration), len(times) + 1))
    indicator[np.arange(len(duration)), code] = 1.0
    there = ends & (duration == times[np.maximum(code - 1, 0)])
    for these, w in parts(weights):
        mass = w @ indicator
        gone = (w @ (indicator * there[:, None]))[:, 1:]
        risk = mass[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        if leaves_first:
            first = ~ends & np.isin(duration, times)
            risk = risk - (w @ (indicator * first[:, None]))[:, 1:]
        stays = np.divide(risk - gone, risk, out=np.ones_like(risk), where=risk > 0)
        curve = np.cumprod(np.maximum(stays, 0.0), axis=1)
        found[these] = np.concatenate([np.ones((len(w), 1)), curve], axis=1)[:, passed]
    return found


def concordance(
    duration: np.ndarray, event: np.ndarray, score: np.ndarray, weights: np.ndarray, *, beyond: bool = False
) -> np.ndarray:
    """Return the chance that of two rows the one that ends sooner has the higher score, (B,).

    Uno, Cai, Pencina, D'Agostino and Wei 2011: pairs count 1 / G² at the sooner end. Equal scores count one
    half. A row followed up to the time at which another ends is known to end later. nan where no two rows
    can be compared.
    """
    sooner = np.flatnonzero(event)
    counts = np.empty((len(weights), len(sooner)))
    for these, w in parts(weights):
        followed_there = followed(duration, event, w, duration[sooner], beyond=beyond)
        counts[these] = w[:, sooner] * _inverse(followed_there) ** 2
    pairs, good = np.zeros((2, len(weights)))
    many = max(1, CELLS // max(1, len(duration)))
    for start in range(0, len(sooner), many):
        block = slice(start, start + many)
        later, won = _pairs(duration, event, score, sooner[block])
        for these, w in parts(weights):
            pairs[these] += np.einsum("be,be->b", counts[these, block], w @ later.T)
            good[these] += np.einsum("be,be->b", counts[these, block], w @ won.T)
    return np.divide(good, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def _pairs(
    duration: np.ndarray, event: np.ndarray, score: np.ndarray, sooner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows end later than each of the rows `sooner` (e, n), and what each pair earns, (e, n)."""
    time, running = duration[sooner, None], np.asarray(event) == 0
    later = (duration > time) | ((duration == time) & running)
    gap = score[sooner, None] - score
    return later.astype(np.float64), later * ((gap > 0) + 0.5 * (gap == 0))


def brier(
    duration: np.ndarray,
    event: np.ndarray,
    survival: np.ndarray,
    times: np.ndarray,
    weights: np.ndarray,
    *,
    beyond: bool = False,
) -> np.ndarray:
    """Return the mean squared error of S at each time, (B, m); nan for weights of 0.

    survival: (n, m), what was answered for times (m,). Graf, Schmoor, Sauerbrei and Schumacher 1999.
    """
    gone, stays = known_at(duration, event, times)
    found = np.full((len(weights), len(times)), np.nan)
    for these, w in parts(weights):
        total = w.sum(axis=1, keepdims=True)
        at_end, at_times = (followed(duration, event, w, at, beyond=beyond) for at in (duration, times))
        ended = (w * _inverse(at_end)) @ (gone * survival**2)
        running = (w @ (stays * (1 - survival) ** 2)) * _inverse(at_times)
        np.divide(ended + running, total, out=found[these], where=total > 0)
    return found


def integrated_brier(
    duration: np.ndarray,
    event: np.ndarray,
    survival: np.ndarray,
    times: np.ndarray,
    weights: np.ndarray,
    *,
    beyond: bool = False,
) -> np.ndarray:
    """Return the Brier score, averaged over the span of the times by the trapezoid rule, (B,)."""
    values = brier(duration, event, survival, times, weights, beyond=beyond)
    return np.trapezoid(values, times, axis=1) / (times[-1] - times[0])


def auc_over_time(
    duration: np.ndarray,
    event: np.ndarray,
    survival: np.ndarray,
    times: np.ndarray,
    weights: np.ndarray,
    *,
    beyond: bool = False,
) -> np.ndarray:
    """Return, per time, the chance that who has ended was given less survival than who has not, (B, m).

    Cumulative cases and dynamic controls (Heagerty, Lumley and Pepe 2000), cases weighted by 1 / G (Uno, Cai,
    Tian and Wei 2007; Hung and Chiang 2010). nan where there are no cases or no controls.
    """
    gone, stays = known_at(duration, event, times)
    found = np.full((len(weights), len(times)), np.nan)
    for these, w in parts(weights):
        cases = w * _inverse(followed(duration, event, w, duration, beyond=beyond))
        for k in range(len(times)):
            known = gone[:, k] | stays[:, k]
            counted = np.where(gone[:, k], cases, w)[:, known]
            found[these, k] = ranking.auc(gone[known, k], -survival[known, k], counted)
    return found


def mean_auc(
    duration: np.ndarray,
    event: np.ndarray,
    survival: np.ndarray,
    times: np.ndarray,
    weights: np.ndarray,
    *,
    beyond: bool = False,
) -> np.ndarray:
    """Return the AUC over time, averaged by how many end between the times, (B,); nan where none is defined.

    Lambert and Chevret 2016. Times without cases or controls are left out.
    """
    values = auc_over_time(duration, event, survival, times, weights, beyond=beyond)
    kept = observed_survival(duration, event, weights, times)
    ends = -np.diff(kept, axis=1, prepend=1.0) * ~np.isnan(values)
    total = ends.sum(axis=1)
    summed = (np.nan_to_num(values) * ends).sum(axis=1)
    return np.divide(summed, total, out=np.full(len(weights), np.nan), where=total > 0)


def known_at(duration: np.ndarray, event: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return who has ended by each time, and who is known to be running after it, (n, m) each."""
    gone = (np.asarray(event) > 0)[:, None] & (duration[:, None] <= times)
    return gone, ~gone & (duration[:, None] >= times)


def known_weights(
    duration: np.ndarray, event: np.ndarray, weights: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """Return the weights of the known rows, each over its chance to have been followed for so long, (B, m).

    known: (n,) which rows; m of them.
    """
    found = np.empty((len(weights), int(known.sum())))
    for these, w in parts(weights):
        found[these] = w[:, known] * _inverse(followed(duration, event, w, duration[known]))
    return found


def _inverse(chance: np.ndarray) -> np.ndarray:
    """Return 1 / G; 0 where G is 0, where no row is left to be weighted."""
    return np.divide(1.0, chance, out=np.zeros_like(chance), where=chance > 0)
