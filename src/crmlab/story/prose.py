"""Prose and tables as a notebook shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd

CELL: Final = re.compile(r"\s*<t[hd](?=[ >])")
"""How a cell of a table begins in HTML."""

NUMBER: Final = re.compile(r"[+\-−]?\d[\d,]*(\.\d+)?\s?%?|nan|–")
"""A number as text, or what stands where there is none."""

FIRST_ROWS: Final = 8
FIRST_COLUMNS: Final = 5
"""What of a long table stands open; its other rows and columns are folded."""


class Prose(str):
    """Text that a notebook shows as Markdown."""

    def _repr_markdown_(self) -> str:
        """Return the text for a notebook."""
        return str(self)


class Missing(Prose):
    """Why there is nothing to show. It is false, so that `found and found.table` is this reason."""

    def __bool__(self) -> bool:
        """Return False."""
        return False


class Table(pd.DataFrame):
    """A frame that a notebook shows whole, long texts too."""

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return as_html(self)


class Folded(Table):
    """A frame of which a notebook shows the first rows and columns, and the whole when it is opened."""

    def _repr_html_(self) -> str:
        """Return the part that fits on a page, and all of it where that is not all."""
        part = self.iloc[:FIRST_ROWS, :FIRST_COLUMNS]
        if part.shape == self.shape:
            return as_html(self)
        what = f"All {self.shape[0]} rows and {self.shape[1]} columns"
        whole = f'<div style="overflow-x: auto;">{as_html(self)}</div>'
        return f"{as_html(part)}\n<details><summary>{what}</summary>\n{whole}\n</details>"


class Shown:
    """A finding as a notebook shows it: its sentences, then the table for readers."""

    def __init__(self, sentences: Sequence[str], head: pd.DataFrame) -> None:
        self.prose, self.head = said(sentences), head

    def __repr__(self) -> str:
        """Return the sentences and the table as plain text."""
        return f"{self.prose}\n\n{self.head}"

    def _repr_markdown_(self) -> str:
        """Return sentences and table for a notebook."""
        if self.head.empty:
            return str(self.prose)
        return f"{self.prose}\n\n{as_html(self.head)}"


def as_html(frame: pd.DataFrame) -> str:
    """Return a table as HTML, whole, with text at the left and numbers, written out or not, at the right."""
    with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
        lines = frame.to_html(border=0, max_cols=None, sparsify=False).splitlines()
    levels = [frame.index.get_level_values(n) for n in range(frame.index.nlevels)]
    columns = [*levels, *(frame.iloc[:, n] for n in range(frame.shape[1]))]
    aligned = ["right" if _is_of_numbers(column) else "left" for column in columns]
    place = 0
    for number, line in enumerate(lines):
        cell = CELL.match(line)
        place = place if cell else 0
        if cell:
            lines[number] = f'{cell[0]} style="text-align: {aligned[place]};"{line[cell.end() :]}'
            place += 1
    return "\n".join(lines)


def with_interval(value: float, lower: float, upper: float) -> str:
    """Return a value with its interval in three decimals, without where it has none; nothing for no value."""
    if pd.isna(value):
        return ""
    # spaces that do not break: a wide table leaves its columns little room
    return f"{value:z.3f}" if pd.isna(lower) else f"{value:z.3f}\u00a0[{lower:z.3f},\u00a0{upper:z.3f}]"


def _is_of_numbers(column: pd.Series | pd.Index) -> bool:
    """Tell whether a column holds numbers, or texts that are numbers and nothing else."""
    if pd.api.types.is_numeric_dtype(column):
        return True
    texts = [str(value) for value in column if str(value)]
    return bool(texts) and all(NUMBER.fullmatch(text) for text in texts)


def said(sentences: str | Sequence[str]) -> Prose:
    """Return sentences as paragraphs, the first one in bold; a reason why there are none as it is."""
    if isinstance(sentences, Missing):
        return sentences
    first, *rest = [sentences] if isinstance(sentences, str) else sentences
    return Prose("\n\n".join([f"**{first}**", *rest]))


def table(frame: pd.DataFrame | Missing) -> Table | Prose:
    """Return a frame shown whole, or a sentence where it is empty or missing."""
    if isinstance(frame, Missing):
        return frame
    return Table(frame) if len(frame) else Prose("*Nothing to show.*")
