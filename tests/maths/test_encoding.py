"""The preprocessing inside methods."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from crmlab.maths.encoding import (
    RARE,
    EmptyAsZero,
    Winsoriser,
    levels_of,
    linear_input,
    segment_input,
    signed_log,
    tree_input,
)
from crmlab.seeds import generator


def train(n: int = 200) -> pd.DataFrame:
    """Return numbers and texts with gaps, one constant and one empty column of each type."""
    rng = generator(1, "encoding")
    return pd.DataFrame(
        {
            "spend": np.where(rng.random(n) < 0.1, np.nan, rng.gamma(1, 100, n)),
            "constant": np.full(n, 0.1),
            "empty": np.full(n, np.nan),
            "channel": pd.Series(rng.choice(np.array(["web", "shop", None], dtype=object), n), dtype="str"),
            "same": pd.Series(["x"] * n, dtype="str"),
            "nothing": pd.Series([None] * n, dtype="str"),
        }
    )


def test_signed_log_is_odd_and_keeps_zero():
    # log(1 + (e - 1)) = 1 by hand
    np.testing.assert_allclose(signed_log(np.array([0, np.e - 1, 1 - np.e])), [0, 1, -1], rtol=1e-15)


def test_missing_is_one_level_however_it_is_written():
    frame = pd.DataFrame({"a": pd.Series(["x", None, np.nan, pd.NA, True, 2.5], dtype=object)})
    assert levels_of(frame)["a"].tolist() == ["x", "(missing)", "(missing)", "(missing)", "True", "2.5"]
    assert levels_of(pd.DataFrame({"a": pd.Series(["NA", None], dtype="str")}))["a"].tolist() == [
        "NA",
        "(missing)",
    ]


def test_linear_input_fills_marks_and_standardises():
    X = train()
    out = linear_input().fit_transform(X)
    assert np.isfinite(out).all()
    # spend, constant, empty, two indicators; three levels of channel, one of same, one of nothing
    assert out.shape == (200, 3 + 2 + 3 + 1 + 1)
    np.testing.assert_allclose(out[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(out[:, 0].std(), 1, rtol=1e-12)
    np.testing.assert_allclose(out[:, 1:3], 0, atol=1e-15)
    gap = X["spend"].isna().to_numpy()
    assert len(set(out[gap, 0])) == 1
    assert (out[gap, 3] > 0).all()
    assert (out[~gap, 3] < 0).all()


def test_everything_is_learned_from_the_train_rows():
    X = train()
    for make in (linear_input, tree_input, segment_input):
        columns = ["spend", "constant", "empty"] if make is segment_input else list(X)
        fitted = make().fit(X[columns])
        alone = fitted.transform(X[columns].iloc[:1])
        np.testing.assert_array_equal(alone, fitted.transform(X[columns])[:1])


def test_an_unseen_level_counts_as_rare_in_linear_input():
    X = pd.DataFrame({"a": ["x"] * 50 + ["y"] * 50 + ["r1"] * (RARE - 1) + ["r2"]})
    fitted = linear_input().fit(X)
    out = fitted.transform(pd.DataFrame({"a": ["never seen", "r1", "r2", "x"]}))
    np.testing.assert_array_equal(out, [[0, 0, 1], [0, 0, 1], [0, 0, 1], [1, 0, 0]])


def test_an_unseen_level_is_missing_in_tree_input():
    X = pd.DataFrame({"n": [1.0, np.nan] * 50, "a": ["x", "y"] * 50})
    out = tree_input().fit(X).transform(pd.DataFrame({"n": [np.nan, 2.0], "a": ["never seen", "y"]}))
    np.testing.assert_array_equal(out, [[np.nan, np.nan], [2.0, 1.0]])


def test_an_empty_train_column_stays_empty_of_meaning():
    X = pd.DataFrame({"a": [np.nan, np.nan], "b": [np.nan, 1.0]})
    out = EmptyAsZero().fit(X).transform(pd.DataFrame({"a": [5.0], "b": [np.nan]}))
    np.testing.assert_array_equal(out, [[0.0, np.nan]])


@pytest.mark.parametrize("make", [linear_input, tree_input])
def test_200_000_levels_take_seconds_and_few_columns(make):
    ids = [f"customer {i}" for i in range(200_000)]
    X = pd.DataFrame({"id": ids, "channel": ["web", "shop"] * 100_000})
    start = time.process_time()
    out = make().fit_transform(X)
    assert out.shape[1] <= 3
    # about 1 s on the machine this was written on; quadratic work would take hours
    assert time.process_time() - start < 20


def test_segment_input_tames_tails_and_unequal_scales():
    rng = generator(2, "tails")
    X = pd.DataFrame({"spend": rng.lognormal(3, 2, 1000), "share": rng.random(1000) / 1000})
    X.loc[0, "spend"] = 1e12
    out = segment_input().fit_transform(X)
    np.testing.assert_allclose(out.std(axis=0), 1, rtol=1e-5)
    assert np.abs(out).max() < 5
    assert (np.round(out, 6) == out).all()


def test_segment_input_gives_a_nearly_constant_column_no_weight():
    X = pd.DataFrame({"mostly_zero": [0.0] * 199 + [7.0], "empty": [np.nan] * 200, "same": [0.1] * 200})
    assert (segment_input().fit_transform(X) == 0).all()


def test_winsoriser_limits_are_observed_values():
    X = np.arange(200.0).reshape(-1, 1)
    limits = Winsoriser(share=0.1).fit(X)
    # the 10 % point of 0..199 lies at 19.9, between the observed 19 and 20
    assert (limits.lower_[0], limits.upper_[0]) == (20.0, 179.0)
    np.testing.assert_array_equal(limits.transform(np.array([[-5.0], [50.0], [500.0]])), [[20], [50], [179]])
