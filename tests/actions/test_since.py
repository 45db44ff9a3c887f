"""Since the last list: new, still on it, left with the reason, and nothing where nothing changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small_comparisons

from crmlab import store
from crmlab.actions import keep
from crmlab.actions._since import since_last


@pytest.fixture
def listing(project, make):
    """A list of four people."""
    found = keep.make(small_comparisons.keeping(make))
    table = found.table.head(4).assign(
        customer=["a", "b", "c", "d"], contact=["contact", "held out", "over budget", "no consent"]
    )
    return replace(found, table=table, outcome=np.full(4, np.nan))


def earlier(folder, customers, contact="contact"):
    """Write a list as of a day."""
    store.write_frame(folder / "keep.parquet", pd.DataFrame({"customer": customers, "contact": contact}))


def test_what_changed_is_said_of_each_and_of_all(listing, tmp_path):
    earlier(tmp_path / "as_of_2024-01-01", ["z"])
    earlier(tmp_path / "as_of_2024-01-08", ["b", "c", "d", "y"])
    earlier(tmp_path / "as_of_2024-01-22", ["x"])  # later than the day asked for
    found = since_last(listing, tmp_path / "as_of_2024-01-15", "keep")
    assert found.table["change"].tolist() == [
        "new on the list",
        "still on the list",
        "left the list: over budget",
        "left the list: no consent",
    ]
    assert found.sentences[-1] == (
        "Since the list as of 2024-01-08: 1 are new on it, 1 stay, 3 left it (1 over budget, 1 no consent, "
        "1 not known to it any more)."
    )


def test_nothing_changed_is_said_where_nothing_did(listing, tmp_path):
    earlier(tmp_path / "as_of_2024-01-08", ["a", "b"])
    found = since_last(listing, tmp_path / "as_of_2024-01-15", "keep")
    assert found.sentences[-1] == "Nothing changed since the list as of 2024-01-08: the same 2 are on it."


def test_without_an_earlier_list_it_stays_as_it_is(listing, tmp_path):
    assert since_last(listing, tmp_path / "as_of_2024-01-15", "keep") is listing
