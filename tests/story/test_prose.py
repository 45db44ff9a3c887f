"""Tables of notebooks: whole, text at the left, numbers at the right."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crmlab.story.prose import Shown, Table, as_html

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


def test_a_tag_in_a_name_stays_text():
    assert "&lt;script&gt;" in as_html(pd.DataFrame({"Name": ["<script>"]}))


def test_what_is_shown_has_its_sentences_before_the_table():
    shown = Shown(["It is so.", "And more."], FRAME)._repr_markdown_()
    assert shown.startswith("**It is so.**\n\nAnd more.\n\n<table")
    assert Shown(["Nothing."], pd.DataFrame())._repr_markdown_() == "**Nothing.**"
