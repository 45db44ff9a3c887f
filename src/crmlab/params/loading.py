"""params.yaml, read into values once everything in it was checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from crmlab import registry, store
from crmlab.errors import UsageError
from crmlab.params.checking import check
from crmlab.params.faults import Faults
from crmlab.params.lists import Lists, check_lists, lists_of
from crmlab.params.values import Margin, Params, Task

NAMES = ("task", "problem")
"""What the flat list of problems says of each beside how it is posed: whose it is, and what it is called."""


def load(path: Path | None = None) -> Params:
    """Read and check params.yaml.

    Raises UsageError that lists everything wrong at once: unknown keys and names ('did you
    mean'), values of the wrong type or out of range, metrics without their prices.
    """
    path = path or store.project() / store.PARAMS
    content, lines = _content(path)
    faults = Faults()
    tasks = check(faults, content)
    faults.raise_if_any(path, lines)
    return Params(
        seed=content["seed"],
        workers=content["limits"]["workers"],
        seconds_per_run=float(content["limits"]["seconds_per_run"]),
        level=content["intervals"]["level"],
        replicates=content["intervals"]["replicates"],
        datasets=tuple(content["datasets"]),
        tasks={name: _task(name, content) for name in tasks},
        pages=content["pages"],
        beside=content["beside"],
        margins={_recorded(m): Margin(**given) for m, given in content["margins"].items()},
        lists=lists_of(content["lists"]) if "lists" in content else Lists(),
    )


def load_lists(path: Path | None = None) -> Lists:
    """Read and check the section `lists` alone; what it usually holds where the file has none.

    Raises UsageError that lists everything wrong with it.
    """
    path = path or store.project() / store.PARAMS
    content, lines = _content(path)
    if "lists" not in content:
        return Lists()
    faults = Faults()
    check_lists(faults, content["lists"])
    faults.raise_if_any(path, lines)
    return lists_of(content["lists"])


def _content(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Return a file's mapping, and the line of each of its keys. Raises UsageError where it is not one."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        content, root = yaml.load(text, Loader=_UniqueKeys), yaml.compose(text, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise UsageError(f"{store.show(path)} is not YAML: {_why(text, error)}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UsageError(f"{store.show(path)} is not UTF-8 (line {line}): save it as UTF-8") from None
    except (ValueError, TypeError, RecursionError) as error:  # a number or a key that Python cannot make
        raise UsageError(f"{store.show(path)} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise UsageError(f"{store.show(path)} holds no parameters")
    return content, dict(_lines(root))


def _why(text: str, error: yaml.YAMLError) -> str:
    """Return why a text is not YAML, on one line: what is met most, in plain words."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("<<<<<<< ", "=======", ">>>>>>> ")):
            return f"line {number} is a mark of a merge: settle the merge first"
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return f"line {number} is indented by a tab: use spaces"
    return " ".join(str(error).split())


def _lines(node: yaml.Node, under: str = "") -> Iterator[tuple[str, int]]:
    """Yield each key of a mapping and of the mappings in it, written with dots, with its line."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        name = f"{under}{key.value}"
        yield name, key.start_mark.line + 1
        yield from _lines(value, f"{name}.")


def _recorded(metric: str) -> str:
    """Return the name in records of a metric in `margins`: written so (`recall_10`), or a file's own."""
    return registry.metric_name(metric) if metric in registry.names("metrics") else metric


def _task(name: str, content: Mapping[str, Any]) -> Task:
    """Return a task's part with its problems, in the order of the file."""
    part = content[name]
    problems = {
        spec["problem"]: {k: v for k, v in spec.items() if k not in NAMES}
        for spec in content["problems"].values()
        if spec["task"] == name
    }
    read = {"metrics": tuple(map(registry.metric_name, part["metrics"]))}
    read["may_be_absent"] = tuple(part.get("may_be_absent", ()))
    return Task(name=name, problems=problems, **(part | read))


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


def _no_set(loader: _UniqueKeys, node: yaml.Node) -> Any:
    """Raise for a tag whose value no parameter has."""
    line = node.start_mark.line + 1
    raise yaml.YAMLError(f"{node.tag.replace('tag:yaml.org,2002:', '!!')} at line {line}: write a list")


def _plain_number(loader: _UniqueKeys, node: yaml.ScalarNode) -> int | float:
    """Return a number. Raises for one that YAML reads as something else than what stands there."""
    if re.match(r"[-+]?0\d|.*[:_]", node.value):
        raise yaml.YAMLError(
            f"{node.value} at line {node.start_mark.line + 1} is not the number that it looks like: write it "
            "without leading zeros, colons and underscores"
        )
    is_whole = node.tag.endswith(":int")
    return loader.construct_yaml_int(node) if is_whole else loader.construct_yaml_float(node)


for _tag in ("int", "float"):
    _UniqueKeys.add_constructor(f"tag:yaml.org,2002:{_tag}", _plain_number)
for _tag in ("set", "omap", "pairs", "binary"):
    _UniqueKeys.add_constructor(f"tag:yaml.org,2002:{_tag}", _no_set)
_UniqueKeys.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
