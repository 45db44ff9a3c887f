"""Latent class analysis: segments within which the columns, cut into levels, are independent."""

from __future__ import annotations

import warnings
from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.exceptions import ConvergenceWarning

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.structure import bic
from crmlab.methods.clustering._choice import MOST
from crmlab.methods.clustering._levels import Levels
from crmlab.methods.clustering._mixed import choose
from crmlab.methods.clustering._segmenter import ranks

SETTLED, QUICK = 1e-5, 1e-3
"""The gain in mean log-likelihood of an EM step below which a fit, or one of many refits, has converged."""
STEPS = 2000


@method(label="Latent classes", cite="Lazarsfeld and Henry 1968")
def latent_class(
    k: Annotated[int | None, Range(1)] = None,
    bins: Annotated[int, Range(2)] = 4,
    n_init: Annotated[int, Range(1)] = 3,
    seed: int = 0,
):
    """k: classes; None = chosen on the train rows by BIC. bins: of a number. n_init: starts of a fit."""
    return LatentClass(k, bins, n_init, seed)


class LatentClass(ClusterMixin, BaseEstimator):
    """Cuts numeric and text columns into levels and finds the classes in them.

    k is 1 where the gate finds no structure in the numeric columns, else the one with the smallest
    BIC, 1 among them. The BIC of levels is not that of a density of the same numbers: it compares
    numbers of classes, never methods. Segments are numbered by falling mean `monetary_value` of the
    train rows, or by falling size. There is no limit: time grows with the distinct patterns of levels,
    of which there are at most as many as rows, times k.
    """

    def __init__(self, k: int | None, bins: int, n_init: int, seed: int):
        self.k = k
        self.bins = bins
        self.n_init = n_init
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> LatentClass:
        """Fit on the train rows X (n, p).

        Raises NotApplicable where all rows are alike, DidNotConverge where the fit does not converge.
        """
        self.levels_ = Levels(self.bins).fit(X)
        codes = self.levels_.transform(X)
        distinct = len(np.unique(codes, axis=0))
        if distinct < 2:
            raise NotApplicable(f"the {len(X)} rows are all alike: there is nothing to tell apart")
        self.details_ = {}
        learner = Classes(n_init=self.n_init, seed=self.seed)
        if self.k is None:
            quick = clone(learner).set_params(n_init=1, settled=QUICK)
            self.details_["choice"] = choose(learner, quick, X, codes, by="bic", seed=self.seed)
        self.k_ = min(self.k or self.details_["choice"]["k"], distinct)
        self.classes_ = learner.set_params(k=self.k_).fit(codes)
        if not self.classes_.converged_:
            raise DidNotConverge(
                f"no convergence in {STEPS} steps on {len(X)} rows with {self.k_} classes: ask for fewer"
            )
        if self.k is None and self.k_ == MOST:
            self.details_["note"] = f"the BIC still falls at {MOST} classes, the most that are tried"
        self.rank_ = ranks(self.classes_.predict(codes), self.k_, X.get("monetary_value"))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the most probable class, shape (m,)."""
        return self.rank_[self.classes_.predict(self.levels_.transform(X))]

    def closeness(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the `probability` of the own class, and `margin`, that less the next one's."""
        likely = np.sort(self.classes_.predict_proba(self.levels_.transform(X)), axis=1)
        own, following = likely[:, -1], likely[:, -2] if self.k_ > 1 else 0.0
        return pd.DataFrame({"probability": np.minimum(own, 1.0), "margin": np.minimum(own - following, 1.0)})


class Classes(ClusterMixin, BaseEstimator):
    """Fits k latent classes to levels (n, q) by maximum likelihood (stepmix), and keeps plain arrays.

    settled: the gain in mean log-likelihood of an EM step below which a fit has converged. Equal rows
    are fitted once, with their number. log_weights_: (k,). log_shares_: (k, q, levels),
    the log probability of each level in each class, as in Lazarsfeld and Henry (1968).
    """

    def __init__(self, k: int = 2, n_init: int = 3, settled: float = SETTLED, seed: int = 0):
        self.k = k
        self.n_init = n_init
        self.settled = settled
        self.seed = seed

    def fit(self, X: np.ndarray, y: object = None) -> Classes:
        """Fit to the levels X (n, q), each 0, 1, ...; `converged_` says whether the best start settled."""
        with warnings.catch_warnings():
            # stepmix 3.0 has an invalid escape in a docstring, of which Python warns as it compiles it
            warnings.simplefilter("ignore")
            from stepmix import StepMix
        patterns, counts = np.unique(X, axis=0, return_counts=True)
        model = StepMix(
            self.k,
            measurement="categorical",
            n_init=self.n_init,
            abs_tol=self.settled,
            max_iter=STEPS,
            random_state=self.seed,
            progress_bar=0,
        )
        with warnings.catch_warnings():
            # the caller asks `converged_`
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(patterns, sample_weight=counts)
        shares = model.get_parameters()["measurement"]
        shape = (self.k, X.shape[1], shares["max_n_outcomes"])
        self.converged_, self.free_ = bool(model.converged_), int(model.n_parameters)
        self.log_weights_ = np.log(model.get_parameters()["weights"])
        self.log_shares_ = np.log(shares["pis"]).reshape(shape)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable class, shape (m,)."""
        return self._joint(X).argmax(axis=1)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (m, k) (Bayes' rule)."""
        return np.exp(self._joint(X) - self.score_samples(X)[:, None])

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return the log probability of each row's levels, (m,)."""
        return logsumexp(self._joint(X), axis=1)

    def bic(self, X: np.ndarray) -> float:
        """Return the Bayesian information criterion on the levels X (m, q), lower is better."""
        return bic(self.score_samples(X), self.free_)

    def _joint(self, X: np.ndarray) -> np.ndarray:
        """Return the log probability of each class and the row's levels, (m, k); UNSEEN says nothing."""
        joint = np.tile(self.log_weights_, (len(X), 1))
        for j, codes in enumerate(X.T):
            joint += np.where(codes[:, None] >= 0, self.log_shares_[:, j, codes].T, 0.0)
        return joint
