"""What the tests of findings share: the contract that every result keeps."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from crmlab.declare.finding import Finding


def check(found: Finding) -> None:
    """Assert that a finding has sentences that end, a table, and a head that readers can be shown."""
    assert isinstance(found, Finding)
    assert isinstance(found.sentences, tuple)
    assert found.sentences
    for sentence in found.sentences:
        assert isinstance(sentence, str)
        assert sentence.endswith((".", "!", "?"))
        assert "nan" not in sentence.split()
    assert isinstance(found.table, pd.DataFrame)
    assert found.table.columns.is_unique
    head = found.head()
    assert isinstance(head, pd.DataFrame)
    assert head.columns.is_unique
    assert all(isinstance(column, str) for column in head.columns)
    assert head.index.nlevels == 1
    assert head.index.name or isinstance(head.index, pd.RangeIndex)


@pytest.fixture(scope="session")
def keeps_contract() -> Callable[[Finding], None]:
    """Return the check of a result against the contract of findings."""
    return check
