"""Numbers that were left as text in a labelled table."""

import pandas as pd
import pytest

from crmlab import store
from crmlab.data.numbers_as_text import numbers_left_as_text


@pytest.fixture
def labelled(project):
    folder = store.tables_folder("bank")
    folder.mkdir(parents=True)
    return lambda **columns: pd.DataFrame(columns).to_parquet(folder / "labelled.parquet")


def test_they_are_named(labelled):
    labelled(
        row_id=["1", "2", "3"],
        outcome=[0, 1, 0],
        age=["41", "7.5", None],
        score=["600", "-1e2", "3"],
        code=["1", "2", "1"],
        place=["12", "x", "3"],
        balance=[1.0, 2.0, 3.0],
    )
    assert numbers_left_as_text("bank") == ["score"]


def test_without_such_a_table_there_are_none(labelled):
    assert numbers_left_as_text("bank") == []
