"""A multi-layer perceptron, stopped early by later rows."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._inner import Telling, earlier_and_later


@method(label="Neural net", cite="Rumelhart, Hinton and Williams 1986")
def neural_net(
    hidden: Annotated[int, Range(1)] = 32,
    alpha: Annotated[float, Range(0)] = 0.001,
    max_epochs: Annotated[int, Range(1)] = 40,
    patience: Annotated[int, Range(1)] = 5,
    seed: int = 0,
):
    """hidden: units of the one layer. alpha: weight of the squared coefficients.

    max_epochs: passes over the rows, at most. patience: passes without a better later part.
    """
    return Telling([("input", linear_input()), ("net", NeuralNet(hidden, alpha, max_epochs, patience, seed))])


class NeuralNet(ClassifierMixin, BaseEstimator):
    """One hidden layer of rectified units, trained by Adam for as many epochs as the later rows like.

    The number of epochs is chosen by the log loss on the later train rows, of a net that
    learned from the earlier ones; then a fresh net learns from all of them for so long. Where the
    later rows are too few it is max_epochs.
    """

    def __init__(self, hidden: int, alpha: float, max_epochs: int, patience: int, seed: int):
        self.hidden = hidden
        self.alpha = alpha
        self.max_epochs = max_epochs
        self.patience = patience
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray, inner: np.ndarray | None = None) -> NeuralNet:
        """Choose the epochs and train on the train rows X (n, p), y (n,)."""
        self.classes_ = np.array([0, 1])
        parts = earlier_and_later(y, inner)
        epochs = self.max_epochs if parts is None else self._best_epochs(X, y, *parts)
        net = self._net()
        for _ in range(epochs):
            net.partial_fit(X, y, classes=self.classes_)
        # the weights alone: optimiser and random state are of no use to an answer
        self.weights_, self.biases_ = list(net.coefs_), list(net.intercepts_)
        self.details_ = {"epochs": epochs}
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        inner = np.maximum(X @ self.weights_[0] + self.biases_[0], 0)
        rate = expit(inner @ self.weights_[1] + self.biases_[1])[:, 0]
        return np.column_stack([1 - rate, rate])

    def _best_epochs(self, X: np.ndarray, y: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> int:
        """Return after how many epochs the log loss of the later rows was lowest."""
        net, losses = self._net(), []
        for epoch in range(self.max_epochs):
            net.partial_fit(X[earlier], y[earlier], classes=self.classes_)
            losses.append(log_loss(y[later], net.predict_proba(X[later]), labels=self.classes_))
            if epoch - int(np.argmin(losses)) >= self.patience:
                break
        return int(np.argmin(losses)) + 1

    def _net(self) -> MLPClassifier:
        """Return a fresh net."""
        return MLPClassifier((self.hidden,), alpha=self.alpha, random_state=self.seed)
