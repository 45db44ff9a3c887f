"""Reasons: exact for additive models, the strongest first, silent where nothing differs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.explain import shapes
from crmlab.explain.reasons import SMALLEST, contributions, reasons
from crmlab.explain.shop_words import ShopWords, said


class Line:
    """Log odds = 0.5 · pages + 1 for the app − 3."""

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of both classes."""
        odds = 0.5 * rows["pages"].fillna(0).to_numpy() + (rows["channel"] == "app") - 3
        one = 1 / (1 + np.exp(-np.asarray(odds, dtype=float)))
        return np.column_stack([1 - one, one])


BACKGROUND = pd.DataFrame({"pages": [1.0, 2.0, 9.0], "channel": ["web", "web", "app"], "age": [np.nan] * 3})
ROWS = pd.DataFrame(
    {"pages": [6.0, 2.0, np.nan], "channel": ["app", "web", None], "age": [30.0, np.nan, np.nan]},
    index=[7, 3, 5],
)


def test_a_line_is_given_back_exactly():
    added = contributions(Line(), ROWS, BACKGROUND)
    # against a median of 2 pages and the web
    np.testing.assert_allclose(added["pages"], [0.5 * 4, 0, -0.5 * 2], atol=1e-9)
    np.testing.assert_allclose(added["channel"], [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(added["age"], 0, atol=1e-12)


def test_phrases_the_strongest_first_and_none_where_nothing_differs():
    table = reasons(Line(), ROWS, BACKGROUND, k=3)
    assert table.index.tolist() == [7, 3, 5]
    # exp(2) = 7.4, exp(1) = 2.7, exp(−1) = .37
    assert table.loc[7].tolist() == ["pages = 6 (odds × 7.4)", "channel = app (odds × 2.7)", ""]
    assert table.loc[3].tolist() == ["", "", ""]
    # that the pages are unknown lowers the odds, but is no reason
    assert table.loc[5].tolist() == ["", "", ""]
    assert list(reasons(Line(), ROWS, BACKGROUND, k=1)) == ["reason_1"]


def test_what_raises_the_odds_comes_first_however_strong_the_rest():
    rows = pd.DataFrame({"pages": [-8.0, 3.0], "channel": ["app", "unknown"], "age": [1.0, 1.0]})
    table = reasons(Line(), rows, BACKGROUND)
    assert table.loc[0].tolist() == ["channel = app (odds × 2.7)", "pages = -8 (odds × under 0.01)", ""]
    assert table.loc[1].tolist() == ["pages = 3 (odds × 1.6)", "", ""]


def test_what_lowers_the_odds_is_never_the_first_reason():
    rows = pd.DataFrame({"pages": [-8.0, 2.0], "channel": ["web", "web"], "age": [1.0, 1.0]})
    table = reasons(Line(), rows, BACKGROUND)
    assert table.loc[0].tolist() == ["", "pages = -8 (odds × under 0.01)", ""]
    assert table.loc[1].tolist() == ["", "", ""]


def test_reasons_in_the_words_of_a_shop():
    rows = pd.DataFrame({"pages": [3.0], "channel": ["app"], "age": [1.0]})
    table = reasons(Line(), rows, BACKGROUND, words=ShopWords("visitors", "buy"))
    assert table.iloc[0, 0] == "channel app: visitors like that buy more often (odds × 2.7)"
    words = ShopWords("customers", "go silent")
    assert words.of("days_since_session", "70", "odds × 2.2", raises=True) == (
        "has not visited for 70 days: customers like that go silent more often (odds × 2.2)"
    )
    assert "go silent less often" in words.of("orders", "9", "odds × 0.5", raises=False)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("days_since_last", "1", "has not bought for 1 day"),
        ("frequency", "1", "came back to buy on 1 day"),
        ("gap_ratio", "1", "silent for 1 times the usual gap"),
        ("days_90", "2", "bought on 2 days of the last 90"),
        ("main_category", "books", "buys mostly books"),
        ("Contract_type", "1", "Contract type 1"),
    ],
)
def test_a_column_says_what_is_so(column, value, text):
    assert said(column, value) == text


def test_whole_numbers_and_one_row_do():
    rows = pd.DataFrame({"pages": [400], "channel": ["web"], "age": [1]})
    assert reasons(Line(), rows, BACKGROUND).iloc[0, 0] == "pages = 400 (odds × over 100)"


def test_more_reasons_than_columns_are_empty():
    table = reasons(Line(), ROWS, BACKGROUND, k=5)
    assert table.shape == (3, 5)
    assert (table["reason_5"] == "").all()


def test_the_machine_speaks_for_itself(window, machine):
    added = contributions(machine, window.test, window.train)
    own = shapes.contributions(machine, window.train)
    np.testing.assert_allclose(added, shapes.contributions(machine, window.test) - own.mean(), atol=1e-12)
    table = reasons(machine, window.test, window.train)
    added = added.where(window.test[list(added)].notna(), 0.0)
    raising = (added >= SMALLEST).any(axis=1)
    strongest = added.idxmax(axis=1)
    told = table["reason_1"] != ""
    assert (told == raising).all()
    assert raising.mean() > 0.5
    assert (table["reason_2"] != "").mean() > 0.9
    assert all(text.startswith(c) for text, c in zip(table["reason_1"][told], strongest[told], strict=True))


def test_the_models_rows_are_not_changed(window, machine):
    before = window.test.copy()
    reasons(Line(), window.test[["pages", "channel"]], window.train)
    pd.testing.assert_frame_equal(window.test, before)


def test_a_sure_model_has_finite_reasons():
    class Sure(Line):
        """A model that knows."""

        def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
            """Return the probabilities of both classes."""
            one = (rows["pages"].to_numpy() > 5).astype(float)
            return np.column_stack([1 - one, one])

    added = contributions(Sure(), ROWS, BACKGROUND)
    assert np.isfinite(added.to_numpy()).all()
    assert added.loc[7, "pages"] == pytest.approx(2 * np.log((1 - 1e-6) / 1e-6))
