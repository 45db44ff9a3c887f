"""Latent types: labels on regions of the (rate, dropout, spend) cube, with tastes of their own.

Rates, hazards and spend are drawn first, independently, from their published gamma mixtures. A
type is then drawn given their normal scores, so the mixture over types keeps each published
marginal exactly, while types differ in rate, dropout, spend and everything that hangs on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit

from crmlab.seeds import generator
from crmlab.simulate.knobs import Shop

CATEGORIES = ("books", "music", "toys", "kitchen", "garden", "beauty", "sports", "electronics")


@dataclass(frozen=True, kw_only=True)
class Type:
    """One latent type. The scores weigh the normal scores of rate, dropout hazard and mean spend."""

    base: float
    rate: float
    dropout: float
    spend: float
    taste: tuple[float, ...]
    """Log-weight of each of the CATEGORIES."""
    returns: float
    """Log-odds ratio of returning a line."""
    club: float
    """Log-odds ratio of joining the club."""
    reply: float
    """Relative probability to reply to an e-mail."""
    effect: float
    """Mean relative effect of an e-mail on the purchase rate."""


TYPES = {
    "loyal": Type(
        base=-0.8, rate=2.0, dropout=-2.0, spend=0.0, returns=-0.3, club=1.6, reply=1.6, effect=0.0,
        taste=(1.2, 1.0, 0.0, 0.4, 0.0, 0.0, 0.0, 0.0),
    ),
    "premium": Type(
        base=-0.6, rate=0.0, dropout=0.0, spend=2.6, returns=0.2, club=0.6, reply=0.7, effect=0.15,
        taste=(0.0, 0.0, 0.0, 0.4, 0.3, 0.9, 0.0, 1.4),
    ),
    "bargain": Type(
        base=-0.6, rate=0.4, dropout=0.0, spend=-2.4, returns=0.9, club=-0.6, reply=1.4, effect=0.80,
        taste=(0.0, 0.8, 1.4, 0.0, 0.0, 0.3, 0.0, 0.0),
    ),
    "passing": Type(
        base=-0.8, rate=-1.8, dropout=1.8, spend=0.0, returns=0.0, club=-1.6, reply=0.5, effect=-0.35,
        taste=(0.0, 0.0, 0.6, 0.0, 0.8, 0.0, 0.8, 0.0),
    ),
    "explorer": Type(
        base=0.5, rate=0.6, dropout=0.4, spend=0.2, returns=0.0, club=0.0, reply=1.0, effect=0.40,
        taste=(0.0, 0.0, 0.0, 0.5, 0.8, 0.0, 1.2, 0.3),
    ),
}  # fmt: skip
NAMES = tuple(TYPES)


def trait(name: str) -> np.ndarray:
    """Return one trait of all types, in the order of NAMES: (5,), or (5, categories) for the taste."""
    return np.array([getattr(t, name) for t in TYPES.values()])


def intercept(linear: np.ndarray, *, mean: float) -> float:
    """Return the a for which the logistic function of a + linear has the given mean."""
    if mean in (0, 1):
        return -np.inf if mean == 0 else np.inf
    return brentq(lambda a: float(expit(a + linear).mean()) - mean, -30.0, 30.0)


def draw(shop: Shop, size: int, *, seed: int) -> pd.DataFrame:
    """Return the latent state of `size` people.

    Columns: type (its number), rate_per_week, hazard_per_week, spend_rate (per dollar: an order is
    worth Gamma(p, spend_rate)), effect (relative change of the rate by an e-mail, above -1).
    Pareto/NBD: Schmittlein, Morrison and Colombo 1987. Gamma-Gamma: Colombo and Jiang 1999.
    """
    rng = generator(seed, "latent")
    rate = rng.gamma(shop.purchase_shape, 1 / shop.purchase_scale_weeks, size)
    hazard = rng.gamma(shop.dropout_shape, 1 / shop.dropout_scale_weeks, size)
    spend_rate = rng.gamma(shop.spend_customer_shape, 1 / shop.spend_scale_usd, size)
    scores = np.column_stack(
        [
            _normal_score(rate * shop.purchase_scale_weeks, shop.purchase_shape),
            _normal_score(hazard * shop.dropout_scale_weeks, shop.dropout_shape),
            -_normal_score(spend_rate * shop.spend_scale_usd, shop.spend_customer_shape),
        ]
    )
    weights = np.column_stack([trait("rate"), trait("dropout"), trait("spend")])
    blur = shop.type_blur * rng.gumbel(size=(size, len(NAMES)))
    kind = np.argmax(trait("base") + scores @ weights.T + blur, axis=1)
    effect = trait("effect")[kind] + shop.effect_shift + shop.effect_spread * rng.standard_normal(size)
    effect = shop.effect_strength * np.clip(effect, -0.95, 3.0)
    return pd.DataFrame(
        {
            "type": kind,
            "rate_per_week": rate,
            "hazard_per_week": hazard,
            "spend_rate": spend_rate,
            "effect": np.maximum(effect, -0.95),
        }
    )


def _normal_score(values: np.ndarray, shape: float) -> np.ndarray:
    """Return the normal scores of values of a standard gamma distribution, within ±4."""
    return np.clip(stats.norm.ppf(stats.gamma.cdf(values, shape)), -4.0, 4.0)
