"""What every model of purchases can say of customers, and how it draws their future."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from crmlab.maths.btyd.customers import Customers, check
from crmlab.maths.likelihood import Objective
from crmlab.seeds import generator


class Model(ABC):
    """A model of when customers buy and when they leave; subclasses are dataclasses of parameters.

    x, t_x, T are arrays (n,) of equal length (or numbers): repeat purchases, time of the last one,
    time observed. t and horizon have the unit of T.
    """

    name: ClassVar[str]
    """What messages call the model."""

    estimated: ClassVar[tuple[str, ...]]
    """The parameters that are estimated, all positive; the first fields."""

    alternatives: ClassVar[tuple[Mapping[str, int], ...]] = ({},)
    """Values of the fields that are not estimated: each is fitted, and the likeliest is kept."""

    @abstractmethod
    def log_likelihood(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each customer, (n,)."""

    @abstractmethod
    def p_alive(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the probability of being active at T, (n,)."""

    @abstractmethod
    def tail_if_alive(self, i: int, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(i purchases or more in (T, T + t]) of customers who are active at T, (n,)."""

    @abstractmethod
    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases in (T, T + t] given the past, (n,)."""

    def p_zero(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(no purchase in (T, T + t]), (n,)."""
        return 1 - self.p_alive(x, t_x, T) * self.tail_if_alive(1, x, t_x, T, t)

    def draws(
        self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, *, horizon: float, size: int, seed: int
    ) -> np.ndarray:
        """Return draws of the purchases in (T, T + horizon] given the past, whole numbers (size, n).

        By inversion of the exact predictive distribution at `size` stratified uniforms in random
        order. They are the same for every customer, so an answer does not depend on the other rows:
        each column is a sample for its customer, but a row of draws is no joint draw of a sum.
        """
        rng = generator(seed, "purchases")
        uniform = rng.permutation((np.arange(size) + rng.random(size)) / size)
        different = Customers.of(x, t_x, T)
        past = np.array(different.columns())
        alive = self.p_alive(*past)
        counts = np.zeros((len(alive), size), dtype=np.int32)
        left, i = np.arange(len(alive)), 0
        while len(left):
            i += 1
            tail = alive[left] * self.tail_if_alive(i, *past[:, left], horizon)
            counts[left] += tail[:, None] > uniform
            left = left[tail > uniform.min()]
        return counts[different.place].T

    def expected_purchases_new(self, t: np.ndarray) -> np.ndarray:
        """Return E[X(t)], the expected repeat purchases of a new customer by each t."""
        return np.vectorize(lambda until: float(self._of_one_new(until)), otypes=[np.float64])(t)

    def _of_one_new(self, t: float) -> float:
        """Return the expected purchases by t of a customer who has just bought for the first time."""
        nothing = np.zeros(1)
        return self.expected_purchases(nothing, nothing, nothing, t)[0]

    @classmethod
    def check(cls, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> None:
        """Raise DataError for the first customer whose (x, t_x, T) cannot be under the model."""
        check(x, t_x, T)

    @classmethod
    @abstractmethod
    def starts(cls, customers: Customers) -> list[list[float]]:
        """Return points from which a fit may start."""

    @classmethod
    def objective(cls, customers: Customers, **fixed: int) -> Objective:
        """Return the summed log-likelihood in the logarithms of the parameters."""
        columns, counts = customers.columns(), customers.counts

        def summed(logs: np.ndarray) -> float:
            return float(counts @ cls(*np.exp(logs), **fixed).log_likelihood(*columns))

        return Objective.by_differences(summed)


def on_different(function: Callable[..., np.ndarray], x: object, t_x: object, T: object) -> np.ndarray:
    """Return function(x, t_x, T) of customers, computed once for equal ones, in their shape."""
    parts = np.broadcast_arrays(x, t_x, T)
    different = Customers.of(*(np.ravel(part) for part in parts))
    return function(*different.columns())[different.place].reshape(parts[0].shape)


def share(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the posterior probability of the first of two log-likelihoods."""
    return np.exp(first - np.logaddexp(first, second))
