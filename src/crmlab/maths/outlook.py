"""Outlook: what a group of customers will do together, and what an offer to all of them earns, by draws.

Pareto/NBD says who is still there, when they leave and how often they buy, gamma-gamma how much they spend.
Each draw takes other parameters, normal in their logarithms about the estimate, then a future of every
customer, jointly given the past: who is there at T has λ ~ Gamma(r + x, alpha + T), μ ~ Gamma(s, beta + T).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from crmlab.maths.btyd import GammaGamma, ParetoNBD
from crmlab.maths.btyd.customers import Customers
from crmlab.maths.likelihood import by_differences
from crmlab.seeds import generator

DRAWS: Final = 400
STEP: Final = 1e-3
WIDEST: Final = 1.0
"""The standard error of a direction of log parameters is taken to be at most this: on a ridge it has none."""

YEAR_DAYS: Final = 365.0


@dataclass(frozen=True)
class Past:
    """What is known of customers, (n,) each: x, t_x and T of `maths.btyd`, in units of `days_per_unit`.

    spend: the mean spend of a repeat purchase, 0 where none is known.
    """

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    spend: np.ndarray
    days_per_unit: float

    def part(self, chosen: np.ndarray) -> Past:
        """Return some of the customers. chosen: (n,), whether each is."""
        return Past(*(v[chosen] for v in (self.x, self.t_x, self.T, self.spend)), self.days_per_unit)


@dataclass(frozen=True)
class Offer:
    """An offer to a group: accepted by a share of those about to leave, and by all who would stay.

    Money is in currency; the margin is a share of what is spent. Who accepts stays for the year.
    """

    accept_rate: float
    incentive_cost: float
    contact_cost: float
    margin_share: float


@dataclass(frozen=True)
class Outlook:
    """Draws of a group's future, (draws,) each.

    silent: the share that buys nothing within the horizon, left alone. value: the margin of a year, left
    alone. profit: what the offer changes of that margin, less what it costs. Both in currency.
    """

    silent: np.ndarray
    value: np.ndarray
    profit: np.ndarray

    def ends(self, name: str, level: float) -> tuple[float, float]:
        """Return the prediction interval of one of the three."""
        lower, upper = np.quantile(getattr(self, name), [(1 - level) / 2, (1 + level) / 2])
        return float(lower), float(upper)


def uncertain(model: Any, slopes: Callable[[np.ndarray], np.ndarray], *, draws: int, seed: int) -> list[Any]:
    """Return models whose parameters are drawn about the estimate of a model, a dataclass of positive ones.

    slopes: of the summed log-likelihood in the logs of the parameters, (k,) at (k,).
    """
    logs = np.log([getattr(model, f.name) for f in fields(model)])
    moves = np.eye(len(logs)) * STEP
    curve = -np.array([(slopes(logs + m) - slopes(logs - m)) / (2 * STEP) for m in moves])
    values, ways = np.linalg.eigh((curve + curve.T) / 2)
    errors = 1 / np.sqrt(np.maximum(values, 1 / WIDEST**2))
    drawn = generator(seed, "parameters", type(model).__name__).standard_normal((draws, len(logs)))
    return [type(model)(*np.exp(logs + ways @ (errors * z))) for z in drawn]


def uncertain_buying(model: ParetoNBD, past: Past, *, seed: int, draws: int = DRAWS) -> list[ParetoNBD]:
    """Return the models of purchases that the customers of `past` leave possible."""
    objective = ParetoNBD.objective(Customers.of(past.x, past.t_x, past.T))
    return uncertain(model, lambda at: objective.value(at)[1], draws=draws, seed=seed)


def uncertain_spending(model: GammaGamma, past: Past, *, seed: int, draws: int = DRAWS) -> list[GammaGamma]:
    """Return the models of spend that the repeat purchases of `past` leave possible."""
    paid = (past.x > 0) & (past.spend > 0)
    rows = past.x[paid], past.spend[paid]

    def summed(at: np.ndarray) -> float:
        return float(GammaGamma(*np.exp(at)).log_likelihood(*rows).sum())

    return uncertain(model, lambda at: by_differences(summed, at, STEP), draws=draws, seed=seed)


def outlook(
    group: Past, buying: list[ParetoNBD], spending: list[GammaGamma], offer: Offer, *, days: int, seed: int
) -> Outlook:
    """Return draws of what a group does, left alone and with an offer.

    buying, spending: models, of which each draw takes one. days: the horizon, within a year. About to leave
    is who drops out within the horizon without another purchase.
    """
    rng = generator(seed, "outlook")
    drawn = [_future(rng, group, *models, offer, days) for models in zip(buying, spending, strict=True)]
    return Outlook(*np.array(drawn).T)


def _future(
    rng: np.random.Generator, group: Past, buys: ParetoNBD, spends: GammaGamma, offer: Offer, days: int
) -> tuple[float, float, float]:
    """Return the share of the silent, the value and the profit of one draw."""
    n, horizon, year = len(group.x), days / group.days_per_unit, YEAR_DAYS / group.days_per_unit
    rate = rng.gamma(buys.r + group.x) / (buys.alpha + group.T)
    leaving = rng.gamma(buys.s, size=n) / (buys.beta + group.T)
    life = rng.exponential(size=n) / np.maximum(leaving, np.finfo(float).tiny)
    life[rng.random(n) >= buys.p_alive(group.x, group.t_x, group.T)] = 0.0
    soon = rng.poisson(rate * np.minimum(life, horizon))
    later = rng.poisson(rate * np.clip(life - horizon, 0.0, year - horizon))
    about_to = (life > 0) & (life < horizon) & (soon == 0)
    accepts = about_to & (rng.random(n) < offer.accept_rate)
    saved = np.where(accepts, rng.poisson(rate * np.maximum(year - life, 0.0)), 0)
    known = np.where(group.spend > 0, group.x, 0)
    spend_rate = rng.gamma(spends.q + spends.p * known) / (spends.gamma + known * group.spend)
    margin, gain = (
        offer.margin_share * float((rng.gamma(np.maximum(spends.p * k, 1e-12)) / spend_rate)[k > 0].sum())
        for k in (soon + later, saved)
    )
    takes = accepts | ((life > 0) & ~about_to)
    cost = offer.incentive_cost * takes.sum() + offer.contact_cost * n
    return float((soon == 0).mean()), margin, gain - cost
