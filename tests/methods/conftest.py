"""Methods are tested on one thread, as the workers run them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator

import pytest
from threadpoolctl import ThreadpoolController


@functools.lru_cache(1)
def libraries(modules: int) -> ThreadpoolController:
    """Return the thread pools of the libraries that are loaded; to look for them takes milliseconds."""
    return ThreadpoolController()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Give BLAS and OpenMP one thread: sums on two may differ in the last digits from run to run."""
    # an import may have brought another library
    with libraries(len(sys.modules)).limit(limits=1):
        yield
