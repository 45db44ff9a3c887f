"""Tunable parameters: what a method's signature declares of each, and whether given values fit.

`C: Annotated[float, Range(above=0)] = 1.0` is a number above 0; `k: Annotated[int | None, Range(1)] = None` a
count that may be left open; `model: Annotated[str, Choices("bg_nbd", "pareto_nbd")] = "bg_nbd"` one of two
words. Declarations are read from the file's text, so nothing is imported to check a value.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crmlab.errors import UsageError, did_you_mean

REQUIRED: Final = inspect.Parameter.empty
"""Stands for the default of a parameter that has none."""

SEED: Final = "seed"
"""The argument that is given by the harness and not tuned."""

KINDS: Final = {"bool": bool, "int": int, "float": float, "str": str} | dict.fromkeys(
    ("list", "tuple", "Sequence"), list
)
"""What a value from YAML must be, by the name of the type in the annotation."""


# --- rules --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Range:
    """Finite numbers between two ends: `low` and `high` belong to the range, `above` and `below` do not."""

    low: float | None = None
    high: float | None = None
    above: float | None = field(default=None, kw_only=True)
    below: float | None = field(default=None, kw_only=True)

    def __post_init__(self):
        """Raise ValueError where no number lies between the ends."""
        ends = (self.low, self.high, self.above, self.below)
        if not all(end is None or _finite(end) for end in ends):
            raise ValueError("an end must be a finite number")
        if None not in (self.low, self.above) or None not in (self.high, self.below):
            raise ValueError("one side has two ends")
        lower, upper = self._ends()
        if lower > upper or (lower == upper and None in (self.low, self.high)):
            raise ValueError("no number lies between the ends")

    def refusal(self, value: Any) -> str | None:
        """Return what a value must be and is not, in words; None where it fits."""
        if not _finite(value):
            return "must be a finite number"
        lower, upper = self._ends()
        if not lower <= value <= upper or value in (self.above, self.below):
            return f"must be {self.words()}"
        return None

    def words(self) -> str:
        """Return the range in words, such as 'at least 1 and below 2'."""
        ends = {"at least": self.low, "above": self.above, "at most": self.high, "below": self.below}
        told = [f"{word} {end}" for word, end in ends.items() if end is not None]
        return " and ".join(told) or "a finite number"

    def _ends(self) -> tuple[float, float]:
        """Return the lower and the upper end, infinite where there is none."""
        lower = self.above if self.low is None else self.low
        upper = self.below if self.high is None else self.high
        return -math.inf if lower is None else lower, math.inf if upper is None else upper


@dataclass(frozen=True, init=False)
class Choices:
    """The values that a parameter may have, one by one."""

    values: tuple[Any, ...]

    def __init__(self, *values: Any):
        """Keep the values. Raises ValueError where there is none."""
        if not values:
            raise ValueError("there is nothing to choose from")
        object.__setattr__(self, "values", values)

    def refusal(self, value: Any) -> str | None:
        """Return what a value must be and is not, in words; None where it is among the choices."""
        if value in self.values:
            return None
        return f"must be {self.words()}{self._nearest(value)}"

    def words(self) -> str:
        """Return the choices in words."""
        return "one of " + ", ".join(map(repr, self.values))

    def _nearest(self, value: Any) -> str:
        """Return '. Did you mean ...?' where the value is text and much like a choice, else nothing."""
        known = [v for v in self.values if isinstance(v, str)]
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        return f".{hint}" if hint.endswith("?") else ""


Rule = Range | Choices

RULES: Final = {"Range": Range, "Choices": Choices}
"""The rules by the name under which an annotation calls them."""


def _finite(value: Any) -> bool:
    """Tell whether a value is a number that is neither nan nor infinite; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


