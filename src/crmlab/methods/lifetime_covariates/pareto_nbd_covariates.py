"""Pareto/NBD with covariates: who a customer is scales how often they buy and how soon they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable, UsageError
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie
from crmlab.methods.lifetime_covariates._covariates import Covariates
from crmlab.registry import method
from crmlab.vocabulary import SUMMARY


class ParetoNBD(BuyTillYouDie):
    """Pareto/NBD at the door of days, without covariates."""

    model = btyd.ParetoNBD


class ParetoNBDCovariates(ParetoNBD):
    """Pareto/NBD at the door of days, its rates scaled by covariates (Fader and Hardie 2007).

    columns: known at a customer's first purchase and constant from then on, such as where a customer
    came from or lives, and the age (which passes equally for all). What sums up behaviour until the
    cutoff (orders, spend, sessions, an average, a favourite) must not be among them: the model takes a
    covariate to have been the same through a customer's whole life, and such a column grows out of the
    very purchases that it explains. `order_country` is the country of most orders: it may stand for where
    a customer lives where nearly nobody orders from two, as in Online Retail II (10 of 5,224 customers).
    Columns that the rows lack are passed over.

    ridge: holds the coefficients near 0, see `btyd.fit_covariates`; 0 is maximum likelihood, as published.

    `parameters_`: r, alpha (weeks), s, beta (weeks) of a customer whose covariates are all 0, and the
    coefficients `purchase: source=ads`, `dropout: source=ads`: the log of the factor of the rate, against
    the reference level or per standard deviation; each with `<name>_standard_error`. `details_`: the same
    as plain JSON, what the coefficients refer to, and the log-likelihood of the plain model.
    """

    def __init__(self, columns: Sequence[str], ridge: float):
        self.columns = columns
        self.ridge = ridge

    def fit(self, rows: pd.DataFrame) -> ParetoNBDCovariates:
        """Fit by penalised likelihood; where no covariate tells customers apart, the plain model.

        Raises NotApplicable where none of the columns is there or nobody came back, UsageError for a
        column of the summary, DataError for a summary that cannot be or is too small, CrmlabError
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
        self.buying_, self.leaving_ = (), ()
        if self.covariates_.names_:
            self._fit_covariates(rows)
        else:
            self.details_["note"] = "no covariate tells customers apart: this is the plain Pareto/NBD"
        self.details_ |= {"covariates": self.covariates_.told(), "log_likelihood_without": without}
        return self

    def _fit_covariates(self, rows: pd.DataFrame) -> None:
        """Fit the model with the same covariates of purchase and of dropout."""
        z = self.covariates_.transform(rows)
        fitted, estimate = btyd.fit_covariates(*self._units(rows), buying=z, leaving=z, ridge=self.ridge)
        self.buying_, self.leaving_ = fitted.buying, fitted.leaving
        coefficients = [f"{rate}: {c}" for rate in ("purchase", "dropout") for c in self.covariates_.names_]
        names = [*self.model.estimated, *coefficients]
        values = dict(zip(names, map(float, estimate.parameters), strict=True))
        errors = dict(zip(names, map(float, estimate.standard_errors), strict=True))
        self.parameters_ = {
            **values,
            **{f"{name}_standard_error": error for name, error in errors.items()},
            "log_likelihood": float(estimate.log_likelihood),
        }
        self.details_ = self._told(values, errors)

    def p_zero(self, rows: pd.DataFrame, horizon_days: float) -> np.ndarray:
        """Return the probability of no purchase in the horizon, (n,)."""
        return self._of(rows).p_zero(rows, horizon_days)

    def expected_purchases(self, rows: pd.DataFrame, horizon_days: float) -> np.ndarray:
        """Return the expected purchase days in the horizon, (n,)."""
        return self._of(rows).expected_purchases(rows, horizon_days)

    def p_alive(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of being alive at the end of the observation, (n,)."""
        return self._of(rows).p_alive(rows)

    def draws(self, rows: pd.DataFrame, *, horizon_days: float, size: int, seed: int) -> np.ndarray:
        """Return draws of the purchase days in the horizon, whole numbers (size, n).

        Customers with the same covariates are drawn together; see `maths.btyd.Model.draws`.
        """
        different, place = np.unique(self.covariates_.transform(rows), axis=0, return_inverse=True)
        drawn = np.empty((size, len(rows)), dtype=np.int32)
        for i, z in enumerate(different):
            own = np.flatnonzero(place.ravel() == i)
            drawn[:, own] = self._at(z[None]).draws(
                rows.iloc[own], horizon_days=horizon_days, size=size, seed=seed
            )
        return drawn

    def _of(self, rows: pd.DataFrame) -> ParetoNBD:
        """Return the plain method with an alpha and a beta of each of the rows' own."""
        return self._at(self.covariates_.transform(rows))

    def _at(self, z: np.ndarray) -> ParetoNBD:
        """Return the plain method of customers with covariates z (n, p)."""
        base = {name: self.parameters_[name] for name in self.model.estimated}
        plain = ParetoNBD()
        plain.parameters_ = asdict(
            btyd.ParetoCovariates(**base, buying=self.buying_, leaving=self.leaving_).at(z, z)
        )
        return plain


@method(label="Pareto/NBD with covariates", cite="Fader and Hardie 2007")
def pareto_nbd_covariates(
    columns: Sequence[str] = ("source", "region", "channel", "age_years"), ridge: float = 1.0
):
    """Return an unfitted model."""
    return ParetoNBDCovariates(columns, ridge)
