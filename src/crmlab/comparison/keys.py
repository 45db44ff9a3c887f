"""Keys of runs and of scores: everything that made a number, and nothing else."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from crmlab import registry, store
from crmlab.kinds import Fitting

if TYPE_CHECKING:
    from crmlab.params import Params, Task

NUMERICAL_LIBRARIES: Final = (
    "diptest",
    "empulse",
    "interpret-core",
    "kmedoids",
    "lightgbm",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "stepmix",
)


def environment() -> dict[str, str]:
    """Return what, besides our own code, decides a run's numbers: Python minor and libraries."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python} | {name: _version(name) for name in NUMERICAL_LIBRARIES}


def _version(name: str) -> str:
    """Return a library's version, or that it is absent (some are optional)."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def modules_behind(method: str) -> tuple[str, ...]:
    """Return the modules whose code, with what they import, decides a method's answers."""
    kind = method.split("/")[0]
    return ("crmlab.comparison.harness", f"crmlab.kinds.{kind}", f"crmlab.methods.{method.replace('/', '.')}")


def run_key(
    problem_digest: str,
    method: str,
    parameters: Mapping[str, Any],
    fitting: Fitting,
    *,
    environment: Mapping[str, str],
) -> str:
    """Return the name of a run: a hash of everything that made it (no time, path or commit)."""
    parts = [
        problem_digest,
        method,
        registry.source_digest(*modules_behind(method)),
        sorted(parameters.items()),
        fitting.seed,
        fitting.stability_refits,
        (fitting.inner_share, fitting.in_time),
        fitting.refits,
        sorted(environment.items()),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


# --- scores -------------------------------------------------------------------------------------
SCORING: Final = (
    "crmlab.comparison.choice",
    "crmlab.comparison.compare",
    "crmlab.comparison.design",
    "crmlab.comparison.measured",
    "crmlab.comparison.oracle",
    "crmlab.comparison.over_time",
    "crmlab.comparison.rivals",
    "crmlab.comparison.saying",
    "crmlab.comparison.score",
    "crmlab.comparison.verdict",
    "crmlab.params.protocols",
)
"""What makes scores and the verdict of answers, by these files alone."""


STATISTICS: Final = (
    "crmlab.maths.between_windows",
    "crmlab.maths.leads",
    "crmlab.maths.resampling",
    "crmlab.maths.winner",
)
"""What makes intervals and tests of measures, with what these files import."""


def score_key(
    problem: str, digest: str, runs: Mapping[str, tuple[str, str]], part: Task, settings: Params
) -> str:
    """Return the name of a scored comparison: its runs, the metrics, the prices, and the code that scores.

    runs: the key of each method's run, and how it ended: a limit of time that was reached is in it.
    """
    asked = {price for m in part.metrics for price in registry.prices(m)}
    content = [
        digest,
        sorted(runs.items()),
        list(part.metrics),
        [part.primary, part.money, sorted(settings.margins.items())],
        sorted((k, float(v)) for k, v in part.economics.items() if k in asked),
        [settings.level, part.replicates(problem, settings.replicates), settings.seed],
        registry.source_digest(*_measuring(part.metrics)),
        registry.source_digest(*SCORING, transitive=False),
    ]
    return store.digest_of(content)[:20]


def scoring_digests(metrics: Sequence[str]) -> dict[str, str]:
    """Return the digest of every source file that a score key follows, by its path."""
    return registry.code_digests(*_measuring(metrics)) | registry.code_digests(*SCORING, transitive=False)


def _measuring(metrics: Sequence[str]) -> list[str]:
    """Return the modules that, with what they import, measure."""
    return [*STATISTICS, *(f"crmlab.metrics.{registry.metric_file(m)}" for m in metrics)]
