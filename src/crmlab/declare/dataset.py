"""A data set: a published or simulated source with its pins, as its file declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Source:
    """One published file and its pin.

    name: the file's name in data/raw/<dataset>/ and in a mirror. sha256: of that file. url: the
    public address. member: the path inside the archive at `url`, where the file is published
    packed. size: bytes, for the progress line. dataset: whose mirror folder holds the file, where
    it is another data set's.
    """

    name: str
    sha256: str
    url: str
    member: str | None = None
    size: int | None = None
    dataset: str | None = None


@dataclass(frozen=True)
class Dataset:
    """One published or simulated source. The file's functions named as tables are its adapters."""

    label: str
    cite: str
    licence: str
    homepage: str
    sources: tuple[Source, ...] = ()
    currency: str = ""
    span: tuple[str, str] | None = None
    """First and last day on which an event can lie, inclusive (ISO dates)."""
    barred: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Columns that may never be features, each with the reason."""
    card: str = ""