# --- a parameter --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Parameter:
    """One tunable parameter.

    default: REQUIRED where there is none. kind: the type of its values, None where the file says nothing of
    it. optional: whether None is a value too. rule: which values of the kind fit.
    """

    name: str
    default: Any
    kind: type | None
    optional: bool
    rule: Rule | None = None

    def refusal(self, value: Any) -> str | None:
        """Return what is wrong with a value from YAML, in words; None where it fits."""
        if not self._is_of_the_kind(value):
            return f"is {type(value).__name__}, not {self.kind.__name__}"
        return None if self.rule is None or value is None else self.rule.refusal(value)

    def read(self, value: Any) -> Any:
        """Return a value that fits as the method gets it: YAML writes 1.0 as 1."""
        return float(value) if self.kind is float and value is not None else value

    def _is_of_the_kind(self, value: Any) -> bool:
        """Tell whether a value has the parameter's type; whole numbers are floats too, true is no number."""
        if self.kind is None or value is None:
            return self.kind is None or self.optional
        if isinstance(value, bool):
            return self.kind is bool
        return isinstance(value, {float: int | float, list: list | tuple}.get(self.kind, self.kind))


def checked(owner: str, schema: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of a schema overlaid with `given`.

    owner: whose parameters they are, such as "method 'classification/logit'". Raises UsageError for a
    parameter that it does not have, a value that does not fit, or one that is missing.
    """
    for name, value in given.items():
        if name not in schema:
            raise UsageError(f"{owner} has no parameter '{name}'." + did_you_mean(name, schema))
        if refusal := schema[name].refusal(value):
            raise UsageError(f"{owner}: {name} = {value!r} {refusal}")
    values = {name: parameter.default for name, parameter in schema.items()} | dict(given)
    missing = [name for name, value in values.items() if value is REQUIRED]
    if missing:
        raise UsageError(f"{owner} needs a value for {', '.join(missing)} in params.yaml")
    return {name: schema[name].read(value) for name, value in values.items()}


# --- reading ------------------------------------------------------------------------------------
def schema(function: ast.FunctionDef) -> dict[str, Parameter]:
    """Return the tunable parameters that a function's signature declares; the seed is not tunable.

    Raises UsageError for a rule that cannot be read.
    """
    arguments = function.args
    plain, keyword = arguments.args, arguments.kwonlyargs
    values = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(plain, values, strict=True), *zip(keyword, arguments.kw_defaults, strict=True)]
    return {a.arg: _parameter(function.name, a, default) for a, default in pairs if a.arg != SEED}


def _parameter(function: str, argument: ast.arg, value: ast.expr | None) -> Parameter:
    """Return what a signature declares of one argument."""
    annotation, rule = argument.annotation, None
    default = REQUIRED if value is None else ast.literal_eval(value)
    if isinstance(annotation, ast.Subscript) and _name(annotation.value) == "Annotated":
        annotation, *rules = annotation.slice.elts
        rule = _rule(f"{function}: the parameter {argument.arg}", rules)
    kinds = {_name(part) for part in _alternatives(annotation)}
    kind = next((KINDS[name] for name in sorted(kinds & set(KINDS))), None) or _kind_of(default)
    return Parameter(argument.arg, default, kind, default is None or "None" in kinds, rule)


def _rule(where: str, calls: list[ast.expr]) -> Rule:
    """Return the one rule beside a type in Annotated, made of the literals in its call."""
    told = ", ".join(map(ast.unparse, calls))
    names = [_name(call.func) if isinstance(call, ast.Call) else "" for call in calls]
    if len(names) != 1 or names[0] not in RULES:
        raise UsageError(f"{where} declares {told}, which is not one Range or Choices")
    try:
        named = {keyword.arg: _literal(keyword.value) for keyword in calls[0].keywords}
        return RULES[names[0]](*map(_literal, calls[0].args), **named)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where} declares {told}, which cannot be read: {error}") from None


def _literal(node: ast.expr) -> Any:
    """Return the value of a literal. Raises ValueError for anything else, as nothing is imported."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f"{ast.unparse(node)} is not a literal") from None


def _alternatives(annotation: ast.expr | None) -> list[ast.expr]:
    """Return the types of a union such as `int | None`, or the one type."""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return [*_alternatives(annotation.left), *_alternatives(annotation.right)]
    return [] if annotation is None else [annotation]


def _name(node: ast.expr) -> str:
    """Return the last part of a type's name: 'Sequence' of `abc.Sequence[str]`."""
    return ast.unparse(node).partition("[")[0].rpartition(".")[2]


def _kind_of(default: Any) -> type | None:
    """Return the type that a default stands for, None where it says nothing."""
    if default is None or default is REQUIRED:
        return None
    return KINDS.get(type(default).__name__, type(default))
