"""Association rules: from itemsets to if-then statements, with every measure and no redundant one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Final

import numpy as np

from crmlab.errors import UsageError
from crmlab.maths.mining.itemsets import Itemsets

MEASURES: Final = ("support", "confidence", "lift", "leverage", "conviction", "zhang")


@dataclass(frozen=True)
class Rules:
    """Rules from one shape of itemset, antecedents of a items and consequents of c.

    antecedent: (r, a) and consequent: (r, c) item numbers, ascending in a row. n: baskets; both, first,
    second: (r,) how many hold all, the antecedent, the consequent.
    """

    antecedent: np.ndarray
    consequent: np.ndarray
    n: int
    both: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def __len__(self) -> int:
        return len(self.both)

    @property
    def items(self) -> np.ndarray:
        """The itemset of each rule, (r, a + c), ascending in a row."""
        return np.sort(np.hstack([self.antecedent, self.consequent]), axis=1)

    def where(self, mask: np.ndarray) -> Rules:
        """Return the rules that a mask (r,) or an order of them names."""
        columns = ("antecedent", "consequent", "both", "first", "second")
        return replace(self, **{c: getattr(self, c)[mask] for c in columns})

    def measures(self) -> dict[str, np.ndarray]:
        """Return the measures of MEASURES (see `measured`)."""
        return measured(self.n, self.both, self.first, self.second)


def measured(n: int, both: np.ndarray, first: np.ndarray, second: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures of rules from counts (r,): of baskets that hold all, antecedent and consequent.

    With shares p(XY), p(X), p(Y) of n baskets: support p(XY); confidence p(XY) / p(X); lift
    p(XY) / (p(X) p(Y)); leverage p(XY) - p(X) p(Y) (Piatetsky-Shapiro 1991); conviction
    (1 - p(Y)) / (1 - confidence), infinite where the rule always holds (Brin et al. 1997); Zhang's measure,
    leverage / max(p(XY) (1 - p(X)), p(X) (p(Y) - p(XY))), from -1 to 1 (Zhang 2000), nan where every basket
    holds all. nan where a count below a fraction bar is 0.
    """
    all_, x, y = (np.asarray(c, dtype=float) / n for c in (both, first, second))
    with np.errstate(divide="ignore", invalid="ignore"):
        confidence = all_ / x
        leverage = all_ - x * y
        return {
            "support": all_,
            "confidence": confidence,
            "lift": all_ / (x * y),
            "leverage": leverage,
            "conviction": np.where(first > both, (1 - y) / (1 - confidence), np.inf),
            "zhang": leverage / np.maximum(all_ * (1 - x), x * (y - all_)),
        }


def rules(found: Itemsets, *, confidence: float = 0.0, single: bool = True) -> list[Rules]:
    """Return the rules of frequent itemsets that hold in at least a share `confidence` of their antecedents.

    single: one item in the consequent, else any part of the itemset. Confidence is compared in integers: a
    float drops rules that meet the threshold exactly. One `Rules` for each length and shape; itemsets in
    their own order. Raises UsageError for a confidence that is not within 0 and 1.
    """
    if not 0 <= confidence <= 1:
        raise UsageError(f"confidence = {confidence!r} must lie between 0 and 1")
    least, every = Fraction(str(confidence)), []
    for sets, both in zip(found.sets[1:], found.counts[1:], strict=True):
        k = sets.shape[1]
        for size in [1] if single else range(1, k):
            parts = [_split(found, sets, both, np.array(chosen)) for chosen in combinations(range(k), size)]
            kept = [p.where(p.both * least.denominator >= p.first * least.numerator) for p in parts]
            every.append(_joined(kept))
    return [r for r in every if len(r)]


def _split(found: Itemsets, sets: np.ndarray, both: np.ndarray, chosen: np.ndarray) -> Rules:
    """Return the rules whose consequents are the chosen columns of itemsets."""
    consequent, antecedent = sets[:, chosen], np.delete(sets, chosen, axis=1)
    return Rules(antecedent, consequent, found.n, both, found.count(antecedent), found.count(consequent))


def _joined(parts: list[Rules]) -> Rules:
    """Return rules of the same shape as one."""
    columns = ("antecedent", "consequent", "both", "first", "second")
    return replace(parts[0], **{c: np.concatenate([getattr(p, c) for p in parts]) for c in columns})


def improving(found: Itemsets, some: Rules, *, by: float = 0.0) -> np.ndarray:
    """Return which rules are not redundant, (r,).

    A rule is redundant where a shorter antecedent within its own, the empty one among them, has a confidence
    that is as high for the same consequent, or lower by at most `by` (Bayardo, Agrawal and Gunopulos 1999).
    """
    good = np.ones(len(some), dtype=bool)
    more = Fraction(str(by))
    for size in range(some.antecedent.shape[1]):
        for chosen in combinations(range(some.antecedent.shape[1]), size):
            part = some.antecedent[:, list(chosen)]
            with_part = np.sort(np.hstack([part, some.consequent]), axis=1)
            above, below = found.count(with_part), found.count(part)
            # both / first > above / below + by, in integers
            difference = some.both * below - above * some.first
            good &= difference * more.denominator > some.first * below * more.numerator
    return good
