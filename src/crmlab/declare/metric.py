"""A metric: one measure, as its file declares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Metric:
    """One measure, as declared by `@metric`.

    Calling it with (solution, answers, rows, weights, **economics) returns an array (B,): the
    value under each of the B weightings of the n test rows; nan where it is not defined.
    """

    function: Callable[..., Any]
    label: str
    range: tuple[float, float] | Callable[..., tuple[float, float]]
    best: float | Callable[..., float]
    chance: float | Callable[..., float] | None
    unit: str
    cite: str
    reads: tuple[str, ...]
    spread: Callable[..., float] | None
    replicates: Callable[..., Any] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def higher_is_better(self) -> bool:
        """Whether the best end is the upper one."""
        return self.best == self.range[1]

    def asked(self, **parameters: Any) -> Metric:
        """Return the metric with values for its parameters: its label, ends and chance follow them."""
        if not parameters:
            return self
        return replace(
            self,
            label=self.label.format(**words(parameters)),
            range=_of(self.range, parameters),
            best=_of(self.best, parameters),
            chance=partial(self.chance, **parameters) if callable(self.chance) else self.chance,
            parameters=parameters,
        )

    def __call__(self, solution: Any, answers: Any, rows: Any, weights: Any, **economics: Any) -> Any:
        """Return the metric's value under each weighting, an array (B,)."""
        return self.function(solution, answers, rows, weights, **self.parameters, **economics)

    def resampled(self, solution: Any, answers: Any, rows: Any, weights: Any, **economics: Any) -> Any:
        """Return the metric's replicates under bootstrap weightings, an array (B,)."""
        function = self.replicates or self.function
        return function(solution, answers, rows, weights, **self.parameters, **economics)


def metric(
    *,
    label: str,
    range: tuple[float, float] | Callable[..., tuple[float, float]],
    best: float | Callable[..., float],
    chance: float | Callable[..., float] | None,
    unit: str = "",
    cite: str = "",
    reads: tuple[str, ...] = ("score",),
    spread: Callable[..., float] | None = None,
    replicates: Callable[..., Any] | None = None,
) -> Callable[..., Metric]:
    """Declare the decorated pure function as a metric.

    Its keyword-only arguments are prices, or parameters: `share: Annotated[float, Range(above=0)] = 0.1`
    has a rule and a default, a price has neither.

    label: may name parameters, such as 'Lift at {share} %'. range: (lowest, highest) value. best: the end
    that the solution fed back reaches; both may be functions of the parameters. chance: the value of an
    uninformative answer, or a function of the solution, the prices and the parameters. unit: '' for a
    pure number. reads: the answer columns that it reads; a method without them has no value, and
    says so. spread: a function of (solution, answers, rows) for a metric of random parts of the answer
    (such as refits): the variance that they, and not the customers, put into the value. replicates: a
    function of the same arguments that takes the metric's own place for bootstrap weightings, where its plain
    value would vary more under them than from sample to sample.
    """
    return lambda function: Metric(
        function, label, range, best, chance, unit, cite, reads, spread, replicates
    )


def words(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return how names and labels write the values of parameters: a share in percent, else as it is."""
    return {
        name: f"{100 * value:.12g}" if is_share(name) else str(value) for name, value in parameters.items()
    }


def is_share(name: str) -> bool:
    """Return whether a parameter is a share of the whole, which is written in percent."""
    return name == "share" or name.endswith("_share")


def _of(end: Any, parameters: Mapping[str, Any]) -> Any:
    """Return an end of the scale as the parameters make it."""
    return end(**parameters) if callable(end) else end
