"""Methods are tested on one thread, as the workers run them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Give BLAS and OpenMP one thread: sums on two may differ in the last digits from run to run."""
    with threadpool_limits(1):
        yield
