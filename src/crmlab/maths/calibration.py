"""Calibration: how far probabilities and rates lie apart, and a map that brings them together."""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression

from crmlab.maths.ranking import Ranking, along

BINS = 10


def squared_error(outcome: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean squared gap between mean score and rate over ten bins, debiased, (B,).

    outcome, score: (n,), the score a probability. weights: (B, n); nan where they are 0. The bins
    are tenths of the weighted rows in the order of the scores, cut anew for each weighting; a tie
    group that a border cuts goes to both sides in proportion. What a calibrated score would show,
    the mean of score (1 - score) / n in a bin of mass n, is taken off (Bröcker 2012).
    """
    return _moved(Ranking(outcome, score), weights, 0.0)


def replicates_of_error(
    outcome: np.ndarray, score: np.ndarray, weights: np.ndarray, *, usual: np.ndarray | None = None
) -> np.ndarray:
    """Return `squared_error` under bootstrap weightings, of gaps drawn in to their debiased size, (B,).

    A weighting adds its own noise to gaps that are partly noise already: the plain error would be spread as
    if the gaps were that much larger, and its intervals would hardly ever lie beyond 0. usual: (n,), the
    weights without resampling (default: 1 each).
    """
    ranked = Ranking(outcome, score)
    usual = np.ones(len(outcome)) if usual is None else usual
    gap, noise, mass = (part[0] for part in _gaps(*next(ranked.masses(usual[None]))[1:], ranked.scores))
    squares = (gap**2).sum()
    if not squares > 0:
        return _moved(ranked, weights, 0.0)
    return _moved(ranked, weights, (1 - np.sqrt(max(0.0, 1 - noise.sum() / squares))) * gap / mass)


def _moved(ranked: Ranking, weights: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """Return the debiased mean squared gap, each gap less what it is moved by, (B,)."""
    values = np.full(len(weights), np.nan)
    for these, positive, negative in ranked.masses(weights):
        gap, noise, mass = _gaps(positive, negative, ranked.scores)
        mass = np.where(mass > 0, mass, np.nan)[:, None]
        values[these] = ((gap / mass - by) ** 2 - noise / mass**2).mean(axis=1)
    return values


def _gaps(
    positive: np.ndarray, negative: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per bin the sum of outcome less score and its noise, (b, BINS), and the mass of a bin (b,)."""
    mass = positive + negative
    running = np.cumsum(mass, axis=1)
    total = running[:, -1]
    borders = total[:, None] * np.linspace(0, 1, BINS + 1)
    gap = _in_bins(positive - mass * scores, running, borders)
    return gap, _in_bins(mass * scores * (1 - scores), running, borders), total / BINS


def error_of_constant(outcome: np.ndarray) -> float:
    """Return the squared error of the base rate as everyone's probability: no gap, less the noise."""
    rate = float(np.mean(outcome))
    return -rate * (1 - rate) * BINS / len(outcome)


def _in_bins(amount: np.ndarray, running: np.ndarray, borders: np.ndarray) -> np.ndarray:
    """Return what lies between the borders, (b, BINS), of an amount per tie group (b, g)."""
    return np.diff(along(running, np.cumsum(amount, axis=1), borders), axis=1)


def recalibrated(score: np.ndarray, *, known_outcome: np.ndarray, known_score: np.ndarray) -> np.ndarray:
    """Return scores (m,) as probabilities, by the isotonic regression of known rows.

    After Zadrozny and Elkan 2002. known_outcome, known_score: (n,) of rows that are not among the
    m. Linear between the known scores, constant beyond them; it keeps the order of the scores but
    may tie them.
    """
    ranked = Ranking(known_outcome, known_score)
    _, positive, negative = next(ranked.masses(np.ones((1, len(known_outcome)))))
    mass = (positive + negative)[0]
    rate = isotonic_regression(positive[0] / mass, weights=mass, increasing=False).x
    return np.interp(score, ranked.scores[::-1], rate[::-1])
