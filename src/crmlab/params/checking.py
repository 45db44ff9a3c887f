"""The checks of params.yaml: keys, types, names and ranges, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crmlab import registry, store
from crmlab.data.own_names import own
from crmlab.history.windows import label_windows, midnight
from crmlab.params.faults import Faults
from crmlab.params.protocols import LEVELS, PROTOCOLS
from crmlab.params.ranges import (
    AMOUNT,
    AT_LEAST_0,
    INTERVALS,
    LATEST,
    LIMITS,
    PROBLEM,
    TASK,
    check_prices,
    check_ranges,
)

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
"""How a cutoff is written."""

Roster = Mapping[str, tuple[str, Mapping[str, Any]]]

TOP_KEYS = {
    "seed": int,
    "limits": dict,
    "intervals": dict,
    "margins": dict,
    "datasets": list,
    "problems": dict,
    "pages": dict,
    "beside": dict,
}
LIMITS_KEYS = {"workers": int, "seconds_per_run": (int, float)}
INTERVALS_KEYS = {"level": float, "replicates": int}
TASK_KEYS = {
    "metrics": list,
    "primary": str,
    "economics": dict,
    "stability_refits": int,
    "inner_share": float,
    "refits": int,
    "methods": dict,
}
TASK_MAY = {"refits_of": dict, "money": str, "may_be_absent": list}
MARGIN_KEYS = {"amount": (int, float), "share_of_status_quo": (int, float), "because": str}
PROBLEM_KEYS = {
    "task": str,
    "problem": str,
    "dataset": str,
    "protocol": str,
    "overrides": dict,
    "without": list,
    "replicates": int,
    "refits": int,
}
PAGE_KEYS = {"notebook": str, "dataset": str}
BESIDE_KEYS = {"notebook": str, "task": str, "dataset": str, "first": str, "second": str}
BLOCKS = {"test_periods", "first_share", "windows"}


def check(faults: Faults, content: Mapping[str, Any]) -> list[str]:
    """Note everything wrong with the file's content; return the names of its tasks."""
    tasks = [name for name in content if name in registry.names("tasks")]
    known = TOP_KEYS | dict.fromkeys(registry.names("tasks"), dict)
    faults.check("", content, known, needed=set(TOP_KEYS))
    for part, keys, ranges in (
        ("limits", LIMITS_KEYS, LIMITS),
        ("intervals", INTERVALS_KEYS, INTERVALS),
    ):
        if faults.check(part, content.get(part), keys, needed=set(keys)):
            check_ranges(faults, part, content[part], ranges)
    faults.names("datasets", content.get("datasets"), registry.names("datasets"))
    _check_margins(faults, content, tasks)
    rosters = {name: _check_task(faults, name, content[name]) for name in tasks}
    for key, spec in _mapping(content.get("problems")).items():
        _check_problem(faults, key, spec, rosters)
    _check_pages(faults, content)
    return tasks


def _check_task(faults: Faults, name: str, part: Any) -> Roster:
    """Check one task: its metrics and prices, its numbers, its roster; return the roster."""
    if not faults.check(name, part, TASK_KEYS | TASK_MAY, needed=set(TASK_KEYS)):
        return {}
    _check_metrics(faults, name, part)
    check_ranges(faults, name, part, TASK)
    roster = _check_roster(faults, name, part["methods"])
    faults.names(f"{name}.may_be_absent", part.get("may_be_absent", []), list(roster))
    fewer = part.get("refits_of", {})
    faults.names(f"{name}.refits_of", list(fewer), list(roster))
    check_ranges(faults, f"{name}.refits_of", fewer, dict.fromkeys(fewer, AT_LEAST_0))
    return roster


def _check_metrics(faults: Faults, name: str, part: Mapping[str, Any]) -> None:
    """Check a task's metrics, the primary one, and the prices that they ask for."""
    metrics = [m for asked in part["metrics"] if (m := faults.metric(f"{name}.metrics", asked))]
    for twice in sorted({m for m in metrics if metrics.count(m) > 1}):
        faults.add(f"{name}.metrics asks for {twice} more than once")
    if part["primary"] not in metrics:
        faults.add(f"{name}.primary: '{part['primary']}' is not among {name}.metrics")
    asked = {price for m in metrics for price in registry.prices(m)}
    if "money" in part and part["money"] not in metrics:
        faults.add(f"{name}.money: '{part['money']}' is not among {name}.metrics")
    where = f"{name}.economics"
    if faults.check(where, part["economics"], dict.fromkeys(asked, (int, float)), needed=asked):
        check_prices(faults, where, part["economics"])


