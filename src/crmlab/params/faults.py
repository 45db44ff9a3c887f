"""Everything that is wrong with params.yaml, collected to be said at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from crmlab import registry, store
from crmlab.errors import CrmlabError, UsageError, did_you_mean

NAMED: Final = re.compile(r"[\w\-]+(?:\.[\w\-]+)*")
"""How a fault names a key of the file."""


class Faults:
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
            if not isinstance(key, str):
                self.add(
                    f"{where or 'the file'} has the key {key!r}, which is {type(key).__name__}, not text"
                )
            elif key not in known:
                self.add(f"unknown key '{prefix}{key}'.{did_you_mean(str(key), known)}")
            elif not _is(value, known[key]):
                self.add(f"{prefix}{key} = {value!r} is {type(value).__name__}, not {_words(known[key])}")
        self.found += [f"'{prefix}{key}' is missing" for key in sorted(needed - set(part))]
        return len(self.found) == before

    def names(self, where: str, given: Any, known: list[str]) -> None:
        """Check that every name in a list exists."""
        seen: list[str] = []
        for name in given if isinstance(given, list) else []:
            if not isinstance(name, str):
                self.add(f"{where}: {name!r} is {type(name).__name__}, not the name of anything")
            elif name not in known:
                self.add(f"{where}: there is no '{name}'.{did_you_mean(name, known)}")
            elif seen.count(name) == 1:
                self.add(f"{where}: '{name}' stands in it more than once")
            seen.append(name if isinstance(name, str) else "")

    def once(self, where: str, given: Any) -> None:
        """Check that no value stands in a list more than once."""
        values = given if isinstance(given, list) else []
        for twice in dict.fromkeys(str(v) for n, v in enumerate(values) if v in values[:n]):
            self.add(f"{where}: {twice} stands in it more than once")

    def named(self, where: str, name: str, rule: str) -> None:
        """Check that an entry of a flat list has the name that its content gives it."""
        if where.partition(".")[2] != name:
            self.add(f"{where} must be called '{name}': its name is {rule}")

    def parameters(self, where: str, method: str, *given: Any) -> None:
        """Check a method's parameters, given as one mapping or as several that overlay each other."""
        wrong = [part for part in given if not isinstance(part, dict)]
        if wrong:
            self.add(f"{where}.{method} must be a mapping of parameters, not {wrong[0]!r}")
            return
        merged = {key: value for part in given for key, value in part.items()}
        if odd := [key for key in merged if not isinstance(key, str)]:
            self.add(f"{where}.{method}: {odd[0]!r} is {type(odd[0]).__name__}, not a parameter's name")
            return
        self.try_to(where, registry.method_parameters, method, merged)

    def metric(self, where: str, asked: Any) -> str:
        """Return the name in records of a metric that is asked for, '' where it cannot be meant."""
        given = next(iter(asked.values()), None) if isinstance(asked, dict) else None
        if isinstance(given, dict) and not all(isinstance(key, str) for key in given):
            self.add(f"{where}: {asked!r} has a parameter whose name is not text")
            return ""
        return registry.metric_name(asked) if self.try_to(where, registry.metric_name, asked) else ""

    def try_to(self, where: str, act: Any, *arguments: Any) -> bool:
        """Note the error that a call raises; return whether there was none."""
        try:
            act(*arguments)
        except CrmlabError as error:
            self.add(f"{where}: {error}")
            return False
        except OverflowError:
            self.add(f"{where} has a number that is too large")
            return False
        return True

    def raise_if_any(self, path: Path, lines: Mapping[str, int]) -> None:
        """Raise one UsageError with every fault on its own line, and the line of the file that it is on.

        lines: of each key of the file, written with dots (`limits.workers`), its line.
        """
        if self.found:
            placed = [f"{fault}{_line(fault, lines)}" for fault in self.found]
            raise UsageError(f"{store.show(path)}:\n  " + "\n  ".join(placed))


def _line(fault: str, lines: Mapping[str, int]) -> str:
    """Return where the first key that a fault names stands in the file; nothing where it names none."""
    for named in NAMED.findall(fault):
        # of a key that is not there, the mapping that should hold it
        while named and named not in lines:
            named = named.rpartition(".")[0]
        if named:
            return f" (line {lines[named]})"
    return ""


def _is(value: Any, kind: Any) -> bool:
    """Say whether a value has a type; true and false are not numbers, a whole number is a float."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _words(kind: Any) -> str:
    """Return a type's name for a message."""
    names = {int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return names.get(kind, "a number")
