"""Studies: simulations over many worlds with known truth that back a statistical claim.

One file per study. Each has WORLDS (how many are simulated), CLAIMS (what is claimed of how often
an outcome is true) and `run_world(seed)`, which returns the outcomes of one world as a dict. Worlds
are independent of each other: any of them can be simulated again by its seed alone.
"""

from __future__ import annotations

import importlib
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from statistics import NormalDist, stdev
from types import ModuleType
from typing import Any

from crmlab.errors import UsageError, did_you_mean
from crmlab.seeds import seed_of

SEED = 20261121
AT_MOST, AT_LEAST, EQUAL = "at most", "at least", "equal to"


@dataclass(frozen=True)
class Claim:
    """What is claimed of the share of worlds in which an outcome is true.

    side: whether the share is at most, at least or equal to `rate`.
    """

    text: str
    side: str
    rate: float

    def holds(self, lower: float, upper: float) -> bool:
        """Tell whether the claim is compatible with the interval of the observed share."""
        return (self.side == AT_LEAST or lower <= self.rate) and (self.side == AT_MOST or self.rate <= upper)


@dataclass(frozen=True)
class MeanClaim(Claim):
    """What is claimed of the mean over worlds of a share that each world has, such as of what was found.

    It holds where the observed mean is on its side.
    """


def names() -> list[str]:
    """Return the studies, sorted: the files of this folder that do not begin with an underscore."""
    return sorted(f.stem for f in Path(__file__).parent.glob("*.py") if not f.stem.startswith("_"))


def study(name: str) -> ModuleType:
    """Return a study. Raises UsageError for an unknown name."""
    if name not in names():
        raise UsageError(f"no study is called '{name}'." + did_you_mean(name, names()))
    return importlib.import_module(f"crmlab.studies.{name}")


def world(name: str, number: int) -> dict[str, Any]:
    """Return the number, the seed and the outcomes of one world of a study."""
    seed = seed_of(SEED, "study", name, number)
    return {"world": number, "seed": seed} | study(name).run_world(seed)


def wilson(events: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a rate from a count (Wilson 1927), without continuity correction."""
    z, p = NormalDist().inv_cdf((1 + level) / 2), events / trials
    centre = (p + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2)) / (1 + z**2 / trials)
    # at 0 and at all of them an end is exact, and its digits are not
    return (max(0.0, centre - half) if events else 0.0), (min(1.0, centre + half) if events < trials else 1.0)


def mean_interval(values: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of values, by Student's t."""
    from scipy.stats import t

    n, spread = len(values), stdev(values) if len(values) > 1 else 0.0
    half = float(t.ppf(0.975, max(n - 1, 1))) * spread / sqrt(n)
    return sum(values) / n - half, sum(values) / n + half


def record(name: str, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is kept of a study: each claim with its rate and interval, and every world."""
    module, claims = study(name), {}
    for outcome, claim in module.CLAIMS.items():
        shares = [float(world[outcome]) for world in outcomes]
        events = sum(world[outcome] for world in outcomes)
        of_mean = isinstance(claim, MeanClaim)
        lower, upper = mean_interval(shares) if of_mean else wilson(events, len(outcomes))
        claims[outcome] = {
            "claim": asdict(claim),
            "worlds": len(outcomes),
            "events": events,
            "observed_rate": events / len(outcomes),
            "lower": lower,
            "upper": upper,
            "holds": claim.holds(*([events / len(outcomes)] * 2 if of_mean else (lower, upper))),
        }
    about = (module.__doc__ or "").strip().splitlines()[0]
    return {"study": name, "about": about, "level": 0.95, "claims": claims, "worlds": outcomes}