def _check_margins(faults: Faults, content: Mapping[str, Any], tasks: list[str]) -> None:
    """Check below which difference each metric does not matter; those that judge need it said."""
    margins = _mapping(content.get("margins"))
    for name, given in margins.items():
        where = f"margins.{name}"
        faults.try_to("margins", registry.metric_file, str(name))
        if not faults.check(where, given, MARGIN_KEYS, needed={"because"}):
            continue
        if ("amount" in given) == ("share_of_status_quo" in given):
            faults.add(f"{where} needs either an amount or a share_of_status_quo")
        check_ranges(faults, where, given, {"amount": AMOUNT, "share_of_status_quo": LATEST})
    for task in tasks:
        part = _mapping(content[task])
        for word in ("primary", "money"):
            if isinstance(part.get(word), str) and part[word] not in margins:
                faults.add(f"margins: {part[word]} is missing, by which {task} is judged ({task}.{word})")


def _check_roster(faults: Faults, name: str, methods: Mapping[str, Any]) -> Roster:
    """Check a task's methods and their parameters; return each with its path and what is given."""
    kinds = registry.names("kinds")
    faults.names(f"{name}.methods", list(methods), kinds)
    roster = {}
    for kind, given in methods.items():
        if not isinstance(given, dict):
            faults.add(f"{name}.methods.{kind} must be a mapping, not {given!r}")
        elif odd := [method for method in given if not isinstance(method, str)]:
            faults.add(f"{name}.methods.{kind}: {odd[0]!r} is {type(odd[0]).__name__}, not a method's name")
        elif kind in kinds:
            roster |= {method: (f"{kind}/{method}", values or {}) for method, values in given.items()}
    for method, values in roster.values():
        faults.parameters(f"{name}.methods", method, values)
    return roster


def _check_problem(faults: Faults, key: str, spec: Any, rosters: Mapping[str, Roster]) -> None:
    """Check how one problem is posed: its name, protocol, data set, cutoffs, and changes to the roster."""
    where = f"problems.{key}"
    if not isinstance(spec, dict) or "protocol" not in spec:
        faults.add(f"{where} must be a mapping with a protocol: one of {', '.join(PROTOCOLS)}")
        return
    protocol = spec["protocol"]
    faults.names(f"{where}.protocol", [protocol], list(PROTOCOLS))
    if protocol not in list(PROTOCOLS):
        return
    known = PROTOCOLS[protocol]
    allowed = PROBLEM_KEYS | known.settings | ({"features": list} if known.on_events else {})
    if not faults.check(where, spec, allowed, needed={"task", "problem", "dataset", *known.needed}):
        return
    faults.named(where, f"{spec['task']}-{spec['problem']}", "<task>-<problem>")
    faults.names(f"{where}.task", [spec["task"]], list(rosters))
    _check_dataset(faults, f"{where}.dataset", spec["dataset"])
    faults.names(f"{where}.features", spec.get("features"), registry.names("features"))
    check_ranges(faults, where, spec, PROBLEM)
    if known.on_baskets:
        faults.names(f"{where}.by", [spec["by"]], list(LEVELS))
    _check_division(faults, where, spec)
    _check_changes(faults, where, spec, rosters.get(spec["task"], {}))


def _check_dataset(faults: Faults, where: str, dataset: Any) -> None:
    """Check that a problem's data set is one of the catalogue, or of the user's own that were made here."""
    known = registry.names("datasets")
    if dataset not in known:
        # read only where it is asked for: own data are files of this machine
        known = [*known, *own()]
    faults.names(where, [dataset], known)


