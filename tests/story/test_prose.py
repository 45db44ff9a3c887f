"""Tables of notebooks: whole, text at the left, numbers at the right."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crmlab.story.prose import FIRST_ROWS, Folded, Shown, Table, as_html, with_interval

FRAME = pd.DataFrame(
    {
        "Says": ["a", "b"],
        "Number": [1.5, 2.0],
        "Share": ["12.5%", "–"],
        "Money": ["1,234.00", "-3"],
        "With interval": ["0.8 [0.7, 0.9]", ""],
    },
    index=pd.Index(["first", "second"], name="Row"),
)


def aligned(html, row):
    """Return how the cells of a row are aligned."""
    found = re.findall(r"<tr.*?</tr>", html, flags=re.DOTALL)[row]
    return re.findall(r'<t[hd] style="text-align: (\w+);"', found)


def test_text_stands_at_the_left_and_numbers_at_the_right_under_their_heads():
    wanted = ["left", "left", "right", "right", "right", "left"]
    for row in (0, 2, 3):
        assert aligned(as_html(FRAME), row) == wanted


def test_rows_that_share_a_level_keep_their_columns():
    frame = pd.DataFrame(
        {"n": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")], names=["A", "B"])
    )
    assert aligned(as_html(frame), 3) == ["left", "left", "right"]


def test_nothing_is_cut():
    long = Table({"Why": ["x" * 300] * 70} | {f"c{n}": np.arange(70) for n in range(30)})
    html = long._repr_html_()
    assert html.count("x" * 300) == 70
    assert html.count("<tr") == 71
    assert "c29" in html


def test_a_long_table_is_folded_and_nothing_of_it_is_lost():
    frame = Folded({f"c{n}": np.arange(100 * n, 100 * n + 12) for n in range(7)})
    first, folded = frame._repr_html_().split("<details>")
    assert first.count("<tr") == 1 + FIRST_ROWS
    assert ">c4<" in first
    assert ">c5<" not in first
    assert "All 12 rows and 7 columns" in folded
    assert folded.count("<tr") == 13
    assert ">611<" in folded


def test_a_short_table_is_not_folded():
    assert Folded(FRAME)._repr_html_() == as_html(FRAME)


def test_a_value_stands_with_its_interval_where_it_has_one():
    assert with_interval(0.8124, 0.79, 0.8301) == "0.812\u00a0[0.790,\u00a00.830]"
    assert with_interval(0.5, np.nan, np.nan) == "0.500"
    assert with_interval(np.nan, np.nan, np.nan) == ""


def test_a_tag_in_a_name_stays_text():
    assert "&lt;script&gt;" in as_html(pd.DataFrame({"Name": ["<script>"]}))


def test_what_is_shown_has_its_sentences_before_the_table():
    shown = Shown(["It is so.", "And more."], FRAME)._repr_markdown_()
    assert shown.startswith("**It is so.**\n\nAnd more.\n\n<table")
    assert Shown(["Nothing."], pd.DataFrame())._repr_markdown_() == "**Nothing.**"
