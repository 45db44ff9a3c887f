"""Metrics by the names that records give them: `lift_5` is the file `lift` at a share of 5 %.

params.yaml asks for a metric by its name or with parameters, `auc` or `{lift: {share: 0.05}}`; from then on
it has one name, which carries the parameters, and everything that reads a record finds the metric by it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from crmlab.declare.metric import Metric, is_share, words
from crmlab.declare.parameters import REQUIRED, Parameter, checked, schema
from crmlab.errors import UsageError, did_you_mean
from crmlab.registry.entries import find, names
from crmlab.registry.signatures import declaration

INNER: Final = "inner"
"""The keyword under which a metric is handed the inner hold-out."""


@functools.cache
def metric(name: str) -> Metric:
    """Return a metric by the name that records give it. Raises UsageError for an unknown one."""
    file, parameters = _read(name)
    return find("metrics", file).asked(**parameters)


def metric_name(asked: Any) -> str:
    """Return the name in records of a metric as params.yaml asks for it: 'auc', {'lift': {'share': 0.05}}.

    Raises UsageError for an unknown metric or parameter ('did you mean'), or a value that does not fit.
    """
    if isinstance(asked, Mapping) and len(asked) == 1:
        ((file, given),) = asked.items()
    else:
        file, given = asked, {}
    if not isinstance(file, str) or not isinstance(given, Mapping):
        raise UsageError(
            f"{asked!r} is neither a metric nor one with its parameters, as {{lift: {{share: 0.1}}}}"
        )
    if file not in names("metrics"):
        raise UsageError(f"there is no '{file}'.{did_you_mean(file, names('metrics'))}")
    values = checked(f"metric '{file}'", _parameters(file), given)
    return "_".join([file, *words(values).values()])


def metric_file(name: str) -> str:
    """Return the file, without its ending, of the metric that records call `name`."""
    return _read(name)[0]


def prices(name: str) -> tuple[str, ...]:
    """Return the prices that a metric asks for (keyword-only, without a default), from the file's text.

    `inner` is not a price: it is the inner hold-out of the train rows (see crmlab.comparison.harness).
    """
    return tuple(a for a in _keywords(metric_file(name), tunable=False) if a != INNER)


def wants_inner(name: str) -> bool:
    """Return whether a metric asks for the inner hold-out, from the file's text."""
    return INNER in _keywords(metric_file(name), tunable=False)


def _parameters(file: str) -> dict[str, Parameter]:
    """Return the tunable parameters of a metric's file: its keyword-only arguments with a default."""
    return _keywords(file, tunable=True)


def _keywords(file: str, *, tunable: bool) -> dict[str, Parameter]:
    """Return the keyword-only arguments of a metric that have a default, or those that have none."""
    function = declaration("metrics", file, "metric")
    known, own = schema(function), {a.arg for a in function.args.kwonlyargs}
    return {n: p for n, p in known.items() if n in own and (p.default is not REQUIRED) == tunable}


def _read(name: str) -> tuple[str, dict[str, Any]]:
    """Return the file and the parameters behind a name in records; a bare name has the defaults."""
    known = names("metrics")
    for count in range(name.count("_") + 1):
        file, *values = name.rsplit("_", count)
        if file in known:
            return file, _checked(name, file, values)
    raise UsageError(f"no metric is called '{name}'." + did_you_mean(name, known))


def _checked(name: str, file: str, values: list[str]) -> dict[str, Any]:
    """Return the parameters that a name's last words stand for."""
    known = _parameters(file)
    if len(values) not in (0, len(known)):
        raise UsageError(f"no metric is called '{name}'." + did_you_mean(name, names("metrics")))
    try:
        given = {p.name: _value(p, word) for p, word in zip(known.values(), values, strict=False)}
    except ValueError:
        raise UsageError(f"no metric is called '{name}'." + did_you_mean(name, names("metrics"))) from None
    return checked(f"metric '{file}'", known, given)


def _value(parameter: Parameter, word: str) -> Any:
    """Return the value of a parameter that a name writes as a word. Raises ValueError where there is none."""
    if is_share(parameter.name):
        return float(word) / 100
    return parameter.kind(word) if parameter.kind in (int, float) else word
