"""A method: one way to answer, as its file declares it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Method:
    """One way to answer, as declared by `@method`. Calling it returns a fresh, unfitted model."""

    factory: Callable[..., Any]
    label: str
    cite: str
    control: str | None = None

    def __call__(self, **parameters: Any) -> Any:
        """Return a fresh, unfitted model; a seed is dropped where the method is not random."""
        if "seed" not in inspect.signature(self.factory).parameters:
            parameters.pop("seed", None)
        return self.factory(**parameters)


def method(*, label: str, cite: str = "", control: str | None = None) -> Callable[..., Method]:
    """Declare the decorated factory as a method. The signature is the schema of its parameters.

    label: what readers see. cite: author and year. control: 'chance' or 'status_quo' for the
    methods that mark the ends of a scale.
    """
    return lambda factory: Method(factory, label, cite, control)
