"""Which code of the feature families the ledger is held equal to.

Whoever changes a family gets the family's own expression from then on, never the ledger's older answer. The
ledger takes it up again when `columns.py` follows and the digest is entered here, which the test of equality
then has to bear out.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from crmlab import registry

HELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "basket": "7f7d4b71c4d6",
        "browsing": "c1e444a8616e",
        "channels": "d1cf83c67ecd",
        "contacts": "5f1aa61084ff",
        "membership": "b4dd9a0b0a0a",
        "purchases": "126f9e505c74",
        "returns": "99b514c8cc98",
        "rhythm": "e5882608ef75",
        "service": "c9ac82be0344",
    }
)
"""{family: the first letters of the digest of all code that decides its columns}"""


def is_as_held(family: str) -> bool:
    """Tell whether a family's code is the one that the ledger was held equal to."""
    return family in HELD and digest_of(family) == HELD[family]


@functools.cache
def digest_of(family: str) -> str:
    """Return the first letters of the digest of a family's code, of its tables' and of what cuts them."""
    declared = registry.find("features", family)
    tables = sorted({*declared.needs, *declared.uses})
    modules = [
        f"crmlab.features.{family}",
        "crmlab.history.windows",
        *(f"crmlab.canonical.{t}" for t in tables),
    ]
    return registry.source_digest(*modules)[:12]
