"""What params.yaml holds, as values: the settings, a task's part, a line of its roster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crmlab import registry, store
from crmlab.errors import UsageError, did_you_mean
from crmlab.kinds import Fitting
from crmlab.params.lists import Lists
from crmlab.params.protocols import protocol


@dataclass(frozen=True)
class Entry:
    """One line of a roster: a method, by its path, with every parameter spelled out."""

    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    refits: int = 0
    """How often each window is fitted again, to show what another train set would change."""

    def fitting(self, common: Fitting) -> Fitting:
        """Return how this method is fitted, given what the methods of a comparison have in common."""
        return replace(common, refits=self.refits)


@dataclass(frozen=True)
class Margin:
    """Below which a difference does not matter: an amount, or a share of what the status quo has; and why."""

    amount: float = 0.0
    share_of_status_quo: float = 0.0
    because: str = ""

    def of(self, status_quo: float | None) -> float:
        """Return the margin in the metric's unit; 0 where the status quo has no value."""
        if self.share_of_status_quo:
            return self.share_of_status_quo * abs(status_quo) if status_quo is not None else 0.0
        return self.amount


@dataclass(frozen=True)
class Task:
    """The part of params.yaml under a task's name, with its problems by their own names."""

    name: str
    metrics: tuple[str, ...]
    primary: str
    economics: Mapping[str, float]
    stability_refits: int
    methods: Mapping[str, Mapping[str, Mapping[str, Any]]]
    problems: Mapping[str, Mapping[str, Any]]
    money: str | None = None
    """The metric of money whose verdict stands beside the primary one's."""
    may_be_absent: tuple[str, ...] = ()
    """Methods without whose answer a comparison may end well though they could have answered."""
    refits: int = 0
    """How often each window is fitted again on a bootstrap sample of the customers; 0 by cross-validation."""
    refits_of: Mapping[str, int] = field(default_factory=dict)
    """The same of single methods, where it differs."""
    inner_share: float = 0.0
    """Share of the train rows, the latest, that an earlier model scores (see crmlab.comparison.harness)."""

    def spec(self, problem: str) -> Mapping[str, Any]:
        """Return how a problem is posed. Raises UsageError for an unknown name."""
        if problem not in self.problems:
            known = did_you_mean(problem, self.problems)
            raise UsageError(f"{store.PARAMS}: {self.name} has no problem '{problem}'.{known}")
        return self.problems[problem]

    def fitting(self, seed: int, *, in_time: bool) -> Fitting:
        """Return how the methods of the task's comparisons are fitted."""
        return Fitting(seed, self.stability_refits, self.inner_share, in_time)

    def replicates(self, problem: str, otherwise: int) -> int:
        """Return how many bootstrap weightings a problem's intervals take: its own or the usual number."""
        return self.problems.get(problem, {}).get("replicates", otherwise)

    def roster(self, problem: str) -> list[Entry]:
        """Return the methods that enter a problem's comparison, with its overrides."""
        spec = self.problems.get(problem, {})
        overrides, without = spec.get("overrides", {}), spec.get("without", [])
        return [
            Entry(
                f"{kind}/{name}",
                registry.method_parameters(f"{kind}/{name}", {**given, **changed}),
                self._refits(name, spec),
            )
            for kind, methods in self.methods.items()
            for name, given in methods.items()
            if name not in without
            for changed in [overrides.get(name, {})]
        ]

    def _refits(self, method: str, spec: Mapping[str, Any]) -> int:
        """Return how often a method is fitted again on each window of a problem.

        A problem's own number is the most that any method of it takes. By cross-validation each split is a
        fit of its own.
        """
        if "protocol" in spec and protocol(spec["protocol"]).resampled:
            return 0
        most = spec.get("refits", self.refits)
        return min(most, self.refits_of.get(method, most))


@dataclass(frozen=True)
class Params:
    """params.yaml after every check."""

    seed: int
    workers: int
    seconds_per_run: float
    level: float
    replicates: int
    datasets: tuple[str, ...]
    tasks: Mapping[str, Task]
    pages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Notebooks about a data set, by <notebook>-<dataset>."""
    margins: Mapping[str, Margin] = field(default_factory=dict)
    """By metric, below which a difference does not matter."""
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Notebooks that read two comparisons, by <notebook>-<first>."""
    lists: Lists = field(default_factory=Lists)
    """What lists of people for a day take for granted."""

    def task(self, name: str) -> Task:
        """Return a task's part. Raises UsageError for an unknown name."""
        if name not in self.tasks:
            raise UsageError(f"no task is called '{name}'.{did_you_mean(name, self.tasks)}")
        return self.tasks[name]
