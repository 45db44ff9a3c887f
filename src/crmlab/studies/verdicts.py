"""Verdicts: how often a lead is called better or equivalent, where it is and where it is not.

Methods are numbers with two kinds of noise: which customers test (known from joint replicates) and which
train (known from five fits, the estimate among them). An oracle knows both variances. Leads are told in
standard errors of a pair: in one world of each kind the champion is judged as on a board.

A rival that is shown to lie within the margin is called equivalent; where its difference excludes zero, too,
the board adds that it is really behind, though by less than matters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

from crmlab.comparison.verdict import BETTER, EQUIVALENT, SMALL, answer
from crmlab.maths import leads, winner
from crmlab.seeds import generator
from crmlab.studies import AT_LEAST, AT_MOST, Claim

WORLDS = 500
LEVEL = 0.95
FITS, REPLICATES, TRAINING = 5, 400, 0.7
"""Fits and replicates of a world, and the standard error of training beside one of testing."""
PAIR = float(np.sqrt(2 * (1 + TRAINING**2)))
"""The standard error of a difference of two methods."""
MARGIN = 4.2 * PAIR
FALSE = 34 / 500
WITHIN = frozenset({EQUIVALENT, SMALL})
"""The answers that place a rival within the margin."""

CLAIMS = {
    "equal_5": Claim("the best of 5 equal methods is called better", AT_MOST, 6 / 500),
    "equal_10": Claim("the best of 10 equal methods is called better", AT_MOST, 6 / 500),
    "equal_20": Claim("the best of 20 equal methods is called better", AT_MOST, 6 / 500),
    "tied": Claim("one of two tied ahead of 18 worse methods is called better", AT_MOST, FALSE),
    "uneven": Claim("the same, training varying the two much more than the 18", AT_MOST, FALSE),
    "uneven_of_3_fits": Claim("the same with three fits", AT_MOST, FALSE),
    "lead_3_of_5": Claim("a lead of 3.3 errors over 4 equal methods is called better", AT_LEAST, 0.66),
    "lead_3_of_10": Claim("the same over 9", AT_LEAST, 0.54),
    "lead_3_of_20": Claim("the same over 19", AT_LEAST, 0.42),
    "lead_4_of_5": Claim("a lead of 4.2 errors over 4 equal methods is called better", AT_LEAST, 0.86),
    "lead_4_of_10": Claim("the same over 9", AT_LEAST, 0.83),
    "lead_4_of_20": Claim("the same over 19", AT_LEAST, 0.78),
    "lead_6_of_20": Claim("a lead of 5.7 errors over 19 is called better", AT_LEAST, 0.90),
    "equivalent_pair": Claim("two equal methods are called equivalent, margin 4.2 errors", AT_LEAST, 0.95),
    "equivalent_5": Claim("all rivals of the best of 5 equal methods are called equivalent", AT_LEAST, 0.80),
    "falsely_equivalent": Claim("methods that differ by the margin are called equivalent", AT_MOST, FALSE),
    "best_of_20_is_covered": Claim("the interval of the best of 20 equals holds its value", AT_LEAST, 0.93),
}
EQUAL = {f"equal_{k}": k for k in (5, 10, 20)}
LED = {f"lead_{name}_of_{k}": (lead, k) for name, lead in ((3, 3.3), (4, 4.2)) for k in (5, 10, 20)}
LED["lead_6_of_20"] = (5.7, 20)


def run_world(seed: int) -> dict[str, Any]:
    """Return how the boards of one world are judged."""
    found: dict[str, Any] = {}
    for name, k in EQUAL.items():
        words, estimates, covariance = _judged(np.zeros(k), seed, name)
        found[name] = set(words) == {BETTER}
    lower, upper = winner.interval_of_best(estimates, covariance, level=LEVEL)
    found["best_of_20_is_covered"] = bool(lower <= 0 <= upper)
    found["tied"] = set(_judged(np.r_[0, 0, np.full(18, -6 * PAIR)], seed, "tied")[0]) == {BETTER}
    behind, noisy = np.r_[0, 0, np.full(18, -6 * PAIR)], np.r_[1.0, 1.0, np.full(18, 0.4)]
    for name, fits in (("uneven", FITS), ("uneven_of_3_fits", 3)):
        found[name] = set(_judged(behind, seed, name, training=noisy, number=fits)[0]) == {BETTER}
    for name, (lead, k) in LED.items():
        truth = np.zeros(k)
        truth[0] = lead * PAIR
        words, estimates, _ = _judged(truth, seed, name)
        found[name] = set(words) == {BETTER} and int(np.argmax(estimates)) == 0
    found["equivalent_pair"] = WITHIN.issuperset(_judged(np.zeros(2), seed, "pair", margin=MARGIN)[0])
    five = _judged(np.zeros(5), seed, "five", margin=MARGIN)[0]
    found["equivalent_5"] = WITHIN.issuperset(five)
    apart = _judged(np.array([0.0, MARGIN]), seed, "apart", margin=MARGIN)[0]
    return found | {"falsely_equivalent": WITHIN.issuperset(apart)}


def _judged(
    truth: np.ndarray,
    seed: int,
    name: str,
    *,
    margin: float = 0.0,
    training: np.ndarray | float = TRAINING,
    number: int = FITS,
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the answers against each rival of the best, the estimates and their covariance.

    training: the standard error of training, of each method. number: of fits.
    """
    rng, k = generator(seed, name), len(truth)
    fits = truth + rng.standard_normal(k) + training * rng.standard_normal((number, k))
    replicates = fits[0] + rng.standard_normal((REPLICATES, k))
    pairs = leads.from_replicates(fits[0], replicates, fits, level=LEVEL, rng=rng)
    named = pairs.assign(a=pairs["i"].map(str), b=pairs["j"].map(str))
    best = int(np.argmax(fits[0]))
    words = [answer(str(best), str(m), named, level=LEVEL, margin=margin) for m in range(k) if m != best]
    return words, fits[0], winner.covariance_of(replicates, fits)


def oracle_power(lead: float, methods: int, *, draws: int = 100_000) -> float:
    """Return how often one who knows the variances sees a lead of so many errors, P of beating all others."""
    rng = generator(0, "oracle", lead, methods)
    drawn = rng.standard_normal((draws, methods)) / np.sqrt(2)
    ahead = drawn[:, 0] + lead - drawn[:, 1:].max(axis=1)
    return float((ahead > norm.ppf((1 + LEVEL) / 2)).mean())
