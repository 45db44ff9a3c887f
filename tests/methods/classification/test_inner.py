"""The inner split and the seeded samples of methods."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crmlab.methods.classification._inner import Telling, earlier_and_later, sample_details, sampled


def test_the_last_fifth_judges():
    earlier, later = earlier_and_later(np.tile([0, 1], 50), None)
    assert earlier.tolist() == list(range(80))
    assert later.tolist() == list(range(80, 100))


@pytest.mark.parametrize("where", [slice(0, 20), slice(80, 100)])
def test_a_part_without_enough_of_a_class_judges_nothing(where):
    y = np.zeros(100, dtype=int)
    y[where] = 1
    assert earlier_and_later(y, None) is None


def test_how_many_are_enough_can_be_said():
    y = np.tile([0, 1], 50)
    assert earlier_and_later(y, None, enough=10) is not None
    assert earlier_and_later(y, None, enough=11) is None


def test_a_sample_keeps_order_and_shares_and_some_of_a_rare_class():
    y = np.zeros(10_000, dtype=int)
    y[::1000] = 1
    used = sampled(y, max_rows=1000, seed=3)
    assert (np.diff(used) > 0).all()
    # 1,000 of 10,000 would leave 1 of the 10 ones: 5 are kept
    assert np.bincount(y[used]).tolist() == [999, 5]
    assert used.tolist() == sampled(y, max_rows=1000, seed=3).tolist()
    assert used.tolist() != sampled(y, max_rows=1000, seed=4).tolist()


def test_few_rows_are_not_sampled_and_nothing_is_said():
    assert sampled(np.tile([0, 1], 5), max_rows=10, seed=1).tolist() == list(range(10))
    assert sample_details(10, 10, because="it is slow") == {}
    note = sample_details(5, 1000, because="it is slow")["note"]
    assert note == "fitted on a seeded sample of 5 of 1,000 train rows: it is slow"


def test_a_pipeline_without_details_has_none():
    scaler = StandardScaler()
    assert getattr(Telling([("scaler", scaler)]), "details_", {}) == {}
    scaler.details_ = {"note": "hello"}
    assert Telling([("scaler", scaler)]).details_ == {"note": "hello"}
    assert not hasattr(make_pipeline(scaler), "details_")
