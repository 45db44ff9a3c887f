"""The verdict: which method is best, whether its lead is real, and what that is worth, in sentences.

Every sentence is computed from the numbers and can come out the other way: "no difference" and
"the heuristic wins" are legal answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crmlab.registry import Metric
from crmlab.run import Run
from crmlab.vocabulary import CHANCE, OK, ORACLE, STATUS_QUO


@dataclass(frozen=True)
class Verdict:
    """The answer of a comparison by its primary metric.

    champion: the best method that is not a mere end of the scale (the status quo may win), or
    None. lead_is_real: whether its simultaneous interval against *every* rival excludes zero.
    contenders: the methods whose difference to the champion includes zero.
    """

    champion: str | None
    lead_is_real: bool
    contenders: tuple[str, ...]
    sentences: tuple[str, ...] = field(default_factory=tuple)


def judge(
    runs: list[Run], values: pd.DataFrame, pairs: pd.DataFrame, metric: Metric, *, chance: float, level: float
) -> Verdict:
    """Judge a comparison by one metric (`values` and `pairs` hold that metric alone)."""
    by_method = values.set_index("method")
    known = {r.method: r for r in runs}
    ranked = _ranked(by_method, metric)
    field_ = [m for m in ranked if known[m].control in (None, STATUS_QUO)]
    absent = _absent(runs)
    if not field_:
        return Verdict(None, False, (), ("No method has a value: there is nothing to rank.", *absent))
    best, rivals = field_[0], field_[1:]
    contenders = tuple(m for m in rivals if not _is_better(best, m, pairs, metric))
    real = bool(rivals) and not contenders
    name = {m: r.label for m, r in known.items()}
    row = by_method.loc[best]
    sentences = [
        f"{name[best]} has the best {metric.label}: {_number(row['value'], metric)} "
        f"({level:.0%} interval {_number(row['lower'], metric)} to {_number(row['upper'], metric)})."
    ]
    sentences += _lead(best, rivals, contenders, pairs, name, metric, level)
    for method in ranked:
        if known[method].control == STATUS_QUO and method != best:
            sentences.append(_against("the status quo", best, method, pairs, name, metric, level))
    if known[best].control == STATUS_QUO:
        sentences.append("The status quo wins: no learned method is ahead of it here.")
    floor = next((m for m in ranked if known[m].control == CHANCE), None)
    if floor is not None:
        sentences.append(_against("chance", best, floor, pairs, name, metric, level))
    else:
        sentences.append(_against_chance(name[best], row, metric, chance))
    oracle = next((m for m in ranked if known[m].control == ORACLE), None)
    if oracle and np.isfinite(chance) and by_method.loc[oracle, "value"] != chance:
        top = by_method.loc[oracle, "value"]
        share = (row["value"] - chance) / (top - chance)
        sentences.append(
            f"The oracle, which knows the truth, reaches {_number(top, metric)}: "
            f"{name[best]} covers {share:.0%} of the way from chance to there."
        )
    return Verdict(best, real, contenders, (*sentences, *absent))


def _absent(runs: list[Run]) -> list[str]:
    """Say who has no answer, one sentence per reason."""
    why: dict[tuple[str, str], list[str]] = {}
    for r in runs:
        if r.status != OK:
            why.setdefault((r.status.replace("_", " "), r.reason), []).append(r.label)
    return [f"No answer ({status}) from {', '.join(who)}: {reason}." for (status, reason), who in why.items()]


def _ranked(by_method: pd.DataFrame, metric: Metric) -> list[str]:
    """Return the methods that have a value, best first; equal values in the order of names."""
    present = by_method[by_method["value"].notna()].sort_index()
    order = present["value"].sort_values(ascending=not metric.higher_is_better, kind="stable")
    return list(order.index)


def _difference(a: str, b: str, pairs: pd.DataFrame) -> tuple[float, float, float] | None:
    """Return (difference a - b, lower, upper), or None where the pair was not compared."""
    forward = pairs[(pairs["a"] == a) & (pairs["b"] == b)]
    if len(forward):
        row = forward.iloc[0]
        return row["difference"], row["lower"], row["upper"]
    back = pairs[(pairs["a"] == b) & (pairs["b"] == a)]
    if len(back):
        row = back.iloc[0]
        return -row["difference"], -row["upper"], -row["lower"]
    return None


def _gain(found: tuple[float, float, float], metric: Metric) -> tuple[float, float, float]:
    """Return a difference with its interval in the metric's direction: above 0 is better."""
    difference, lower, upper = found
    return found if metric.higher_is_better else (-difference, -upper, -lower)


def _is_better(a: str, b: str, pairs: pd.DataFrame, metric: Metric) -> bool:
    """Tell whether a's lead over b excludes zero in the metric's direction."""
    found = _difference(a, b, pairs)
    if found is None:
        return False
    _, lower, upper = found
    return bool(lower > 0 if metric.higher_is_better else upper < 0)


def _lead(best, rivals, contenders, pairs, name, metric, level) -> list[str]:
    """Say whether the champion's lead is real."""
    if not rivals:
        return ["It is the only method with a value, so there is no lead to judge."]
    second = rivals[0]
    found = _difference(best, second, pairs)
    detail = ""
    if found is not None:
        difference, lower, upper = _gain(found, metric)
        detail = (
            f" ({_number(difference, metric, sign=True)}, simultaneous {level:.0%} interval "
            f"{_number(lower, metric, sign=True)} to {_number(upper, metric, sign=True)})"
        )
    if not contenders:
        return [f"Its lead is real: it differs from every other method, also from {name[second]}{detail}."]
    listed = ", ".join(name[m] for m in contenders)
    judged = "is not established" if second in contenders else "is real"
    return [
        f"Its lead over {name[second]} {judged}{detail}.",
        f"Not distinguishable from the best on these data: {listed}.",
    ]


def _against(what, best, other, pairs, name, metric, level) -> str:
    """Say how the champion stands against a control."""
    found = _difference(best, other, pairs)
    if found is None:
        return f"It was not compared with {what} ({name[other]})."
    difference, lower, upper = _gain(found, metric)
    better = _is_better(best, other, pairs, metric)
    return (
        f"Against {what} ({name[other]}) it {'gains' if better else 'shows no established gain:'} "
        f"{_number(difference, metric, sign=True)} ({level:.0%} simultaneous interval "
        f"{_number(lower, metric, sign=True)} to {_number(upper, metric, sign=True)})."
    )


def _against_chance(label: str, row: pd.Series, metric: Metric, chance: float) -> str:
    """Say whether the champion's own interval lies beyond chance."""
    if not np.isfinite(chance):
        return f"{metric.label} has no value at chance to compare with."
    beyond = row["lower"] > chance if metric.higher_is_better else row["upper"] < chance
    if beyond:
        return f"{label} is better than chance ({_number(chance, metric)})."
    return f"{label} is not distinguishable from chance ({_number(chance, metric)})."


def _number(value: float, metric: Metric, *, sign: bool = False) -> str:
    """Return a number for a sentence: three significant decimals, with the metric's unit."""
    text = f"{value:+.3f}" if sign else f"{value:.3f}"
    return f"{text} {metric.unit}".strip()


def rank_order(values: pd.DataFrame, metric: Metric) -> list[str]:
    """Return the methods of a comparison, best first, those without a value last."""
    by_method = values.set_index("method")
    ranked = _ranked(by_method, metric)
    return ranked + sorted(set(by_method.index) - set(ranked))
