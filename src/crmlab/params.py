"""params.yaml, read and checked whole before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crmlab import registry, store
from crmlab.errors import CrmlabError, UsageError, did_you_mean
from crmlab.windows import label_windows, midnight

TOP = {"seed": int, "limits": dict, "intervals": dict, "datasets": list, "features": list}
LIMITS = {"workers": int, "seconds_per_run": (int, float)}
INTERVALS = {"level": float, "replicates": int}
TASK = {
    "metrics": list,
    "primary": str,
    "economics": dict,
    "stability_refits": int,
    "inner_share": float,
    "methods": dict,
    "problems": dict,
}
PROBLEM = {
    "rolling": {
        "horizon_days": int,
        "gap_days": int,
        "train_cutoffs": list,
        "test_cutoffs": list,
        "refits": int,
        "left_censored_before": str,
        "followed_until": str,
        "population": dict,
    },
    "chronological": {"train_share": float, "refits": int, "leave_out": list},
    "blocks": {
        "first_share": float,
        "windows": int,
        "test_periods": list,
        "refits": int,
        "leave_out": list,
    },
    "cross_validation": {"folds": int, "repeats": int, "leave_out": list},
}
EVERY_PROBLEM = {"dataset": str, "protocol": str, "overrides": dict, "without": list, "replicates": int}
NEEDED = {
    "rolling": {"horizon_days", "gap_days", "train_cutoffs", "test_cutoffs"},
    "chronological": {"train_share"},
    "blocks": set(),
    "cross_validation": {"folds", "repeats"},
}
BLOCKS = {"test_periods", "first_share", "windows"}


@dataclass(frozen=True)
class Entry:
    """One line of a roster: a method, by its path, with every parameter spelled out."""

    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """The part of params.yaml under a task's name."""

    name: str
    metrics: tuple[str, ...]
    primary: str
    economics: Mapping[str, float]
    stability_refits: int
    methods: Mapping[str, Mapping[str, Mapping[str, Any]]]
    problems: Mapping[str, Mapping[str, Any]]
    inner_share: float = 0.0
    """Share of the train rows, the latest, that an earlier model scores (see crmlab.harness)."""

    def spec(self, problem: str) -> Mapping[str, Any]:
        """Return how a problem is posed. Raises UsageError for an unknown name."""
        if problem not in self.problems:
            known = did_you_mean(problem, self.problems)
            raise UsageError(f"{store.PARAMS}: {self.name} has no problem '{problem}'.{known}")
        return self.problems[problem]

    def replicates(self, problem: str, otherwise: int) -> int:
        """Return how many bootstrap weightings a problem's intervals take: its own or the usual number."""
        return self.problems.get(problem, {}).get("replicates", otherwise)

    def roster(self, problem: str) -> list[Entry]:
        """Return the methods that enter a problem's comparison, with its overrides."""
        spec = self.problems.get(problem, {})
        overrides, without = spec.get("overrides", {}), spec.get("without", [])
        return [
            Entry(f"{kind}/{name}", registry.method_parameters(f"{kind}/{name}", {**given, **changed}))
            for kind, methods in self.methods.items()
            for name, given in methods.items()
            if name not in without
            for changed in [overrides.get(name, {})]
        ]


@dataclass(frozen=True)
class Params:
    """params.yaml after every check."""

    seed: int
    workers: int
    seconds_per_run: float
    level: float
    replicates: int
    datasets: tuple[str, ...]
    features: tuple[str, ...]
    tasks: Mapping[str, Task]

    def task(self, name: str) -> Task:
        """Return a task's part. Raises UsageError for an unknown name."""
        if name not in self.tasks:
            raise UsageError(f"no task is called '{name}'.{did_you_mean(name, self.tasks)}")
        return self.tasks[name]


