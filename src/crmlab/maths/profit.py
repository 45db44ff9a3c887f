"""Profit of contacting the best-scored customers: to the best depth, or to one that was fixed before.

The operating points worth using lie on the convex hull of the ROC curve. Its segments are the
blocks of the isotonic regression of outcome on score: groups of customers with one rate each, in
falling order. A block is worth contacting when its expected gain is positive, so the expected
maximum profit is the sum over blocks of E[max(0, gain)], which has a closed form.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import betaincc, gammaincc

from crmlab.maths.ranking import Ranking, top_share_rate


def hull(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positive and negative mass of each segment of the ROC convex hull, best first.

    positive, negative: (g,) masses per distinct score, the highest score first.
    """
    mass = positive + negative
    held = np.flatnonzero(mass > 0)
    if len(held) == 0:
        return np.zeros(0), np.zeros(0)
    fit = isotonic_regression(positive[held] / mass[held], weights=mass[held], increasing=False)
    starts = held[fit.blocks[:-1]]
    return np.add.reduceat(positive, starts), np.add.reduceat(negative, starts)


def maximum_profit(
    outcome: np.ndarray,
    score: np.ndarray,
    weights: np.ndarray,
    value: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return the expected maximum profit per scored customer, (B,), nan for weights of 0.

    outcome, score: (n,). weights: (B, n). value: expected value per customer of a block with a
    given rate of 1s, such as `retention_value` with its prices filled in.
    """
    rates, shares, owner = [], [], []
    for these, positive, negative in Ranking(outcome, score).masses(weights):
        for b, row in enumerate(zip(positive, negative, strict=True), start=these.start):
            ones, zeros = hull(*row)
            mass = ones + zeros
            rates.append(ones / mass)
            shares.append(mass / mass.sum())
            owner.append(np.full(len(mass), b))
    owners = np.concatenate(owner)
    earned = value(np.concatenate(rates)) * np.concatenate(shares)
    totals = np.bincount(owners, weights=earned, minlength=len(weights))
    return np.where(np.bincount(owners, minlength=len(weights)) > 0, totals, np.nan)


def best_depth(outcome: np.ndarray, score: np.ndarray, *, margin: float, contact_cost: float) -> float:
    """Return the share of rows, best scores first, whose contact earned most; 0 where none pays.

    outcome, score: (n,). margin: what contacting a 1 brings, contact_cost: what contacting anyone
    costs, in currency. A tie group is contacted whole or not at all; of equal profits the smallest
    depth is taken. The profit *at* this depth on the same rows is biased upward; judge on others.
    """
    _, positive, negative = next(Ranking(outcome, score).masses(np.ones((1, len(outcome)))))
    contacted = np.r_[0.0, np.cumsum(positive + negative)]
    earned = margin * np.r_[0.0, np.cumsum(positive)] - contact_cost * contacted
    return float(contacted[earned.argmax()] / contacted[-1])


def profit_at_depth(
    outcome: np.ndarray,
    score: np.ndarray,
    weights: np.ndarray,
    *,
    depth: float,
    margin: float,
    contact_cost: float,
) -> np.ndarray:
    """Return the profit per scored customer of contacting the best-scored share, (B,), in currency.

    outcome: (n,) of 0 and 1, or true probabilities. weights: (B, n); nan where they are 0. depth: in
    [0, 1]. margin, contact_cost: as in `best_depth`. Ties count as a random order.
    """
    if depth == 0:
        return np.where(weights.sum(axis=1) > 0, 0.0, np.nan)
    return depth * (margin * top_share_rate(outcome, score, weights, share=depth) - contact_cost)


def retention_value(
    rate: np.ndarray,
    *,
    customer_value: float,
    incentive_cost: float,
    contact_cost: float,
    accept_alpha: float,
    accept_beta: float,
) -> np.ndarray:
    """Return the expected value of a customer in a block with churn rate `rate`, in currency.

    A contacted churner accepts the incentive with probability γ ~ Beta(accept_alpha, accept_beta)
    and is then worth customer_value less the incentive; one who stays takes the incentive anyway.
    The block is contacted for those γ where that pays. Summed over the hull this is the EMPC of
    Verbraken, Verbeke and Baesens 2013.
    """
    threshold, gain, cost = _acceptance_threshold(rate, customer_value, incentive_cost, contact_cost)
    mean = accept_alpha / (accept_alpha + accept_beta)
    contacted = betaincc(accept_alpha, accept_beta, threshold)
    return gain * mean * betaincc(accept_alpha + 1, accept_beta, threshold) - cost * contacted


def retention_share(
    rate: np.ndarray,
    *,
    customer_value: float,
    incentive_cost: float,
    contact_cost: float,
    accept_alpha: float,
    accept_beta: float,
) -> np.ndarray:
    """Return the probability that contacting a block with churn rate `rate` pays.

    Summed over the hull: the expected profit-maximising fraction (Verbraken et al. 2013). No
    metric uses it: tests cross-check the profit with the published fraction.
    """
    threshold, _, _ = _acceptance_threshold(rate, customer_value, incentive_cost, contact_cost)
    return betaincc(accept_alpha, accept_beta, threshold)


def _acceptance_threshold(
    rate: np.ndarray, customer_value: float, incentive_cost: float, contact_cost: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (the γ from which contacting pays, gain per unit of γ, cost), per customer of a block."""
    rate = np.asarray(rate, dtype=np.float64)
    gain = rate * (customer_value - incentive_cost)
    cost = rate * contact_cost + (1 - rate) * (incentive_cost + contact_cost)
    threshold = np.divide(cost, gain, out=np.ones_like(gain), where=gain > 0)
    return np.clip(threshold, 0.0, 1.0), gain, cost


def response_value(
    rate: np.ndarray, *, contact_cost: float, margin_mean: float, margin_shape: float
) -> np.ndarray:
    """Return the expected value of a prospect in a block with response rate `rate`, in currency.

    A responder brings a margin M ~ Gamma(margin_shape, mean margin_mean), a contact costs
    contact_cost, and the block is contacted for those M where it pays: E[max(0, rate·M − cost)],
    by regularised incomplete gamma functions (the mean of a gamma above a threshold).
    """
    rate = np.asarray(rate, dtype=np.float64)
    scale = margin_mean / margin_shape
    threshold = np.divide(contact_cost, rate * scale, out=np.full_like(rate, np.inf), where=rate > 0)
    above = gammaincc(margin_shape, threshold)
    return rate * margin_mean * gammaincc(margin_shape + 1, threshold) - contact_cost * above
