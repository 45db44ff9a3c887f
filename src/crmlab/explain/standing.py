"""Standing: is a silent customer still one? P(alive), and how likely who is still there drops out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.comparison.run import load_model
from crmlab.kinds.lifetime import SUMMARY
from crmlab.vocabulary import OK

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

MODEL: Final = "lifetime/pareto_nbd"
"""Whose P(alive) is taken: under BG/NBD every customer with one purchase is alive for sure."""

ALIVE: Final = 0.6
"""P(alive) from which a customer is taken to be one still."""


@dataclass(frozen=True)
class Standing:
    """How customers stand, by the model of this label.

    p_alive: (n,), the probability to be a customer still. p_drops_out: (n,), of who is one, to drop out
    within the horizon without another purchase.
    """

    p_alive: np.ndarray
    p_drops_out: np.ndarray
    label: str

    @property
    def is_there(self) -> np.ndarray:
        """Whether each is probably a customer still, (n,)."""
        return self.p_alive >= ALIVE


def standing_of(comparison: Comparison, rows: pd.DataFrame, silent: np.ndarray) -> Standing | None:
    """Return how the customers of `rows` stand; None where no Pareto/NBD answered, or there is no horizon.

    silent: (n,), the probability of no purchase within the horizon, whatever the reason.
    """
    horizon = comparison.problem.facts["horizon_days"]
    run = next((r for r in comparison.runs if r.method == MODEL and r.status == OK), None)
    if run is None or horizon is None or not set(SUMMARY[:3]) <= set(rows):
        return None
    return standing_by(load_model(run.key), run.label, rows, silent, horizon)


def standing_by(model: Any, label: str, rows: pd.DataFrame, silent: np.ndarray, horizon: int) -> Standing:
    """Return how the customers of `rows` stand by a fitted Pareto/NBD. horizon: in days.

    Silence, (n,), is (1 - a) + a q for P(alive) = a, where q is that of who is still a customer. Of it a
    share g means that they dropped out, by the Pareto/NBD (Schmittlein, Morrison and Colombo 1987): who is
    alive at T is so, and silent, h later with probability
    ((α + T) / (α + T + h))^(r + x) ((β + T) / (β + T + h))^s. p_drops_out is q g. Customers whose first
    purchase is not known have no P(alive): they are nan, and so not taken to be there.
    """
    own = np.asarray(model.p_alive(rows), dtype=np.float64)
    # who will buy is a customer still, whatever the model of lifetimes says
    alive = np.maximum(own, 1 - silent)
    of_living = of_the_living(silent, alive)
    stays = of_the_living(np.asarray(model.p_zero(rows, horizon)), own)
    r, alpha, s, beta = (model.parameters_[name] for name in ("r", "alpha", "s", "beta"))
    age, ahead = (d / model.days_per_unit for d in (rows["T_days"].to_numpy(dtype=float), float(horizon)))
    there = (r + rows["frequency"].to_numpy(dtype=float)) * np.log((alpha + age) / (alpha + age + ahead))
    there = np.exp(there + s * np.log((beta + age) / (beta + age + ahead)))
    gone = 1 - np.divide(there, stays, out=np.ones_like(there), where=stays > there)
    if "left_censored" in rows:
        alive = np.where(rows["left_censored"].astype(bool), np.nan, alive)
    return Standing(alive, of_living * gone, label)


def of_the_living(silent: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Return the silence of who is a customer still, from that of everybody and P(alive), (n,) each."""
    left = np.maximum(silent - (1 - alive), 0.0)
    return np.minimum(np.divide(left, alive, out=np.zeros_like(left), where=alive > 0), 1.0)