def load(path: Path | None = None) -> Params:
    """Read and check params.yaml.

    Raises UsageError that lists everything wrong at once: unknown keys and names ('did you
    mean'), values of the wrong type, metrics without their prices.
    """
    path = path or store.project() / store.PARAMS
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise UsageError(f"{store.show(path)} is not YAML: {error}") from None
    faults = _Faults()
    if not isinstance(content, dict):
        raise UsageError(f"{store.show(path)} holds no parameters")
    tasks = {k: v for k, v in content.items() if k in registry.names("tasks")}
    known = TOP | dict.fromkeys(registry.names("tasks"), dict)
    faults.check("", content, known, needed=set(TOP))
    faults.check("limits", content.get("limits"), LIMITS, needed=set(LIMITS))
    faults.check("intervals", content.get("intervals"), INTERVALS, needed=set(INTERVALS))
    if not faults.found:
        _check_ranges(faults, content)
    for folder in ("datasets", "features"):
        faults.names(folder, content.get(folder), registry.names(folder))
    for name, part in tasks.items():
        _check_task(faults, name, part)
    faults.raise_if_any(path)
    return Params(
        seed=content["seed"],
        workers=content["limits"]["workers"],
        seconds_per_run=float(content["limits"]["seconds_per_run"]),
        level=content["intervals"]["level"],
        replicates=content["intervals"]["replicates"],
        datasets=tuple(content["datasets"]),
        features=tuple(content["features"]),
        tasks={
            name: Task(name=name, **{**part, "metrics": tuple(part["metrics"])})
            for name, part in tasks.items()
        },
    )


def _check_ranges(faults: _Faults, content: Mapping[str, Any]) -> None:
    """Check the numbers that have the right type and cannot be meant."""
    limits, intervals = content["limits"], content["intervals"]
    if not 0 < intervals["level"] < 1:
        faults.add(f"intervals.level = {intervals['level']} must lie between 0 and 1, such as 0.95")
    for where, value in (
        ("limits.workers", limits["workers"]),
        ("limits.seconds_per_run", limits["seconds_per_run"]),
        ("intervals.replicates", intervals["replicates"]),
    ):
        if value <= 0:
            faults.add(f"{where} = {value} must be above 0")


def _check_task(faults: _Faults, name: str, part: Any) -> None:
    """Check one task: its metrics and prices, its roster, its problems."""
    if not faults.check(name, part, TASK, needed=set(TASK) - {"inner_share"}):
        return
    faults.names(f"{name}.metrics", part["metrics"], registry.names("metrics"))
    metrics = [m for m in part["metrics"] if m in registry.names("metrics")]
    if part["primary"] not in part["metrics"]:
        faults.add(f"{name}.primary: '{part['primary']}' is not among {name}.metrics")
    asked = {price for m in metrics for price in registry.prices(m)}
    faults.check(f"{name}.economics", part["economics"], dict.fromkeys(asked, (int, float)), needed=asked)
    kinds = registry.names("kinds")
    faults.names(f"{name}.methods", list(part["methods"]), kinds)
    roster = {}
    for kind, methods in part["methods"].items():
        if not isinstance(methods, dict):
            faults.add(f"{name}.methods.{kind} must be a mapping, not {methods!r}")
        elif kind in kinds:
            roster |= {method: (f"{kind}/{method}", given or {}) for method, given in methods.items()}
    for method, given in roster.values():
        faults.parameters(f"{name}.methods", method, given)
    if not 0 <= part.get("inner_share", 0.0) < 1:
        faults.add(f"{name}.inner_share = {part['inner_share']} must be at least 0 and below 1, such as 0.2")
    for problem, spec in part["problems"].items():
        _check_problem(faults, f"{name}.problems.{problem}", spec, roster)


