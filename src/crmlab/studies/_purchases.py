"""Customers who buy and leave as a model of purchases says, told event by event.

No formula of the likelihoods is used here: what a fit finds again, the story has put in.
"""

from __future__ import annotations

import numpy as np

from crmlab.maths.btyd import BGBB, BGNBD, MBGCNBD, MBGNBD, NBD, Model, ParetoNBD

Future = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Purchases by T, the time of the last one, purchases in (T, T + horizon], each (n,)."""


def lived(model: Model, T: np.ndarray, *, horizon: float, rng: np.random.Generator) -> Future:
    """Return what new customers do by T (n,) and in the horizon after it, in the model's unit of time."""
    if isinstance(model, BGBB):
        return _opportunities(model, T, horizon, rng)
    n, phases = len(T), getattr(model, "k", 1)
    rate = rng.gamma(model.r, 1 / model.alpha, n)
    death, coin, alive = np.full(n, np.inf), np.zeros(n), np.ones(n, dtype=bool)
    if isinstance(model, ParetoNBD):
        death = rng.exponential(1 / rng.gamma(model.s, 1 / model.beta, n))
    elif not isinstance(model, NBD):
        coin = rng.beta(model.a, model.b, n)
    if isinstance(model, MBGNBD | MBGCNBD):
        alive = rng.random(n) >= coin
    elif not isinstance(model, NBD | BGNBD | ParetoNBD):
        raise TypeError(f"no story of {type(model).__name__}")
    time, x, t_x, after = (np.zeros(n) for _ in range(4))
    while alive.any():
        time = np.where(alive, time + rng.gamma(phases, size=n) / rate, time)
        alive &= (time <= T + horizon) & (time < death)
        past = alive & (time <= T)
        x, t_x, after = x + past, np.where(past, time, t_x), after + (alive & ~past)
        alive &= rng.random(n) >= coin
    return x, t_x, after


def _opportunities(model: BGBB, T: np.ndarray, horizon: float, rng: np.random.Generator) -> Future:
    """Return what customers of BG/BB do, opportunity by opportunity."""
    n = len(T)
    buys, leaves = rng.beta(model.alpha, model.beta, n), rng.beta(model.gamma, model.delta, n)
    alive = np.ones(n, dtype=bool)
    x, t_x, after = np.zeros(n), np.zeros(n), np.zeros(n)
    for now in range(1, int(T.max() + horizon) + 1):
        alive &= rng.random(n) >= leaves
        bought = alive & (rng.random(n) < buys) & (now <= T + horizon)
        past = bought & (now <= T)
        x, t_x, after = x + past, np.where(past, now, t_x), after + (bought & ~past)
    return x, t_x, after
