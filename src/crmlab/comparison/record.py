"""The record of a comparison: what git keeps of it, sealed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, store
from crmlab.comparison import keys
from crmlab.comparison.committed import FORMAT
from crmlab.store.seal import sealed
from crmlab.vocabulary import OK, ORACLE

DIFFERENCE: Final = ("difference", "error", "df", "p", "lower", "upper", "p_adjusted")
"""What the record keeps of a pair of methods (see crmlab.maths.leads)."""


ALONE: Final = ("varies", "protocol", "seed", "level", "primary", "margin", "seconds_per_run", "events")
"""What else the record says of the comparison as a whole, and verification compares."""


# --- writing ------------------------------------------------------------------------------------
def write(path: Path, comparison: Any) -> None:
    """Write the record of a comparison."""
    store.write_json(path, record(comparison))


def record(comparison: Any) -> dict[str, Any]:
    """Return everything that git keeps of a comparison, sealed: keys, scores, differences, verdict."""
    facts = comparison.problem.facts
    return sealed(
        {
            "format": FORMAT,
            "task": comparison.task,
            "problem": comparison.name,
            "dataset": facts["dataset"],
            "protocol": facts["protocol"],
            "varies": comparison.varies,
            "problem_key": facts["problem_key"],
            "problem_digest": facts["digest"],
            "score_key": comparison.score_key,
            "environment": keys.environment(),
            "seed": comparison.seed,
            "level": comparison.level,
            "primary": comparison.primary,
            "metrics": {m: _declared(comparison, m) for m in comparison.metrics},
            "economics": dict(comparison.economics),
            "margin": comparison.margin,
            "seconds_per_run": comparison.seconds_per_run,
            "events": comparison.scores.events,
            "methods": {m: _method(comparison, m) for m in comparison.order()},  # best first
            "differences": _differences(comparison),
            "verdict": _verdict(comparison.verdict) | {"chosen": comparison.chosen},
            "money": comparison.money and _verdict(comparison.money),
            "summary": comparison.summary(),
            "sources": sources(comparison),
        }
    )


def metric_lines(comparison: Any) -> dict[str, dict[str, float]]:
    """Return {method: {metric: value}} of all values, for `dvc metrics`: methods by name."""
    found: dict[str, dict[str, float]] = {}
    for row in comparison.scores.values.dropna(subset="value").itertuples():
        found.setdefault(row.method, {})[row.metric] = row.value
    return {
        method: {m: found[method][m] for m in comparison.metrics if m in found[method]}
        for method in sorted(found)
    }


def sources(comparison: Any) -> dict[str, str]:
    """Return the digest of every source file behind the methods and the scoring, by its path."""
    methods = [m for r in comparison.runs if r.control != ORACLE for m in keys.modules_behind(r.method)]
    return dict(sorted((keys.scoring_digests(comparison.metrics) | registry.code_digests(*methods)).items()))


def _declared(comparison: Any, name: str) -> dict[str, Any]:
    """Return what a metric declares of itself, with its value at chance."""
    metric = registry.metric(name)
    return {
        "label": metric.label,
        "unit": metric.unit,
        "best": metric.best,
        "chance": comparison.scores.chance[name],
    }


def _method(comparison: Any, method: str) -> dict[str, Any]:
    """Return what is kept of one method: what ran, how it ended, and its scores."""
    run = comparison.run_of(method)
    values = comparison.scores.values
    own = values[values["method"] == method] if run.status == OK else values[:0]
    return {
        "label": run.label,
        "control": run.control,
        "parameters": run.parameters,
        "run_key": run.key,
        "status": run.status,
        "reason": run.reason,
        "note": run.note,
        "scores": {
            v.metric: {"value": v.value, "lower": v.lower, "upper": v.upper}
            | ({"reason": v.reason} if v.reason else {})
            for v in own.itertuples()
        },
        "folds": fold_values(comparison.scores.folds, method, comparison.primary),
        "refits": refit_values(comparison.scores.refits, method, comparison.primary),
    }


def _differences(comparison: Any) -> list[dict[str, Any]]:
    """Return all pairs by the primary metric: what they differ by, and how sure."""
    pairs = comparison.scores.pairs[comparison.primary]
    return pairs[["a", "b", *DIFFERENCE]].to_dict("records")


def _verdict(verdict: Any) -> dict[str, Any]:
    """Return a verdict: its words and what decides it."""
    return {
        "champion": verdict.champion,
        "word": verdict.word,
        "lead_is_real": verdict.lead_is_real,
        "against": dict(verdict.against),
        "contenders": list(verdict.contenders),
        "picked": None if verdict.picked is None else list(verdict.picked),
        "could_be_best": list(verdict.could_be_best),
        "absent": list(verdict.absent),
        "sentences": list(verdict.sentences),
    }


def fold_values(folds: pd.DataFrame, method: str, metric: str) -> list[float]:
    """Return a method's values of one metric, one per fold."""
    if folds.empty:
        return []
    own = folds[(folds["method"] == method) & (folds["metric"] == metric)]
    return own.sort_values("fold")["value"].tolist()


def refit_values(refits: pd.DataFrame, method: str, metric: str) -> list[float]:
    """Return the mean over windows of each of a method's refits by one metric."""
    own = refits[(refits["method"] == method) & (refits["metric"] == metric)]
    return own.sort_values("refit")["value"].tolist()


def flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what verification compares of a record, flat: every number, status, rank and word."""
    found: dict[str, Any] = {f"record {name}": content[name] for name in ALONE if name in content}
    for place, (name, method) in enumerate(content["methods"].items(), start=1):
        found[f"rank {place}"] = name
        found |= {f"{name} {word}": method[word] for word in ("status", "label", "control", "reason")}
        for metric, score in method["scores"].items():
            found |= {f"{name} {metric} {bound}": score[bound] for bound in ("value", "lower", "upper")}
        found |= {f"{name} fold {fold}": value for fold, value in enumerate(method["folds"])}
        found |= {f"{name} refit {n}": value for n, value in enumerate(method["refits"], start=1)}
    for pair in content["differences"]:
        for column in DIFFERENCE:
            found[f"{pair['a']} against {pair['b']} {column}"] = pair[column]
    for by in ("verdict", "money"):
        found |= _words_of(by, content[by] or {})
    return found | {f"summary {k}": v for k, v in content["summary"].items()}


def _words_of(by: str, verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Return every word of a verdict, flat."""
    found: dict[str, Any] = {}
    for word, said in verdict.items():
        parts = (
            said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else None
        )
        found |= {f"{by} {word}": said} if parts is None else {f"{by} {word} {n}": v for n, v in parts}
    return found


def summary(comparison: Any) -> dict[str, float]:
    """Return the champion's primary value with its interval, and its gain over the status quo with its own.

    The gain is in the metric's direction: above 0 the champion is better. Only what has a value is there.
    """
    champion, gain = comparison.verdict.champion, comparison.verdict.gain
    if champion is None:
        return {}
    best = comparison.of_metric(comparison.primary).set_index("method").loc[champion]
    numbers = {end: float(best[end]) for end in ("value", "lower", "upper")}
    if gain is not None:
        numbers |= dict(zip(("gain", "gain.lower", "gain.upper"), map(float, gain), strict=True))
    return {name: number for name, number in numbers.items() if np.isfinite(number)}