def _check_problem(
    faults: _Faults, where: str, spec: Any, roster: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> None:
    """Check how one problem is posed: its protocol, data set, cutoffs, and changes to the roster."""
    if not isinstance(spec, dict) or "protocol" not in spec:
        faults.add(f"{where} must be a mapping with a protocol: one of {', '.join(PROBLEM)}")
        return
    protocol = spec["protocol"]
    faults.names(f"{where}.protocol", [protocol], list(PROBLEM))
    if protocol not in list(PROBLEM):
        return
    allowed = EVERY_PROBLEM | PROBLEM[protocol]
    if not faults.check(where, spec, allowed, needed={"dataset", *NEEDED[protocol]}):
        return
    faults.names(f"{where}.dataset", [spec["dataset"]], registry.names("datasets"))
    if protocol == "blocks" and spec.keys() & BLOCKS not in ({"test_periods"}, {"first_share", "windows"}):
        faults.add(f"{where} tells its blocks either by test_periods, or by first_share and windows together")
    days = [*spec.get("train_cutoffs", []), *spec.get("test_cutoffs", [])]
    days += [spec[k] for k in ("left_censored_before", "followed_until") if k in spec]
    dated = [faults.try_to(where, midnight, day) for day in days]
    if all(dated) and protocol == "rolling":
        faults.try_to(where, label_windows, spec)
    if spec.get("replicates", 1) <= 0:
        faults.add(f"{where}.replicates = {spec['replicates']} must be above 0")
    faults.names(f"{where}.without", spec.get("without", []), list(roster))
    overrides = spec.get("overrides", {})
    faults.names(f"{where}.overrides", list(overrides), list(roster))
    for changed in overrides.keys() & roster.keys():
        method, given = roster[changed]
        faults.parameters(f"{where}.overrides", method, given, overrides[changed])


class _Faults:
    """Everything that is wrong with the file, collected to be said at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        """Note one fault."""
        self.found.append(fault)

    def check(self, where: str, part: Any, known: Mapping[str, Any], *, needed: set[str]) -> bool:
        """Check the keys and types of one mapping; return whether all is well."""
        before = len(self.found)
        if not isinstance(part, dict):
            self.add(f"{where} must be a mapping, not {part!r}")
            return False
        prefix = f"{where}." if where else ""
        for key, value in part.items():
            if key not in known:
                self.add(f"unknown key '{prefix}{key}'.{did_you_mean(str(key), known)}")
            elif not _is(value, known[key]):
                self.add(f"{prefix}{key} = {value!r} is {type(value).__name__}, not {_words(known[key])}")
        self.found += [f"'{prefix}{key}' is missing" for key in sorted(needed - set(part))]
        return len(self.found) == before

    def names(self, where: str, given: Any, known: list[str]) -> None:
        """Check that every name in a list exists."""
        for name in given if isinstance(given, list) else []:
            if name not in known:
                self.add(f"{where}: there is no '{name}'.{did_you_mean(str(name), known)}")

    def parameters(self, where: str, method: str, *given: Any) -> None:
        """Check a method's parameters, given as one mapping or as several that overlay each other."""
        wrong = [part for part in given if not isinstance(part, dict)]
        if wrong:
            self.add(f"{where}.{method} must be a mapping of parameters, not {wrong[0]!r}")
            return
        merged = {key: value for part in given for key, value in part.items()}
        self.try_to(where, registry.method_parameters, method, merged)

    def try_to(self, where: str, act: Any, *arguments: Any) -> bool:
        """Note the error that a call raises; return whether there was none."""
        try:
            act(*arguments)
        except CrmlabError as error:
            self.add(f"{where}: {error}")
            return False
        return True

    def raise_if_any(self, path: Path) -> None:
        """Raise one UsageError with every fault on its own line."""
        if self.found:
            raise UsageError(f"{store.show(path)}:\n  " + "\n  ".join(self.found))


def _is(value: Any, kind: Any) -> bool:
    """Tell whether a value has a type; true and false are not numbers, a whole number is a float."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _words(kind: Any) -> str:
    """Return a type's name for a message."""
    names = {int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return names.get(kind, "a number")


class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which a key given twice is an error and a date stays the text that was written.

    Read by the library's C code where it was built with it, which is ten times quicker.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; raise for a repeated key."""
        keys = [self.construct_object(k, deep=deep) for k, _ in node.value]
        twice = {k for k in keys if keys.count(k) > 1}
        if twice:
            line = node.start_mark.line + 1
            raise yaml.YAMLError(
                f"the key {sorted(map(str, twice))[0]!r} stands twice in the mapping at line {line}"
            )
        return super().construct_mapping(node, deep=deep)


_UniqueKeys.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
