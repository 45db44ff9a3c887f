"""Mutants: each way of losing or inventing what training varies is seen in numbers worked out by hand."""

import numpy as np
import pytest
from scipy.special import digamma

from crmlab.comparison.design import Design
from crmlab.comparison.score import score
from crmlab.maths import leads

# of two methods, by fit (the estimate first) and window: whether the ranking is perfect or perfectly wrong
FITS = {
    "a": [(1, 1), (1, 0), (1, 1), (0, 1)],
    "b": [(0, 0), (0, 1), (0, 0), (0, 0)],
    "c": [(1, 0), (0, 0), (1, 0), (1, 1)],
}


@pytest.fixture
def trained(make):
    """Return a function: what training varies in each difference by AUC, by the package as it is."""

    def of() -> list[float]:
        problem = make.rolling()
        runs = [
            make.answered(
                problem,
                name,
                refits=3,
                answer=lambda fact, solution, fits=fits: np.where(
                    fits[fact["refit"]][fact["window"]], solution["outcome"], 1 - solution["outcome"]
                ),
            )
            for name, fits in FITS.items()
        ]
        scores = score(problem, runs, ["auc"], {}, level=0.95, replicates=200, seed=1)
        return scores.pairs["auc"]["trained"].tolist()

    return of


def by_hand() -> list[float]:
    """The variance over four fits of the difference of means over windows, shrunk over the three pairs.

    No perfect or perfectly wrong ranking is moved by weights, so that all error is training's.
    """
    means = {name: np.mean(fits, axis=1) for name, fits in FITS.items()}
    raw = [np.var(means[i] - means[j], ddof=1) for i, j in (("a", "b"), ("a", "c"), ("b", "c"))]
    assert raw == pytest.approx([2.75 / 12, 3 / 12, 4.75 / 12])
    # chance explains all that differs: they become one, the geometric mean corrected for the bias of a
    # logarithm (Smyth 2004, section 6.2)
    return [float(np.exp(np.mean(np.log(raw)) - digamma(1.5) + np.log(1.5)))] * 3


def test_what_training_varies_by_hand(trained):
    assert trained() == pytest.approx(by_hand())


def times_100(variance_of_fits):
    """Return a hundred times the variance."""
    return lambda fits: tuple(
        part * factor for part, factor in zip(variance_of_fits(fits), (100, 1), strict=True)
    )


def without_the_estimate(variance_of_fits):
    """Return the variance over the refits alone."""
    return lambda fits: variance_of_fits(fits[1:])


def not_pooled(shrunk):
    """Return each variance as it is."""
    return lambda variances, df: (np.asarray(variances), np.asarray(df))


def divided_by_windows(refitted):
    """Return refits whose variance is that of the mean of as many independent windows."""

    def of(self, asked, run, folds):
        found = np.array(refitted(self, asked, run, folds))
        return list(found.mean() + (found - found.mean()) / np.sqrt(len(folds)))

    return of


MUTANTS = [
    (leads, "variance_of_fits", times_100),
    (leads, "variance_of_fits", without_the_estimate),
    (leads, "shrunk", not_pooled),
    (Design, "_refitted", divided_by_windows),
]


@pytest.mark.parametrize(("where", "name", "mutant"), MUTANTS, ids=[m[2].__name__ for m in MUTANTS])
def test_each_mutant_is_seen(trained, monkeypatch, where, name, mutant):
    monkeypatch.setattr(where, name, mutant(getattr(where, name)))
    with pytest.raises(AssertionError):
        assert trained() == pytest.approx(by_hand(), rel=0.05)
