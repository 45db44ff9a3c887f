"""Buy-till-you-die methods with covariates: columns in, coefficients by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable, UsageError
from crmlab.kinds.lifetime import SUMMARY
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie
from crmlab.methods.lifetime_covariates._covariates import Covariates


class Explained(BuyTillYouDie):
    """A buy-till-you-die model whose parameters are scaled by covariates (Fader and Hardie 2007).

    columns: known at a customer's first purchase and constant from then on, such as where a customer
    came from or lives, and the age (which passes equally for all). What sums up behaviour until the
    cutoff (orders, spend, sessions, an average, a favourite) must not be among them: the model takes a
    covariate to have been the same through a customer's whole life, and such a column grows out of the
    very purchases that it explains. `order_country` is the country of most orders: it may stand for where
    a customer lives where nearly nobody orders from two, as in Online Retail II (10 of 5,224 customers).
    Columns that the rows lack are passed over.

    ridge: holds the coefficients near 0, see `btyd.fit_covariates`; 0 is maximum likelihood, as published,
    which of small groups may not exist.

    `parameters_`: those of a customer whose covariates are all 0 (times in weeks), and the coefficients,
    `purchase: source=ads` for instance, against the reference level or per standard deviation; each with
    `<name>_standard_error`. `details_`: the same as plain JSON, what the coefficients refer to, and the
    log-likelihood of the plain model.

    A subclass names the plain `model`, the one `with_covariates`, and what each of its `scalings` is called.
    """

    with_covariates: ClassVar[type[btyd.WithCovariates]]
    called: ClassVar[Mapping[str, str]]

    def __init__(self, columns: Sequence[str], ridge: float):
        self.columns = columns
        self.ridge = ridge

    def fit(self, rows: pd.DataFrame) -> Explained:
        """Fit by penalised likelihood; where no covariate tells customers apart, the plain model.

        Raises NotApplicable where none of the columns is there, nobody came back or the customers are too
        few, UsageError for a column of the summary, DataError for a summary that cannot be, DidNotConverge
        where the fit does not converge.
        """
        explained = [c for c in self.columns if c in SUMMARY]
        if explained:
            raise UsageError(f"{explained[0]} is what the model explains: it cannot be a covariate")
        known = [c for c in self.columns if c in rows]
        if not known:
            wanted = ", ".join(map(str, self.columns)) or "no column is named"
            raise NotApplicable(f"the rows have none of the covariates: {wanted}")
        super().fit(rows)
        without = self.parameters_["log_likelihood"]
        self.covariates_ = Covariates(known).fit(rows)
        self.coefficients_ = dict.fromkeys(self.with_covariates.scalings, ())
        if self.covariates_.names_:
            self._fit_covariates(rows)
        else:
            plain = f"this is the plain {self.model.name}"
            self.details_["note"] = f"no covariate tells customers apart: {plain}"
        self.details_ |= {"covariates": self.covariates_.told(), "log_likelihood_without": without}
        return self

    def _fit_covariates(self, rows: pd.DataFrame) -> None:
        """Fit the model with the same covariates of purchase and of dropout."""
        z = self.covariates_.transform(rows)
        fitted, estimate = btyd.fit_covariates(
            self.with_covariates, *self._units(rows), buying=z, leaving=z, ridge=self.ridge
        )
        scalings = self.with_covariates.scalings
        self.coefficients_ = {scaling: getattr(fitted, scaling) for scaling in scalings}
        coefficients = [f"{self.called[s]}: {c}" for s in scalings for c in self.covariates_.names_]
        names = [*self.model.estimated, *coefficients]
        values = dict(zip(names, map(float, estimate.parameters), strict=True))
        errors = dict(zip(names, map(float, estimate.standard_errors), strict=True))
        self.parameters_ = {
            **values,
            **{f"{name}_standard_error": error for name, error in errors.items()},
            "log_likelihood": float(estimate.log_likelihood),
        }
        self.details_ = self._told(values, errors)

    def draws(self, summary: pd.DataFrame, *, horizon_days: float, size: int, seed: int) -> np.ndarray:
        """Return draws of the purchase days in the horizon, whole numbers (size, n).

        Customers with the same covariates are drawn together; see `maths.btyd.Model.draws`.
        """
        different, place = np.unique(self.covariates_.transform(summary), axis=0, return_inverse=True)
        horizon, past = horizon_days / self.days_per_unit, np.array(self._units(summary))
        drawn = np.empty((size, len(summary)), dtype=np.int32)
        for i, z in enumerate(different):
            own = np.flatnonzero(place.ravel() == i)
            drawn[:, own] = self._at(z[None]).draws(*past[:, own], horizon=horizon, size=size, seed=seed)
        return drawn

    def _fitted(self, summary: pd.DataFrame) -> btyd.Model:
        """Return the model of customers, each with parameters of their own."""
        return self._at(self.covariates_.transform(summary))

    def _at(self, z: np.ndarray) -> btyd.Model:
        """Return the model of customers with covariates z (n, p)."""
        base = {name: self.parameters_[name] for name in self.model.estimated}
        return self.with_covariates(**base, **self.coefficients_).at(z, z)