def _check_division(faults: Faults, where: str, spec: Mapping[str, Any]) -> None:
    """Check the blocks or the cutoffs by which a problem is divided."""
    protocol = spec["protocol"]
    if protocol == "blocks" and spec.keys() & BLOCKS not in ({"test_periods"}, {"first_share", "windows"}):
        faults.add(f"{where} gives its blocks either by test_periods, or by first_share and windows together")
    for part in ("train_cutoffs", "test_cutoffs", "test_periods", "leave_out"):
        faults.once(f"{where}.{part}", spec.get(part))
    days = [*spec.get("train_cutoffs", []), *spec.get("test_cutoffs", [])]
    days += [spec[k] for k in ("left_censored_before", "followed_until") if k in spec]
    dated = [_is_day(faults, where, day) for day in days]
    _check_order(faults, where, spec)
    if all(dated) and PROTOCOLS[protocol].on_events and "horizon_days" in spec:
        faults.try_to(where, label_windows, spec)


def _check_order(faults: Faults, where: str, spec: Mapping[str, Any]) -> None:
    """Check that every train cutoff comes before a test cutoff: later rows would teach nothing."""
    last = max((day for day in spec.get("test_cutoffs", []) if isinstance(day, str)), default="")
    for late in [d for d in spec.get("train_cutoffs", []) if isinstance(d, str) and d >= last > ""]:
        faults.add(f"{where}.train_cutoffs: {late} is not before the last test cutoff, {last}")


def _is_day(faults: Faults, where: str, day: Any) -> bool:
    """Tell whether a cutoff is a plain day, and note where it is not."""
    if isinstance(day, str) and DAY.fullmatch(day):
        return faults.try_to(where, midnight, day)
    faults.add(f'{where}: {day!r} is not a date written as "2024-07-01"')
    return False


def _check_changes(faults: Faults, where: str, spec: Mapping[str, Any], roster: Roster) -> None:
    """Check which methods of the roster a problem leaves out or overrides."""
    faults.names(f"{where}.without", spec.get("without", []), list(roster))
    overrides = spec.get("overrides", {})
    for unused in [m for m in overrides if m in spec.get("without", [])]:
        faults.add(f"{where}.overrides: '{unused}' is left out by {where}.without: take it from one")
    faults.names(f"{where}.overrides", list(overrides), list(roster))
    for changed in overrides.keys() & roster.keys():
        method, given = roster[changed]
        faults.parameters(f"{where}.overrides", method, given, overrides[changed])


def _check_pages(faults: Faults, content: Mapping[str, Any]) -> None:
    """Check the notebooks that are not about one comparison: on a data set, or beside two comparisons."""
    datasets, problems = content.get("datasets") or [], _mapping(content.get("problems"))
    for key, page in _mapping(content.get("pages")).items():
        where = f"pages.{key}"
        if faults.check(where, page, PAGE_KEYS, needed=set(PAGE_KEYS)):
            faults.named(where, f"{page['notebook']}-{page['dataset']}", "<notebook>-<dataset>")
            faults.names(f"{where}.dataset", [page["dataset"]], datasets)
            _check_notebook(faults, where, page["notebook"])
    for key, pair in _mapping(content.get("beside")).items():
        where = f"beside.{key}"
        if faults.check(where, pair, BESIDE_KEYS, needed=set(BESIDE_KEYS)):
            faults.named(where, f"{pair['notebook']}-{pair['first']}", "<notebook>-<first>")
            faults.names(f"{where}.dataset", [pair["dataset"]], datasets)
            _check_notebook(faults, where, pair["notebook"])
            if pair["first"] == pair["second"]:
                faults.add(f"{where}: first and second are both '{pair['first']}': name another as second")
            for which in ("first", "second"):
                problem = f"{pair['task']}-{pair[which]}"
                faults.names(f"{where}.{which}", [problem], list(problems))
                its = _mapping(problems.get(problem)).get("dataset", pair["dataset"])
                if its != pair["dataset"]:
                    faults.add(f"{where}.{which}: {problem} is on {its}, not on {pair['dataset']}")


def _check_notebook(faults: Faults, where: str, notebook: str) -> None:
    """Check that a page's notebook is there, and is no task's, whose place is a comparison's."""
    folder = store.project() / "notebooks"
    if notebook in registry.names("tasks"):
        faults.add(f"{where}.notebook: '{notebook}' is the notebook of a task's comparisons: choose another")
    elif folder.is_dir():
        faults.names(f"{where}.notebook", [notebook], [file.stem for file in folder.glob("*.ipynb")])


def _mapping(part: Any) -> Mapping[str, Any]:
    """Return a part that is a mapping; another has been noted and holds nothing to check."""
    return part if isinstance(part, dict) else {}
