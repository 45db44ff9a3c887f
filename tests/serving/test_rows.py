"""Rows of new customers: texts as they stand, types as trained, what is missing in one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import UsageError
from crmlab.serving.rows import as_trained, read_rows

KINDS = {"visits": True, "channel": False}


def test_ids_and_levels_are_the_texts_that_stand_in_the_file(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("customer,visits,channel\n00000001,2.5,NA\n2,,01\n3,4,\n", encoding="utf-8-sig")
    rows = as_trained(read_rows(path), KINDS, "the model m")
    assert rows["customer"].tolist() == ["00000001", "2", "3"]
    assert rows["channel"].tolist() == ["NA", "01", None]
    np.testing.assert_array_equal(rows["visits"], [2.5, np.nan, 4.0])
    assert rows["visits"].dtype == float


def test_levels_of_a_frame_lose_the_point_that_gaps_gave_them():
    rows = as_trained(pd.DataFrame({"visits": [1, 2], "channel": [7.0, np.nan]}), KINDS, "the model m")
    assert rows["channel"].tolist() == ["7", None]


def test_missing_columns_are_one_sentence():
    with pytest.raises(UsageError) as refused:
        as_trained(pd.DataFrame({"visit": [1], "channel": ["a"]}), KINDS, "the model m")
    assert str(refused.value) == (
        "the model m needs a column that the input lacks: 'visits'. Did you mean 'visit'?"
    )
    with pytest.raises(UsageError) as refused:
        as_trained(pd.DataFrame({"a": [1]}), {f"c{i}": True for i in range(9)}, "the model m")
    said = str(refused.value)
    assert "needs 9 columns that the input lacks: 'c0', 'c1', 'c2', 'c3', 'c4' and 4 more." in said
    assert "\n" not in said


def test_a_number_that_is_none_is_named():
    with pytest.raises(UsageError, match="'visits' must hold numbers"):
        as_trained(pd.DataFrame({"visits": ["many"], "channel": ["a"]}), KINDS, "the model m")
