"""Maximum-likelihood fits of the models of purchases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from crmlab.errors import DataError, NotApplicable
from crmlab.maths.btyd.customers import Customers
from crmlab.maths.btyd.model import Model
from crmlab.maths.likelihood import Estimate, ascend

M = TypeVar("M", bound=Model)


def fit(model: type[M], x: np.ndarray, t_x: np.ndarray, T: np.ndarray, **fixed: int) -> tuple[M, Estimate]:
    """Fit a model by maximum likelihood to customers (x, t_x, T), each (n,).

    fixed: parameters that are not estimated (the k of MBG/CNBD-k; without it k is chosen by
    likelihood among the model's alternatives).
    Raises DataError for an impossible summary or one without a repeat purchase, NotApplicable for fewer
    different customers than parameters, DidNotConverge where the fit does not converge.
    """
    model.check(x, t_x, T)
    if not np.any(np.asarray(x) > 0):
        raise DataError(f"none of {len(x)} customers has a repeat purchase: there is no rate to estimate")
    customers = Customers.of(x, t_x, T)
    if len(customers.counts) < len(model.estimated):
        raise NotApplicable(
            f"{len(x)} customers with {len(customers.counts)} different histories cannot tell the "
            f"{len(model.estimated)} parameters of {model.name}: it needs more customers"
        )
    alternatives = [fixed] if fixed else model.alternatives
    found = [(chosen, _fit(model, customers, chosen)) for chosen in alternatives]
    chosen, best = max(found, key=lambda pair: pair[1].log_likelihood)
    return model(*map(float, best.parameters), **chosen), best


def _fit(model: type[Model], customers: Customers, fixed: Mapping[str, int]) -> Estimate:
    """Fit the estimated parameters with the others fixed."""
    objective, starts = model.objective(customers, **fixed), model.starts(customers)
    return ascend(objective, starts, total=customers.total, what=model.name)
